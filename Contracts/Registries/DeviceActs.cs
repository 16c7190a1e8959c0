using System.Collections.Immutable;
using Pythia.Contracts.Abi;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>A manufacturer registers <paramref name="Count"/> devices by the Merkle root of their leaves.</summary>
/// <param name="Uri">Where the proofs are published.</param>
public sealed record RegisterBatchAct(ActHeader Header, Hash32 Root, uint Count, string Uri) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.DeviceRegistry,
        "RegisterBatch(bytes32 root,uint32 count,string uri,",
        "registerBatch",
        (header, a) => new RegisterBatchAct(header, a.Hash32(0), a.UInt32(1), a.Text(2)));

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [Root, Count, Uri];

    internal override object?[] Arguments => [Root, Count, Uri];
}

/// <summary>The signer becomes the first owner of the device that the evidence shows. The signature binds the evidence.</summary>
public sealed record ClaimAct(ActHeader Header, ClaimEvidence Evidence) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.DeviceRegistry,
        "Claim(bytes32 deviceId,bytes32 modelId,bytes32 evidence,",
        "claim",
        (header, a) => new ClaimAct(header, ReadEvidence(a.Nested(0))));

    public Hash32 DeviceId => Evidence.DeviceId;

    /// <summary>keccak256(abi.encode(evidence)).</summary>
    public Hash32 EvidenceHash => Keccak256.HashData(AbiCodec.Encode(Form.Direct.Inputs, Arguments));

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [DeviceId, Evidence.ModelId, EvidenceHash];

    internal override object?[] Arguments =>
    [
        (object?[])
        [
            Evidence.Manufacturer, Evidence.KeyX, Evidence.KeyY, Evidence.ClaimKey, Evidence.ModelId, Evidence.Root,
            Evidence.Proof.Select(hash => (object?)hash).ToArray(), Evidence.ClaimKeySignature.ToArray(), Evidence.DeviceR, Evidence.DeviceS,
        ],
    ];

    private static ClaimEvidence ReadEvidence(AbiValues e) => new(
        e.Address(0), e.Hash32(1), e.Hash32(2), e.Address(3), e.Hash32(4), e.Hash32(5),
        [.. e.Nested(6).Cast<Hash32>()], [.. e.Bytes(7)], e.Hash32(8), e.Hash32(9));
}

/// <summary>The device goes to a new holder, and its old consents end.</summary>
/// <param name="DeviceEpoch">The device's present one, below 2^40, and <paramref name="OwnerEpoch"/> the owner's: a word that was overtaken is void.</param>
public sealed record TransferAct(ActHeader Header, Hash32 DeviceId, Address To, ulong DeviceEpoch, uint OwnerEpoch) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.DeviceRegistry,
        "Transfer(bytes32 deviceId,address to,uint40 deviceEpoch,uint32 ownerEpoch,",
        "transfer",
        (header, a) => new TransferAct(header, a.Hash32(0), a.Address(1), a.UInt64(2), a.UInt32(3)));

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [DeviceId, To, DeviceEpoch, OwnerEpoch];

    internal override object?[] Arguments => Fields;
}

/// <summary>Suspends the device.</summary>
public sealed record FreezeAct(ActHeader Header, Hash32 DeviceId) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.DeviceRegistry, "Freeze(bytes32 deviceId,", "freeze", (header, a) => new FreezeAct(header, a.Hash32(0)));

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [DeviceId];

    internal override object?[] Arguments => Fields;
}

/// <summary>Ends a suspension.</summary>
/// <param name="DeviceEpoch">The device's present one, below 2^40, and <paramref name="OwnerEpoch"/> the owner's: a word that was overtaken is void.</param>
public sealed record UnfreezeAct(ActHeader Header, Hash32 DeviceId, ulong DeviceEpoch, uint OwnerEpoch) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.DeviceRegistry,
        "Unfreeze(bytes32 deviceId,uint40 deviceEpoch,uint32 ownerEpoch,",
        "unfreeze",
        (header, a) => new UnfreezeAct(header, a.Hash32(0), a.UInt64(1), a.UInt32(2)));

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [DeviceId, DeviceEpoch, OwnerEpoch];

    internal override object?[] Arguments => Fields;
}

