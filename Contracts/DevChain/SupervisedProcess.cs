using System.ComponentModel;
using System.Diagnostics;

namespace Pythia.Contracts.DevChain;

/// <summary>A child process that ends with this one, however this one ends: <c>tools/child.mjs</c> watches over it.</summary>
public sealed class SupervisedProcess : IAsyncDisposable
{
    // The supervisor kills what does not end by itself after 10 seconds; this is for the supervisor itself.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);

    private readonly Process _supervisor;
    private readonly TimeProvider _time;
    private readonly Task _output;

    private SupervisedProcess(Process supervisor, Action<string> onLine, TimeProvider time)
    {
        (_supervisor, _time) = (supervisor, time);
        _output = Task.WhenAll(ReadLinesAsync(supervisor.StandardOutput, onLine), ReadLinesAsync(supervisor.StandardError, onLine));
        Exited = WaitAsync();
    }

    /// <summary>Done when the program has ended and all its output was read: its exit code.</summary>
    public Task<int> Exited { get; }

    /// <summary>Starts a program.</summary>
    /// <param name="onLine">Gets every line that it writes, from two threads at once if it writes to both streams.</param>
    /// <exception cref="InvalidOperationException">Node.js was not found.</exception>
    public static SupervisedProcess Start(ContractsFolder contracts, string program, IEnumerable<string> arguments, Action<string> onLine, TimeProvider time)
        => new(NodeTool.StartNode(contracts, [contracts.Combine("tools", "child.mjs"), program, .. arguments], redirectInput: true), onLine, time);

    /// <summary>Asks the program to end (SIGTERM, later SIGKILL) and waits until it has.</summary>
    public async Task<int> StopAsync()
    {
        _supervisor.StandardInput.Close();
        try
        {
            return await Exited.WaitAsync(StopTimeout, _time);
        }
        catch (TimeoutException)
        {
            _supervisor.Kill(entireProcessTree: true);
            return await Exited;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _supervisor.Dispose();
    }

    private async Task<int> WaitAsync()
    {
        await _supervisor.WaitForExitAsync();
        await _output;
        return _supervisor.ExitCode;
    }

    private static async Task ReadLinesAsync(StreamReader reader, Action<string> onLine)
    {
        while (await reader.ReadLineAsync() is { } line) onLine(line);
    }
}

/// <summary>Starts Node.js, and runs it to its end.</summary>
internal static class NodeTool
{
    public static Process StartNode(ContractsFolder contracts, IEnumerable<string> arguments, bool redirectInput = false)
        => Start(contracts, "node", arguments, redirectInput);

    /// <summary>Runs a program to its end and reports its lines.</summary>
    /// <exception cref="InvalidOperationException">It was not found, or ended with another code than 0; the message holds its last lines.</exception>
    public static async Task RunAsync(ContractsFolder contracts, string program, string[] arguments, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        using var process = Start(contracts, program, arguments, redirectInput: false);
        var last = new LastLines();
        var output = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            await output;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} in {contracts.Path} ended with code {process.ExitCode}, 0 expected:\n{last}");

        async Task ReadAsync(StreamReader reader)
        {
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                last.Add(line);
                progress?.Report(line);
            }
        }
    }

    private static Process Start(ContractsFolder contracts, string program, IEnumerable<string> arguments, bool redirectInput)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = contracts.Path,
            RedirectStandardInput = redirectInput,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        try
        {
            return Process.Start(start) ?? throw new InvalidOperationException($"{program} could not be started");
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"{program} not found in PATH, Node.js 20 or later expected: {e.Message}", e);
        }
    }
}

/// <summary>The end of a program's output, for the message when it fails.</summary>
internal sealed class LastLines
{
    private const int Kept = 20;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();

    public void Add(string line)
    {
        lock (_gate)
        {
            _lines.Enqueue(line);
            if (_lines.Count > Kept) _lines.Dequeue();
        }
    }

    public override string ToString()
    {
        lock (_gate)
        {
            return string.Join('\n', _lines);
        }
    }
}
