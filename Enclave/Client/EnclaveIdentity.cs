namespace Pythia.Enclave;

/// <summary>How a head is trusted; travels in every answer. The numbers are those of architecture section 11.</summary>
public enum AssuranceLevel
{
    /// <summary>A node's word: only for development chains.</summary>
    Development = 0,

    /// <summary>Validator seals of a consortium chain.</summary>
    Sealed = 1,

    /// <summary>Signed by a beacon sync committee, not yet final.</summary>
    Optimistic = 2,

    /// <summary>Final by the beacon chain, proven by a sync committee.</summary>
    Finalized = 3,
}

/// <summary>An enclave as others name and pin it.</summary>
/// <param name="Id">Configured stable name; stays when keys rotate.</param>
/// <param name="ChainId">The chain (EIP-155) that it answers for.</param>
/// <param name="SigningKey">P-256 public key, x ‖ y, 64 bytes; made at start inside, never stored.</param>
/// <param name="KeyId">First 8 bytes of SHA-256 of <paramref name="SigningKey"/>: the <c>kid</c> of its answers, only a hint.</param>
/// <param name="ConfigurationHash">32 bytes; bound into every answer (architecture section 11).</param>
/// <param name="Level">How its heads are trusted.</param>
public sealed record EnclaveIdentity(
    string Id,
    ulong ChainId,
    ReadOnlyMemory<byte> SigningKey,
    ReadOnlyMemory<byte> KeyId,
    ReadOnlyMemory<byte> ConfigurationHash,
    AssuranceLevel Level);

/// <summary>A head that the enclave verified. Heads only move forward.</summary>
/// <param name="Block">Number.</param>
/// <param name="UnixSeconds">The block's time: the only time that an enclave asserts.</param>
/// <param name="Hash">32 bytes.</param>
/// <param name="Level">How it is trusted.</param>
public sealed record VerifiedHead(ulong Block, ulong UnixSeconds, ReadOnlyMemory<byte> Hash, AssuranceLevel Level);

/// <summary>State of an enclave for whoever operates it.</summary>
/// <param name="CanAnswer">True when a head is verified and the contracts' code is the configured one.</param>
/// <param name="Head">The newest verified head; null before the first.</param>
/// <param name="Trouble">Why it can't answer, or why its head stands still; null when all is well.</param>
/// <param name="Nodes">One entry for each untrusted node, in configured order.</param>
/// <param name="CachedNodes">Trie nodes kept.</param>
/// <param name="CachedBytes">Their bytes.</param>
public sealed record EnclaveHealth(
    bool CanAnswer,
    VerifiedHead? Head,
    EnclaveRefusal? Trouble,
    IReadOnlyList<NodeHealth> Nodes,
    int CachedNodes,
    long CachedBytes);

/// <summary>An untrusted node as the enclave sees it.</summary>
/// <param name="Url">As configured, without user and password.</param>
/// <param name="SetAside">True while the others are asked first.</param>
/// <param name="LastTrouble">What it last said or did wrong; null when nothing.</param>
public sealed record NodeHealth(string Url, bool SetAside, EnclaveRefusal? LastTrouble);