/// <summary>Ends the device for good.</summary>
public sealed record RetireAct(ActHeader Header, Hash32 DeviceId, ulong DeviceEpoch) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.DeviceRegistry,
        "Retire(bytes32 deviceId,uint40 deviceEpoch,",
        "retire",
        (header, a) => new RetireAct(header, a.Hash32(0), a.UInt64(1)));

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [DeviceId, DeviceEpoch];

    internal override object?[] Arguments => Fields;
}

/// <summary>Ends every consent of the device.</summary>
public sealed record EndConsentsAct(ActHeader Header, Hash32 DeviceId) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.DeviceRegistry, "EndConsents(bytes32 deviceId,", "endConsents", (header, a) => new EndConsentsAct(header, a.Hash32(0)));

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [DeviceId];

    internal override object?[] Arguments => Fields;
}

/// <summary>Gives the device a new identity key, on which owner, old and new key agree.</summary>
public sealed record RotateKeyAct(ActHeader Header, Hash32 DeviceId, KeyRotation Rotation) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.DeviceRegistry,
        "RotateKey(bytes32 deviceId,bytes32 newX,bytes32 newY,bytes32 evidence,",
        "rotateKey",
        (header, a) => new RotateKeyAct(header, a.Hash32(0), ReadRotation(a.Nested(1))));

    private static readonly ImmutableArray<AbiParameter> RotationType = [Form.Direct.Inputs[1]];

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields
        => [DeviceId, Rotation.NewX, Rotation.NewY, Keccak256.HashData(AbiCodec.Encode(RotationType, (ReadOnlySpan<object?>)[RotationArgument]))];

    internal override object?[] Arguments => [DeviceId, RotationArgument];

    private object?[] RotationArgument =>
    [
        Rotation.Manufacturer, Rotation.OldX, Rotation.OldY, Rotation.NewX, Rotation.NewY, Rotation.OldR, Rotation.OldS, Rotation.NewR, Rotation.NewS,
    ];

    private static KeyRotation ReadRotation(AbiValues r) => new(
        r.Address(0), r.Hash32(1), r.Hash32(2), r.Hash32(3), r.Hash32(4), r.Hash32(5), r.Hash32(6), r.Hash32(7), r.Hash32(8));
}

/// <summary>Names who may start a recovery of the signer's devices, or nobody (zero address, zero delay).</summary>
/// <param name="DelaySeconds">1 to 365 days.</param>
public sealed record SetRecoveryAct(ActHeader Header, Address Recovery, uint DelaySeconds, uint OwnerEpoch) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.DeviceRegistry,
        "SetRecovery(address recovery,uint32 delaySeconds,uint32 ownerEpoch,",
        "setRecovery",
        (header, a) => new SetRecoveryAct(header, a.Address(0), a.UInt32(1), a.UInt32(2)));

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [Recovery, DelaySeconds, OwnerEpoch];

    internal override object?[] Arguments => Fields;
}

/// <summary>By the recovery address: from the owner's delay on, the owner's devices can be moved to <paramref name="NewOwner"/>.</summary>
/// <param name="OwnerEpoch">The owner's present one: cancelling raises it, so a start that was withheld until then is void.</param>
public sealed record StartRecoveryAct(ActHeader Header, Address Owner, Address NewOwner, uint OwnerEpoch) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.DeviceRegistry,
        "StartRecovery(address owner,address newOwner,uint32 ownerEpoch,",
        "startRecovery",
        (header, a) => new StartRecoveryAct(header, a.Address(0), a.Address(1), a.UInt32(2)));

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [Owner, NewOwner, OwnerEpoch];

    internal override object?[] Arguments => Fields;
}

/// <summary>The signer ends a recovery of its devices.</summary>
public sealed record CancelRecoveryAct(ActHeader Header) : SignedAct(Header)
{
    internal static readonly ActDefinition Form = new(
        RegistryKind.DeviceRegistry, "CancelRecovery(", "cancelRecovery", (header, _) => new CancelRecoveryAct(header));

    internal override ActDefinition Definition => Form;

    internal override object?[] Fields => [];

    internal override object?[] Arguments => [];
}
