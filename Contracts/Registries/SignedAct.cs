using System.Numerics;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>One act of an owner, grantee, manufacturer or publisher: the EIP-712 struct that is signed, and the calls that carry it out.</summary>
/// <remarks>Its digest is its id. Anybody can submit <see cref="EncodeSignedCall"/>; the signer itself can also send <see cref="EncodeDirectCall"/>
/// from its own account, without a signature and without us.</remarks>
public abstract record SignedAct(ActHeader Header)
{
    public Address Contract => Header.Contract;

    public Address Signer => Header.Signer;

    public BigInteger Nonce => Header.Nonce;

    public ulong DeadlineUnixSeconds => Header.DeadlineUnixSeconds;

    /// <summary>The EIP-712 struct's name: <c>Grant</c>, <c>Transfer</c>, ….</summary>
    public string PrimaryType => Definition.Schema.PrimaryType;

    /// <summary>The contract that takes it.</summary>
    public RegistryKind Registry => Definition.Registry;

    /// <summary>Most gas that the signed call can need, to be given with a relayed item; see <see cref="RelayGas"/>.</summary>
    public uint GasLimit => RelayGas.LimitOf(this);

    internal abstract ActDefinition Definition { get; }

    /// <summary>The struct's own fields in order, without signer, nonce and deadline.</summary>
    internal abstract object?[] Fields { get; }

    /// <summary>The direct call's arguments; the signed call's are the same, then the authorisation.</summary>
    internal abstract object?[] Arguments { get; }

    /// <summary>The domain in which it is signed on that chain.</summary>
    public TypedDataDomain DomainOn(BigInteger chainId) => DomainOf(Registry, chainId, Contract);

    /// <summary>The domain of a registry (architecture, section 11): name <c>Pythia {contract}</c>, version 1.</summary>
    public static TypedDataDomain DomainOf(RegistryKind registry, BigInteger chainId, Address contract)
        => new($"Pythia {registry}", "1", chainId, contract);

    /// <summary>The 32 bytes that are signed, on that chain: the act's id.</summary>
    public Hash32 Digest(BigInteger chainId) => Digest(DomainOn(chainId));

    /// <inheritdoc cref="Digest(BigInteger)"/>
    public Hash32 Digest(TypedDataDomain domain) => ToTypedData(domain).Digest;

    /// <summary>What a wallet signs, as <c>eth_signTypedData_v4</c> takes it.</summary>
    public string ToTypedDataJson(TypedDataDomain domain) => ToTypedData(domain).ToJson();

    /// <inheritdoc cref="ToTypedDataJson(TypedDataDomain)"/>
    public string ToTypedDataJson(BigInteger chainId) => ToTypedDataJson(DomainOn(chainId));

    public TypedDataMessage ToTypedData(TypedDataDomain domain)
        => new(domain, Definition.Schema, (ReadOnlySpan<object?>)[.. Fields, Signer, Nonce, DeadlineUnixSeconds]);

    /// <summary>Call data for <see cref="Contract"/> that anybody may send.</summary>
    /// <param name="signature">65 bytes r ‖ s ‖ v, or what the signer's wallet contract takes.</param>
    public byte[] EncodeSignedCall(ReadOnlySpan<byte> signature)
        => Definition.Signed.Encode([.. Arguments, (object?[])[Signer, Nonce, DeadlineUnixSeconds, signature.ToArray()]]);

    /// <summary>Call data for <see cref="Contract"/> that the signer sends itself.</summary>
    public byte[] EncodeDirectCall() => Definition.Direct.Encode(Arguments);
}
