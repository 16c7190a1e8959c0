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
/// <param name="Id">Configured stable name; stays when keys rotate. It is for finding an enclave, its host's word, and in nothing that is signed.</param>
/// <param name="ChainId">The chain (EIP-155) that it answers for.</param>
/// <param name="ConfigurationHash">32 bytes; bound into every answer and quote (architecture section 11).</param>
/// <param name="AnchorHash">32 bytes; bound into every quote: where its trust in heads began.</param>
/// <param name="Level">How its heads are trusted.</param>
/// <param name="Current">The keys that sign now.</param>
/// <param name="Next">The keys that will sign after them; null while there is no overlap. They can be attested, and sign nothing yet.</param>
public sealed record EnclaveIdentity(
    string Id,
    ulong ChainId,
    ReadOnlyMemory<byte> ConfigurationHash,
    ReadOnlyMemory<byte> AnchorHash,
    AssuranceLevel Level,
    EnclaveKeys Current,
    EnclaveKeys? Next = null)
{
    /// <summary>P-256 public key that signs now, x ‖ y, 64 bytes.</summary>
    public ReadOnlyMemory<byte> SigningKey => Current.SigningKey;

    /// <summary>P-256 public key for key agreement now, x ‖ y, 64 bytes.</summary>
    public ReadOnlyMemory<byte> AgreementKey => Current.AgreementKey;

    /// <summary>The <c>kid</c> of answers signed now, 8 bytes; only a hint.</summary>
    public ReadOnlyMemory<byte> KeyId => Current.KeyId;
}

/// <summary>
/// The public halves of one generation of keys, made inside and never stored. Times are what is left by the enclave's own timer when it was asked:
/// they say when to ask again, and are no fact.
/// </summary>
/// <param name="Generation">1 for the keys made at the start, one more at each rotation.</param>
/// <param name="SigningKey">P-256 x ‖ y, 64 bytes: signs answers.</param>
/// <param name="AgreementKey">P-256 x ‖ y, 64 bytes: for key agreement.</param>
/// <param name="KeyId">First 8 bytes of SHA-256 of <paramref name="SigningKey"/>: the <c>kid</c> of its answers, only a hint.</param>
/// <param name="SignsIn">Until they sign; zero for the current ones.</param>
/// <param name="EndsIn">Until they are destroyed. Nothing that vouches for them should hold longer.</param>
public sealed record EnclaveKeys(
    ulong Generation,
    ReadOnlyMemory<byte> SigningKey,
    ReadOnlyMemory<byte> AgreementKey,
    ReadOnlyMemory<byte> KeyId,
    TimeSpan SignsIn,
    TimeSpan EndsIn);

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
