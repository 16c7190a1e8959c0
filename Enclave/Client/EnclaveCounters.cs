namespace Pythia.Enclave;

/// <summary>What an enclave's process has counted since it started, and the two figures that go up and down. All of it is its own word, for operators alone.</summary>
/// <param name="Answers">Signed answers.</param>
/// <param name="SlotsCached">Slots proven from kept trie nodes.</param>
/// <param name="SlotsFetched">Slots whose proof was fetched.</param>
/// <param name="Refusals">By reason; reasons that never were are missing.</param>
/// <param name="Fetches">Calls to untrusted nodes, by node and outcome; what never was is missing.</param>
/// <param name="CacheBytes">Trie nodes kept, in bytes.</param>
/// <param name="HeadBlock">Newest verified head; 0 before the first.</param>
public sealed record EnclaveCounters(
    ulong Answers,
    ulong SlotsCached,
    ulong SlotsFetched,
    IReadOnlyDictionary<RefusalReason, ulong> Refusals,
    IReadOnlyDictionary<FetchKind, ulong> Fetches,
    ulong CacheBytes,
    ulong HeadBlock)
{
    /// <summary>Of a process that has just started.</summary>
    public static EnclaveCounters None { get; } = new(0, 0, 0, new Dictionary<RefusalReason, ulong>(), new Dictionary<FetchKind, ulong>(), 0, 0);
}

/// <summary>One kind of call to an untrusted node.</summary>
/// <param name="Node">Scheme, host and port.</param>
/// <param name="Failure">Why its reply was not taken; null where it held.</param>
public readonly record struct FetchKind(string Node, RefusalReason? Failure);

/// <summary>An enclave that counts what it does; the one behind a socket is asked by <see cref="SocketEnclave.CountersAsync"/>.</summary>
public interface ICountingEnclave
{
    EnclaveCounters Counters { get; }
}
