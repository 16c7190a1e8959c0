using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Pythia.Enclave.Host;

/// <summary>The counters of one enclave as numbers, for whoever reads them out of its process. Safe for concurrent calls.</summary>
internal sealed class EnclaveTotals
{
    private readonly ConcurrentDictionary<RefusalReason, StrongBox<ulong>> _refusals = new();
    private readonly ConcurrentDictionary<FetchKind, StrongBox<ulong>> _fetches = new();
    private ulong _answers;
    private ulong _slotsCached;
    private ulong _slotsFetched;

    public void Answered() => Interlocked.Increment(ref _answers);

    public void Refused(RefusalReason reason) => Interlocked.Increment(ref _refusals.GetOrAdd(reason, _ => new()).Value);

    public void SlotsCached(int slots) => Interlocked.Add(ref _slotsCached, (ulong)slots);

    public void SlotsFetched(int slots) => Interlocked.Add(ref _slotsFetched, (ulong)slots);

    public void Fetched(FetchKind kind) => Interlocked.Increment(ref _fetches.GetOrAdd(kind, _ => new()).Value);

    public EnclaveCounters Read(long cacheBytes, long headBlock) => new(
        Volatile.Read(ref _answers),
        Volatile.Read(ref _slotsCached),
        Volatile.Read(ref _slotsFetched),
        _refusals.ToImmutableDictionary(pair => pair.Key, pair => Volatile.Read(ref pair.Value.Value)),
        _fetches.ToImmutableDictionary(pair => pair.Key, pair => Volatile.Read(ref pair.Value.Value)),
        (ulong)cacheBytes,
        (ulong)headBlock);
}
