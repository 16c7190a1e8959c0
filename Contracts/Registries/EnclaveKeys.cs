using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Pythia.Contracts.Abi;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>What endorsers stand for of an enclave's key.</summary>
/// <param name="X">ES256 signing key, x, and <paramref name="Y"/> y.</param>
/// <param name="AgreementKeyHash">SHA-256 of x ‖ y of the key-agreement key that the same evidence binds.</param>
/// <param name="Measurement">Place in the list of measurements, from 1.</param>
/// <param name="Configuration">Place in the list of configurations, from 1.</param>
/// <param name="Operator">16 bytes, <see cref="OperatorOf"/>: keys of different operators have different ones.</param>
/// <param name="NotAfter">Last second, Unix time, at which the key is good; at most 90 days away.</param>
/// <param name="Evidence">SHA-256 of the evidence that was checked.</param>
public sealed record KeyRegistration(
    Hash32 X, Hash32 Y, Hash32 AgreementKeyHash, uint Measurement, uint Configuration, ImmutableArray<byte> Operator, ulong NotAfter, Hash32 Evidence)
{
    public const int OperatorBytes = 16;

    /// <summary>SHA-256 of x ‖ y.</summary>
    public Hash32 KeyId => KeyIdOf(X, Y);

    public static Hash32 KeyIdOf(Hash32 x, Hash32 y) => Hash32.FromSpan(SHA256.HashData([.. x.ToArray(), .. y.ToArray()]));

    /// <summary>The first 16 bytes of SHA-256 of an operator's name in UTF-8.</summary>
    public static ImmutableArray<byte> OperatorOf(string name) => [.. SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, OperatorBytes)];

    internal static KeyRegistration Read(AbiValues v)
        => new(v.Hash32(0), v.Hash32(1), v.Hash32(2), v.UInt32(3), v.UInt32(4), [.. v.Bytes(5)], v.UInt64(6), v.Hash32(7));

    internal object?[] ToAbi() => [X, Y, AgreementKeyHash, Measurement, Configuration, Operator.ToArray(), NotAfter, Evidence];

    public bool Equals(KeyRegistration? other)
        => other is not null && X == other.X && Y == other.Y && AgreementKeyHash == other.AgreementKeyHash && Measurement == other.Measurement
            && Configuration == other.Configuration && Operator.AsSpan().SequenceEqual(other.Operator.AsSpan()) && NotAfter == other.NotAfter && Evidence == other.Evidence;

    public override int GetHashCode() => HashCode.Combine(X, Y, Measurement, Configuration, NotAfter);
}

/// <summary>What a key's own answers show. The numbers are the contract's.</summary>
public enum KeyFault
{
    None = 0,

    /// <summary>Two results for one fact about one device under one block hash.</summary>
    Contradiction = 1,

    /// <summary>Two numbers or times for one block hash, or others than its header has.</summary>
    Block = 2,

    /// <summary>A finalized block hash that is not the chain's.</summary>
    NotCanonical = 3,

    /// <summary>A result that the named block's own state contradicts.</summary>
    Storage = 4,
}

/// <summary>The status of an enclave's key at a time. The numbers are the contract's and those of the fact PythiaKey.</summary>
public enum EnclaveKeyStatus
{
    Unknown = 0,
    Active = 1,

    /// <summary>By endorsers, or by the key itself.</summary>
    Revoked = 2,

    /// <summary>It signed what can't be true.</summary>
    Faulted = 3,

    /// <summary>Its measurement or configuration was withdrawn.</summary>
    Withdrawn = 4,

    Expired = 5,
}

/// <summary>An answer that a key signed, to be held against it.</summary>
/// <param name="Question">Deterministic CBOR, as the signature binds it.</param>
/// <param name="Answer">COSE_Sign1, as it travelled.</param>
/// <param name="Fact">Which of the question's facts, from 0.</param>
public sealed record AnswerStatement(ImmutableArray<byte> Question, ImmutableArray<byte> Answer, byte Fact)
{
    internal object?[] ToAbi() => [Question.ToArray(), Answer.ToArray(), Fact];
}

