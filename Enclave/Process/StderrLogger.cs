using Microsoft.Extensions.Logging;

namespace Pythia.Enclave.Serving;

/// <summary>One line an event on standard error: <c>level id message</c>, the level as .NET names it; line ends inside become " | ".</summary>
internal sealed class StderrLogger(LogLevel least) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;

        var message = exception is null ? formatter(state, exception) : $"{formatter(state, exception)}: {exception}";
        Console.Error.WriteLine($"{logLevel} {eventId.Id} {message.ReplaceLineEndings(" | ")}");
    }
}

/// <inheritdoc cref="StderrLogger"/>
internal sealed class StderrLogger<T>(LogLevel least) : ILogger<T>
{
    private readonly StderrLogger _inner = new(least);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public bool IsEnabled(LogLevel logLevel) => _inner.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => _inner.Log(logLevel, eventId, state, exception, formatter);
}
