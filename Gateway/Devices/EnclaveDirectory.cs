using System.Collections.Concurrent;
using System.Collections.Immutable;
using Pythia.Grains;

namespace Pythia.Gateway.Devices;

/// <summary>Remembers for a second which enclaves answer, so that not every question asks the directory first.</summary>
public sealed class EnclaveDirectory(TimeProvider time)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<ulong, (long At, ImmutableArray<string> Enclaves)> _known = new();
    private int _turn;

    /// <summary>All that answer, beginning with another one each time.</summary>
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
        return [.. known.Enclaves[first..], .. known.Enclaves[..first]];
    }

    /// <summary>The next question asks the directory again.</summary>
    public void Forget(ulong chainId) => _known.TryRemove(chainId, out _);
}
