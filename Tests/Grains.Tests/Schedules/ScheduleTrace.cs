using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Pythia.Tests.Schedules;

/// <summary>What happened in a schedule, in order; made into text only when it is shown.</summary>
public sealed class ScheduleTrace(TimeProvider time) : ILoggerProvider, ILogger
{
    private readonly Lock _gate = new();
    private readonly List<(DateTimeOffset At, int Host, Func<string> Text)> _entries = [];

    /// <summary>Grows with all that happens: what stands still has nothing to do.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>A step of the schedule itself.</summary>
    public void Add(string text) => Add(0, text);

    public void Add(int host, string text) => Add(host, () => text);

    public void Add(int host, string text, object? result) => Add(host, () => $"{text} → {result}");

    private void Add(int host, Func<string> text)
    {
        lock (_gate)
        {
            _entries.Add((time.GetUtcNow(), host, text));
        }
    }

    /// <summary>All, or without what hosts store and ask.</summary>
    public string Show(bool all)
    {
        lock (_gate)
        {
            return string.Join('\n', _entries.Where(e => all || e.Host == 0).Select(e => string.Create(
                CultureInfo.InvariantCulture, $"{e.At:HH:mm:ss.f} {(e.Host == 0 ? "" : $"  [{e.Host}] ")}{e.Text()}")));
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Add(-1, () => $"{logLevel}: {formatter(state, exception)} {exception?.GetType().Name} {exception?.Message}");
        }
    }

    public void Dispose()
    {
    }
}
