using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Pythia.Faults;

/// <summary>The program of Silo as a child process that kills itself where it is told to.</summary>
public sealed partial class FaultyChild : IAsyncDisposable
{
    private const int SigKill = 9;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    private FaultyChild(Process process) => _process = process;

    /// <summary>Where the operators' pages are; known when it is up.</summary>
    public Uri? Operations { get; private set; }

    public bool HasExited => _process.HasExited;

    public string Errors => string.Join('\n', _errors);

    /// <param name="failpoint">"{side} {hit} {name}", or null.</param>
    public static FaultyChild Start(IEnumerable<string> arguments, string? failpoint, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var argument in arguments.Prepend(Path.Combine(AppContext.BaseDirectory, "Pythia.FaultySilo.dll")))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        // A child is short-lived: the first tier is fast enough, and half of the start is saved.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["PYTHIA_FAILPOINT"] = failpoint ?? "";
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var child = new FaultyChild(process);
        process.OutputDataReceived += (_, e) => child.Take(e.Data);
        process.ErrorDataReceived += (_, e) => child._errors.Enqueue(e.Data ?? "");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    /// <summary>False if it ended before it was up.</summary>
    public async Task<bool> IsUpAsync()
    {
        while (await NextLineAsync() is { } line)
        {
            if (line.Split(' ') is ["up", _, var operations])
            {
                Operations = new Uri(operations);
                return true;
            }
        }

        return false;
    }

    /// <summary>The next line that it says; null when it has ended.</summary>
    public async Task<string?> NextLineAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return await _lines.Reader.WaitToReadAsync(patience.Token) && _lines.Reader.TryRead(out var line) ? line : null;
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"the child said nothing for {Patience}; its errors:\n{Errors}", e);
        }
    }

    /// <summary>Tells it something; nobody hears it if it is dead.</summary>
    public async Task SayAsync(string line)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(line);
            await _process.StandardInput.FlushAsync();
        }
        catch (IOException) when (_process.WaitForExit(1_000))
        {
            // Died meanwhile, as it should.
        }
    }

    public async Task StopAsync()
    {
        await SayAsync("stop");
        await WaitForExitAsync();
    }

    public async Task WaitForExitAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
    }

    public void Kill() => _ = Kill(_process.Id, SigKill);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            _lines.Writer.TryComplete();
        }
        else
        {
            _lines.Writer.TryWrite(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
