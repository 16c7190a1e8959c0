using System.Numerics;
using Pythia.Contracts.Abi;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>An owner grants. A data consent, and any with a bond, is an offer until the grantee accepts.</summary>
/// <param name="Epochs">As they are at the moment of signing: a grant that is withheld dies with the next revocation.</param>
public sealed record GrantAct(ActHeader Header, ConsentTerms Terms, GrantEpochs Epochs) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.ConsentRegistry,
        "Grant(bytes32 deviceId,address grantee,bytes32 scope,uint8 kind,uint40 notBefore,uint40 notAfter,uint96 bond,bytes32 policy,"
            + "uint64 grantEpoch,uint40 deviceEpoch,uint32 ownerEpoch,",
        "grant",
        (header, a) => new GrantAct(header, ReadTerms(a.Nested(0)), ReadEpochs(a.Nested(1))));

    public Hash32 ConsentId => RegistryIds.ConsentId(Terms.DeviceId, Epochs.DeviceEpoch, Terms.Grantee, Terms.Scope);

    /// <summary>What the grantee's acceptance of this very grant signs.</summary>
    public Hash32 TermsHash => RegistryIds.TermsHash(ConsentId, Terms, Epochs.GrantEpoch);

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [.. TermsArgument, .. EpochsArgument];

    internal override object?[] Arguments => [TermsArgument, EpochsArgument];

    private object?[] TermsArgument
        => [Terms.DeviceId, Terms.Grantee, Terms.Scope, (int)Terms.Kind, Terms.NotBefore, Terms.NotAfter, Terms.BondWei, Terms.PolicyId];

    private object?[] EpochsArgument => [Epochs.GrantEpoch, Epochs.DeviceEpoch, Epochs.OwnerEpoch];

    private static ConsentTerms ReadTerms(AbiValues t)
        => new(t.Hash32(0), t.Address(1), t.Hash32(2), (ConsentKind)t.UInt8(3), t.UInt64(4), t.UInt64(5), t.Integer(6), t.Hash32(7));

    private static GrantEpochs ReadEpochs(AbiValues e) => new(e.UInt64(0), e.UInt64(1), e.UInt32(2));
}

/// <summary>The grantee, who signs, accepts the offer of these terms; the bond is locked from its deposit.</summary>
/// <param name="TermsHash">See <see cref="RegistryIds.TermsHash"/>.</param>
public sealed record AcceptAct(ActHeader Header, Hash32 DeviceId, ulong DeviceEpoch, Hash32 Scope, Hash32 TermsHash) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.ConsentRegistry,
        "Accept(bytes32 deviceId,uint64 deviceEpoch,bytes32 scope,bytes32 termsHash,",
        "accept",
        (header, a) => Read(header, a.Nested(0), a.Hash32(1)));

    public Hash32 ConsentId => RegistryIds.ConsentId(DeviceId, DeviceEpoch, Signer, Scope);

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [DeviceId, DeviceEpoch, Scope, TermsHash];

    internal override object?[] Arguments => [(object?[])[DeviceId, DeviceEpoch, Signer, Scope], TermsHash];

    private static AcceptAct Read(ActHeader header, AbiValues key, Hash32 termsHash)
        => key.Address(2) == header.Signer
            ? new AcceptAct(header, key.Hash32(0), key.UInt64(1), key.Hash32(3), termsHash)
            : throw new FormatException($"key.grantee: {key.Address(2)} found, the signer {header.Signer} expected");
}

/// <summary>An owner revokes one consent; grants that are withheld die with it.</summary>
public sealed record RevokeAct(ActHeader Header, Hash32 DeviceId, Address Grantee, Hash32 Scope) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.ConsentRegistry,
        "Revoke(bytes32 deviceId,address grantee,bytes32 scope,",
        "revoke",
        (header, a) => new RevokeAct(header, a.Hash32(0), a.Address(1), a.Hash32(2)));

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [DeviceId, Grantee, Scope];

    internal override object?[] Arguments => Fields;
}

/// <summary>An owner revokes everything of one grantee, remembered or not.</summary>
public sealed record RevokeGranteeAct(ActHeader Header, Address Grantee) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.ConsentRegistry,
        "RevokeGrantee(address grantee,",
        "revokeGrantee",
        (header, a) => new RevokeGranteeAct(header, a.Address(0)));

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [Grantee];

    internal override object?[] Arguments => Fields;
}

/// <summary>An owner revokes everything of up to <paramref name="Max"/> grantees; again until none remains (<see cref="AllRevoked"/>).</summary>
public sealed record RevokeAllAct(ActHeader Header, uint Max) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.ConsentRegistry, "RevokeAll(uint32 max,", "revokeAll", (header, a) => new RevokeAllAct(header, a.UInt32(0)));

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [Max];

    internal override object?[] Arguments => Fields;
}

/// <summary>A grantee takes back what of its deposit is not locked in a bond.</summary>
public sealed record WithdrawAct(ActHeader Header, Address To, BigInteger AmountWei) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.ConsentRegistry,
        "Withdraw(address to,uint256 amountWei,",
        "withdraw",
        (header, a) => new WithdrawAct(header, a.Address(0), a.Integer(1)));

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [To, AmountWei];

    internal override object?[] Arguments => Fields;
}
