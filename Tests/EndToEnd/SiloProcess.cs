using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace Pythia.EndToEnd;

/// <summary>The silo program as a process of its own, as people start it.</summary>
internal sealed partial class SiloProcess : IAsyncDisposable
{
    public const int SigTerm = 15;
    public const int SigKill = 9;

    private const int PidFdOpen = 434;
    private const short PollIn = 1;
    private const int EndPatienceMs = 30_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly List<string> _output = [];
    private int _openStreams = 2;

    private SiloProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Everything it wrote so far, errors too, line by line.</summary>
    public IReadOnlyList<string> Output
    {
        get
        {
            lock (_output) return [.. _output];
        }
    }

    public string Text => string.Join('\n', Output);

    public static SiloProcess Start(params IEnumerable<string> arguments) => Start(new Dictionary<string, string>(StringComparer.Ordinal), arguments);

    public static SiloProcess Start(IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var argument in arguments.Prepend(Path.Combine(AppContext.BaseDirectory, "Pythia.Silo.dll"))) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment) start.Environment[name] = value;

        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var silo = new SiloProcess(process);
        process.OutputDataReceived += (_, e) => silo.Take(e.Data);
        process.ErrorDataReceived += (_, e) => silo.Take(e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return silo;
    }

    /// <summary>The next line that holds <paramref name="text"/>.</summary>
    public async Task<string> WaitForLineAsync(string text)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await foreach (var line in _lines.Reader.ReadAllAsync(patience.Token))
            {
                if (line.Contains(text, StringComparison.Ordinal)) return line;
            }
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"awaited a line with '{text}' for {Patience}; output:\n{Text}", e);
        }

        throw new InvalidOperationException($"the process ended, a line with '{text}' was awaited; output:\n{Text}");
    }

    /// <summary>The exit code, when the process has ended and all its output is read.</summary>
    public async Task<int> WaitForExitAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"awaited the end of the process for {Patience}; output:\n{Text}", e);
        }

        return _process.ExitCode;
    }

    /// <summary>Kills a process that this one has started.</summary>
    public static void Kill(int processId)
    {
        if (Kill(processId, SigKill) != 0) throw new InvalidOperationException($"kill({processId}, {SigKill}) failed: errno {Marshal.GetLastPInvokeError()}");
    }

    public void Signal(int signal)
    {
        if (Kill(_process.Id, signal) != 0) throw new InvalidOperationException($"kill({_process.Id}, {signal}) failed: errno {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>Ids of all processes, at any depth, that this one has started and that run.</summary>
    public IReadOnlyList<int> FindDescendants()
    {
        var parents = Directory.GetDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0)
            .Where(id => id > 0)
            .Select(id => (Id: id, Parent: ReadParent(id)))
            .ToLookup(process => process.Parent, process => process.Id);
        var found = new List<int>();
        var open = new Queue<int>([_process.Id]);
        while (open.TryDequeue(out var id))
        {
            found.AddRange(parents[id]);
            foreach (var child in parents[id]) open.Enqueue(child);
        }

        return found;
    }

    /// <summary>Completes when each of these processes has ended, whoever's children they are.</summary>
    public static Task WaitForEndAsync(IEnumerable<int> processIds) => Task.WhenAll(processIds.Select(id => Task.Run(() => WaitForEnd(id))));

    // A descriptor of the process becomes readable when it ends, also before anybody has collected it (pidfd_open(2)).
    private static void WaitForEnd(int processId)
    {
        var descriptor = (int)SystemCall(PidFdOpen, processId, 0);
        if (descriptor < 0) return; // It has ended already.

        using var owned = new SafeFileHandle(descriptor, ownsHandle: true);
        var awaited = new PollDescriptor { Descriptor = descriptor, Events = PollIn };
        if (Poll(ref awaited, 1, EndPatienceMs) != 1) throw new TimeoutException($"awaited the end of process {processId} for {EndPatienceMs} ms");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    // The fourth field after the name in parentheses, which may itself hold spaces (proc(5)).
    private static int ReadParent(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            if (Interlocked.Decrement(ref _openStreams) == 0) _lines.Writer.Complete();
            return;
        }

        lock (_output) _output.Add(line);
        _lines.Writer.TryWrite(line);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall(long number, int processId, uint flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, int timeoutMs);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
