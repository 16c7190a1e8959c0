using System.Collections.Concurrent;
using System.Collections.Immutable;
using Pythia.Grains;

namespace Pythia.Gateway.Devices;

/// <summary>
/// Remembers for a second which enclaves answer, so that not every question asks the directory first, and for five which one was gone just now, so that not every
/// other question runs into it until its silo says so.
/// </summary>
public sealed class EnclaveDirectory(TimeProvider time)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SetAside = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<ulong, (long At, ImmutableArray<string> Enclaves)> _known = new();
    private readonly ConcurrentDictionary<(ulong Chain, string Enclave), long> _gone = new();
    private int _turn;

    /// <summary>All that answer, beginning with another one each time; those that were gone just now come last.</summary>
    public async Task<ImmutableArray<string>> ListInTurnAsync(IGrainFactory grains, ulong chainId)
    {
        if (!_known.TryGetValue(chainId, out var known) || time.GetElapsedTime(known.At) > Remembered)
        {
            var enclaves = await grains.GetPythiaDirectory(chainId).ListHealthyAsync();
            known = (time.GetTimestamp(), enclaves);
            if (enclaves.Length > 0) _known[chainId] = known;
        }

        if (known.Enclaves.Length < 2) return known.Enclaves;

        var first = (int)((uint)Interlocked.Increment(ref _turn) % (uint)known.Enclaves.Length);
        ImmutableArray<string> turn = [.. known.Enclaves[first..], .. known.Enclaves[..first]];
        return _gone.IsEmpty ? turn : [.. turn.OrderBy(enclave => IsGone(chainId, enclave))];
    }

    /// <summary>It was gone: the next question asks the directory again, and this one last.</summary>
    public void Forget(ulong chainId, string enclave)
    {
        _gone[(chainId, enclave)] = time.GetTimestamp();
        _known.TryRemove(chainId, out _);
    }

    private bool IsGone(ulong chainId, string enclave)
    {
        if (!_gone.TryGetValue((chainId, enclave), out var at)) return false;
        if (time.GetElapsedTime(at) <= SetAside) return true;

        _gone.TryRemove((chainId, enclave), out _);
        return false;
    }
}
