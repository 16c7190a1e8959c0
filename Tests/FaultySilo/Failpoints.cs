using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Pythia.FaultySilo;

/// <summary>Which side of a store or call a process dies on.</summary>
public enum FailpointSide
{
    Before,
    After,
}

/// <summary>The places where this process can die: named from what is stored or asked, met before and after each. At the wanted one the
/// process kills itself with SIGKILL, so that nothing of it runs on.</summary>
public sealed partial class Failpoints : IDisposable
{
    private const int SigKill = 9;

    private readonly ConcurrentDictionary<string, int> _met = new(StringComparer.Ordinal);
    private readonly StreamWriter _journal;
    private readonly string? _name;
    private readonly FailpointSide _side;
    private int _left;

    /// <param name="journalPath">Each name that is met is added here as a line when it is met first, and at last where the process died.</param>
    /// <param name="wanted">"{side} {hit} {name}", or null to live.</param>
    public Failpoints(string journalPath, string? wanted)
    {
        _journal = new StreamWriter(journalPath, append: true) { AutoFlush = true };
        if (wanted?.Split(' ', 3) is [var side, var hit, var name])
        {
            (_side, _left, _name) = (Enum.Parse<FailpointSide>(side), int.Parse(hit), name);
        }
    }

    /// <summary>Runs <paramref name="step"/> between the two failpoints of each of its names.</summary>
    public async Task<T> PassAsync<T>(IReadOnlyList<string> names, Func<Task<T>> step)
    {
        Meet(names, FailpointSide.Before);
        var result = await step();
        Meet(names, FailpointSide.After);
        return result;
    }

    public void Dispose() => _journal.Dispose();

    private void Meet(IReadOnlyList<string> names, FailpointSide side)
    {
        foreach (var name in names)
        {
            Meet(name, side);
        }
    }

    private void Meet(string name, FailpointSide side)
    {
        if (side is FailpointSide.Before && _met.TryAdd(name, 1))
        {
            Write($"met {name}");
        }

        if (name == _name && side == _side && Interlocked.Decrement(ref _left) == 0)
        {
            Write($"died {side} {name}");
            _ = Kill(Environment.ProcessId, SigKill);
            throw new UnreachableException("a killed process runs on");
        }
    }

    private void Write(string line)
    {
        lock (_journal)
        {
            _journal.WriteLine(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