/// <summary>An account and slots of it, as <c>eth_getProof</c> (EIP-1186) gives their nodes.</summary>
/// <param name="Account">From the state root down.</param>
/// <param name="Slots">From the storage root down, in the order in which the fact asks for them (IProvenFacts.resultOf).</param>
public sealed record AccountNodes(ImmutableArray<ReadOnlyMemory<byte>> Account, ImmutableArray<ImmutableArray<ReadOnlyMemory<byte>>> Slots)
{
    internal object?[] ToAbi() => [ToAbi(Account), Slots.Select(slot => (object)ToAbi(slot)).ToArray()];

    private static object[] ToAbi(ImmutableArray<ReadOnlyMemory<byte>> nodes) => [.. nodes.Select(node => (object)node.ToArray())];
}

/// <summary>What an answer is held to: the state of the block that it names.</summary>
/// <param name="Configuration">What the key's configuration hash is the SHA-256 of.</param>
/// <param name="Header">RLP.</param>
/// <param name="Accounts">Those that the fact rests on; none where the header alone shows the fault.</param>
public sealed record StorageProof(ReadOnlyMemory<byte> Configuration, ReadOnlyMemory<byte> Header, ImmutableArray<AccountNodes> Accounts)
{
    internal object?[] ToAbi() => [Configuration.ToArray(), Header.ToArray(), AccountsToAbi()];

    internal object[] AccountsToAbi() => [.. Accounts.Select(account => (object)account.ToAbi())];
}

/// <summary>Call data of what anybody may send to PythiaRegistry, and what a key says of itself.</summary>
public static class EnclaveKeyCalls
{
    private const string RevokeKind = "pythia/revoke-key/1";

    /// <summary>Ends a key by two of its answers: the same block hash with another number or time, or the same block hash, device and fact with
    /// another result.</summary>
    public static byte[] ProveContradiction(Hash32 x, Hash32 y, AnswerStatement first, AnswerStatement second)
        => RegistryAbi.PythiaRegistry.Function("proveContradiction").Encode(x, y, first.ToAbi(), second.ToAbi());

    /// <summary>Ends a key by a finalized answer whose block hash is not the chain's. The chain knows 8,191 hashes (EIP-2935).</summary>
    /// <param name="configuration">What the key's configuration hash is the SHA-256 of: it must be of this chain.</param>
    public static byte[] ProveNotCanonical(Hash32 x, Hash32 y, AnswerStatement statement, ReadOnlyMemory<byte> configuration)
        => RegistryAbi.PythiaRegistry.Function("proveNotCanonical").Encode(x, y, statement.ToAbi(), configuration.ToArray());

    /// <summary>Ends a key by an answer and what the block that it names holds in truth, at any level and of any age.</summary>
    public static byte[] ProveAgainstStorage(Hash32 x, Hash32 y, AnswerStatement statement, StorageProof proof)
        => RegistryAbi.PythiaRegistry.Function("proveAgainstStorage").Encode(x, y, statement.ToAbi(), proof.ToAbi());

    /// <summary>Carries a key's own word that it ends: an ES256 signature over <see cref="OwnRevocation"/>.</summary>
    public static byte[] RevokeOwnKey(Hash32 x, Hash32 y, Hash32 r, Hash32 s) => RegistryAbi.PythiaRegistry.Function("revokeOwnKey").Encode(x, y, r, s);

    /// <summary>What a key signs to end itself: kind ‖ chain id 32 ‖ contract 20 ‖ key id 32.</summary>
    public static byte[] OwnRevocation(ulong chainId, Address contract, Hash32 keyId)
        => [.. Encoding.ASCII.GetBytes(RevokeKind), .. Hash32.FromUInt64(chainId).ToArray(), .. contract.ToArray(), .. keyId.ToArray()];
}
