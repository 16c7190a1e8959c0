using System.ComponentModel;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pythia.Enclave.Host;

namespace Pythia.Enclave.Hosting;

/// <summary>How the child is.</summary>
/// <param name="IsConnected">It runs and has been spoken to.</param>
/// <param name="Restarts">Starts since it last stayed up, without the first.</param>
/// <param name="Trouble">Why it is away, or went last; null when it never did.</param>
/// <param name="ProcessId">Of the child; 0 when there is none.</param>
public sealed record EnclaveProcessStatus(bool IsConnected, int Restarts, string? Trouble, int ProcessId);

/// <summary>
/// Runs an enclave as a child process: 1. writes its files, 2. starts it, 3. waits until it is connected, 4. looks again and again whether it replies,
/// until it ends, or hangs and is killed, 5. starts it again after a pause that grows. A stop ends its standard input, and so does the death of this process.
/// </summary>
public sealed partial class EnclaveSupervisor : BackgroundService
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(20);

    private readonly EnclaveProcessOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly EnclaveFiles _files;
    private readonly string _program;
    private readonly string _id;

    // A way of its own: what waits for its turn on the other one does not make a busy enclave look like one that hangs.
    private readonly SocketEnclave _pings;
    private readonly RelayedMetrics _metrics;
    private EnclaveProcessStatus _status = new(false, 0, null, 0);

    public EnclaveSupervisor(EnclaveOptions enclave, EnclaveProcessOptions options, TimeProvider time, ILogger<EnclaveSupervisor> logger)
    {
        (_options, _time, _logger, _id) = (options, time, logger, enclave.Id);
        _program = options.Program.Length > 0 ? Path.GetFullPath(options.Program) : Path.Combine(AppContext.BaseDirectory, "enclave", "pythia-enclave.dll");

        _files = new EnclaveFiles(enclave, options);
        _metrics = new RelayedMetrics(enclave.Id);
        Enclave = new SocketEnclave(SocketEnclave.Parse(_files.EndPoint), TimeSpan.FromMilliseconds(options.PatienceMilliseconds), time, enclave.ToExpectation());
        _pings = new SocketEnclave(SocketEnclave.Parse(_files.EndPoint), TimeSpan.FromSeconds(options.PingSeconds), time);
    }

    /// <summary>The way to it, across restarts.</summary>
    public SocketEnclave Enclave { get; }

    /// <summary>How it is now.</summary>
    public EnclaveProcessStatus Status => Volatile.Read(ref _status);

    /// <summary>Restarts without staying up that are too many (<see cref="EnclaveProcessOptions.RestartLimit"/>).</summary>
    public int RestartLimit => _options.RestartLimit;

    internal string FilesFolder => Path.GetDirectoryName(_files.Config)!;

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _metrics.Dispose();
        _files.Dispose();
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Enclave.DisposeAsync();
        await _pings.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var trouble = await RunOnceAsync(stoppingToken);
            if (stoppingToken.IsCancellationRequested) break;

            // 5. again
            var restarts = Status.Restarts;
            Volatile.Write(ref _status, new(false, restarts + 1, trouble, 0));
            var pause = PauseBefore(restarts);
            LogAway(_id, trouble, (long)pause.TotalMilliseconds);
            await Task.Delay(pause, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Why it went.
    private async Task<string> RunOnceAsync(CancellationToken stoppingToken)
    {
        EnclaveChild child;
        int greetings;
        try
        {
            // 1. files, 2. start
            _files.Write();
            greetings = Greetings;
            child = EnclaveChild.Start(_program, _files, OnLine);
            _metrics.Restart();
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            return $"{_program} can't be started: {e.Message}";
        }

        using (child)
        {
            LogStarted(_id, child.Id, _program);
            Volatile.Write(ref _status, Status with { ProcessId = child.Id });
            using var watching = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            var ended = child.WaitForExitAsync();
            var hanging = WatchAsync(child.Id, greetings, watching.Token);
            await Task.WhenAny(ended, hanging);
            await watching.CancelAsync();
            var trouble = await hanging;
            if (stoppingToken.IsCancellationRequested)
            {
                await child.StopAsync(TimeSpan.FromSeconds(_options.StopSeconds), _time);
            }
            else if (trouble is not null)
            {
                LogKilled(_id, child.Id, trouble);
                child.Kill();
            }

            await ended;
            return trouble ?? $"process {child.Id} ended with code {child.ExitCode}";
        }
    }

    // Why it must be killed; null when it ended by itself, or we stop. From its first word on it must reply: one that hangs before it is connected is found as soon as any other.
    private async Task<string?> WatchAsync(int process, int greetings, CancellationToken cancellationToken)
    {
        var ping = TimeSpan.FromSeconds(_options.PingSeconds);
        var started = _time.GetTimestamp();
        long? connected = null;
        try
        {
            for (var misses = 0; misses < _options.PingMisses;)
            {
                var next = Task.Delay(ping, _time, cancellationToken);
                var replies = await RepliesAsync(ping, cancellationToken);
                var hasSpoken = replies || Greetings != greetings;
                misses = replies || !hasSpoken ? 0 : misses + 1;

                // 3. connected: a reply, not only a connection, since the old process's may look alive for a moment after its end
                if (connected is null && replies && await IsReachedAsync(ping, cancellationToken)) connected = Connect(process);
                if (connected is null && _time.GetElapsedTime(started).TotalSeconds >= _options.StartSeconds) return NotConnected(process);

                // 4. does it reply?
                if (misses == 0 && Status.Restarts > 0 && connected is { } since && _time.GetElapsedTime(since).TotalSeconds >= _options.SteadySeconds) Volatile.Write(ref _status, Status with { Restarts = 0 });
                await (hasSpoken ? next : Task.Delay(Between, _time, cancellationToken));
            }

            return $"process {process} did not reply {_options.PingMisses} times in a row, {_options.PingSeconds} s each";
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
    }

    // How often somebody said Hello on either way.
    private int Greetings => Enclave.Greetings + _pings.Greetings;

    private string NotConnected(int process)
        => $"process {process} was not connected within {_options.StartSeconds} s{(Enclave.Trouble is { } trouble ? $": {trouble.Message}" : "")}";

    private long Connect(int process)
    {
        LogConnected(_id, process);
        Volatile.Write(ref _status, Status with { IsConnected = true });
        return _time.GetTimestamp();
    }

    private async Task<bool> IsReachedAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var reached = Enclave.WaitUntilConnectedAsync(either.Token);
        await reached.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return reached.IsCompletedSuccessfully;
    }

    private async Task<bool> RepliesAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            _metrics.Take(await _pings.CountersAsync(either.Token));
            return true;
        }
        catch (Exception e) when (e is EnclaveException || e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    // Doubled each time, with up to as much again by chance, so that many silos on one host do not start together.
    private TimeSpan PauseBefore(int restarts)
    {
        var longest = _options.SteadySeconds * 1_000L;
        var pause = (int)Math.Min(longest, (long)_options.RestartMilliseconds << Math.Min(restarts, 20));
        return TimeSpan.FromMilliseconds(Math.Min(longest, pause + RandomNumberGenerator.GetInt32(pause + 1)));
    }

    // Its own level stands first in each line; what has none was not written by its log.
    private void OnLine(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0 || !Enum.TryParse<LogLevel>(line.AsSpan(0, space), out var level)) level = LogLevel.Warning;
        if (level >= LogLevel.Error) LogErrorLine(_id, line);
        else if (level == LogLevel.Warning) LogWarningLine(_id, line);
        else LogLine(_id, line);
    }

    [LoggerMessage(EventId = 3421, Level = LogLevel.Information, Message = "Enclave {Enclave}: process {Process} is started: {Program}")]
    private partial void LogStarted(string enclave, int process, string program);

    [LoggerMessage(EventId = 3422, Level = LogLevel.Information, Message = "Enclave {Enclave}: process {Process} is connected")]
    private partial void LogConnected(string enclave, int process);

    [LoggerMessage(EventId = 3423, Level = LogLevel.Warning, Message = "Enclave {Enclave} is away, {Trouble}; it is started again in {Pause} ms")]
    private partial void LogAway(string enclave, string trouble, long pause);

    [LoggerMessage(EventId = 3424, Level = LogLevel.Information, Message = "Enclave {Enclave} says: {Line}")]
    private partial void LogLine(string enclave, string line);

    [LoggerMessage(EventId = 3425, Level = LogLevel.Warning, Message = "Enclave {Enclave} warns: {Line}")]
    private partial void LogWarningLine(string enclave, string line);

    [LoggerMessage(EventId = 3426, Level = LogLevel.Error, Message = "Enclave {Enclave} fails: {Line}")]
    private partial void LogErrorLine(string enclave, string line);

    [LoggerMessage(EventId = 3427, Level = LogLevel.Error, Message = "Enclave {Enclave}: process {Process} is killed: {Trouble}")]
    private partial void LogKilled(string enclave, int process, string trouble);
}
