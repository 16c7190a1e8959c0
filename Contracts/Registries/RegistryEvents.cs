using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Pythia.Contracts.Abi;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>What a contract of ours reported. Who reported it is the log's address: check that first.</summary>
public abstract record RegistryEvent;

public sealed record BatchRegistered(Address Manufacturer, Hash32 Root, uint Count, string Uri) : RegistryEvent;

public sealed record DeviceClaimed(Hash32 DeviceId, Address Owner, Address Manufacturer, Hash32 KeyX, Hash32 KeyY, Hash32 ModelId, Hash32 Root) : RegistryEvent;

/// <summary>A device changed hands; <paramref name="Epoch"/> is its new one. ERC-721's own Transfer says the same and is not decoded.</summary>
public sealed record DeviceTransferred(Hash32 DeviceId, Address From, Address To, ulong Epoch) : RegistryEvent;

public sealed record DeviceFrozen(Hash32 DeviceId, Address Owner) : RegistryEvent;

public sealed record DeviceUnfrozen(Hash32 DeviceId, Address Owner) : RegistryEvent;

public sealed record DeviceRetired(Hash32 DeviceId, Address Owner) : RegistryEvent;

/// <summary>All consents of the device ended; <paramref name="Epoch"/> is its new one.</summary>
public sealed record ConsentsEnded(Hash32 DeviceId, Address Owner, ulong Epoch) : RegistryEvent;

public sealed record DeviceKeyRotated(Hash32 DeviceId, Hash32 KeyX, Hash32 KeyY) : RegistryEvent;

public sealed record SecurityCounterRaised(Hash32 DeviceId, ulong SecurityCounter) : RegistryEvent;

public sealed record OwnerEpochBumped(Address Owner, uint Epoch) : RegistryEvent;

public sealed record RecoverySet(Address Owner, Address Recovery, uint DelaySeconds) : RegistryEvent;

public sealed record RecoveryStarted(Address Owner, Address NewOwner, ulong ReadyAtUnixSeconds, ulong ExpiresAtUnixSeconds) : RegistryEvent;

public sealed record RecoveryCancelled(Address Owner) : RegistryEvent;

/// <summary>The status of a consent on the chain. The numbers are the contract's.</summary>
public enum ConsentStatus
{
    None = 0,
    Offered = 1,
    Active = 2,
    Revoked = 3,
}

public sealed record ConsentGranted(Hash32 ConsentId, Address Owner, ConsentTerms Terms, ulong DeviceEpoch, ConsentStatus Status, ulong GrantEpoch) : RegistryEvent
{
    /// <summary>What the grantee's acceptance signs.</summary>
    public Hash32 TermsHash => RegistryIds.TermsHash(ConsentId, Terms, GrantEpoch);
}

public sealed record ConsentAccepted(Hash32 ConsentId, Address Grantee, Hash32 TermsHash, BigInteger BondWei) : RegistryEvent;

/// <summary>The consent, if there was one, is revoked; <paramref name="GrantEpoch"/> is the owner's new one.</summary>
public sealed record ConsentRevoked(Hash32 ConsentId, Address Owner, Address Grantee, Hash32 DeviceId, Hash32 Scope, ulong GrantEpoch) : RegistryEvent;

/// <summary>Every consent of this owner for this grantee whose grant epoch is below <paramref name="Floor"/> is dead; it is the owner's new epoch.</summary>
public sealed record GranteeRevoked(Address Owner, Address Grantee, ulong Floor) : RegistryEvent;

/// <summary>A step of RevokeAll; a <see cref="GranteeRevoked"/> came for each grantee, <paramref name="Remaining"/> are left.</summary>
public sealed record AllRevoked(Address Owner, ulong GrantEpoch, uint Remaining) : RegistryEvent;

public sealed record Deposited(Address Grantee, Address From, BigInteger AmountWei) : RegistryEvent;

public sealed record Withdrawn(Address Grantee, Address To, BigInteger AmountWei) : RegistryEvent;

public sealed record BondReleaseStarted(Hash32 ConsentId, Address Grantee, ulong ReleasableAtUnixSeconds) : RegistryEvent;

public sealed record BondReleased(Hash32 ConsentId, Address Grantee, BigInteger AmountWei) : RegistryEvent;

public sealed record PolicyPublished(Hash32 PolicyId, Address Publisher, ImmutableArray<byte> Content) : RegistryEvent;

public sealed record PolicyDeprecated(Hash32 PolicyId, Address Publisher) : RegistryEvent;

/// <summary>A measurement (MRENCLAVE) that endorsers stand for, at its place in the list.</summary>
public sealed record MeasurementEndorsed(uint Index, Hash32 Measurement) : RegistryEvent;

/// <summary>The measurement ended, and all keys under that place.</summary>
public sealed record MeasurementWithdrawn(uint Index, Hash32 Measurement) : RegistryEvent;

public sealed record ConfigurationEndorsed(uint Index, Hash32 Configuration) : RegistryEvent;

/// <summary>The configuration ended, and all keys under that place.</summary>
public sealed record ConfigurationWithdrawn(uint Index, Hash32 Configuration) : RegistryEvent;

public sealed record KeyRegistered(Hash32 KeyId, KeyRegistration Registration) : RegistryEvent;

/// <summary>A key ended for ever; <paramref name="ByItself"/>: by its own signature, else by endorsers.</summary>
public sealed record KeyRevoked(Hash32 KeyId, bool ByItself) : RegistryEvent;

/// <summary>A key was shown to have signed what can't be true.</summary>
/// <param name="BlockHash">That the false answer names.</param>
public sealed record KeyFaulted(Hash32 KeyId, KeyFault Fault, Hash32 BlockHash) : RegistryEvent;

public sealed record EndorsersChanged(uint Version, RegistryEndorsers Endorsers) : RegistryEvent;

/// <summary>The intent with this digest was carried out.</summary>
public sealed record IntentCarriedOut(Hash32 Digest, Address Signer) : RegistryEvent;

/// <summary>The intent with this digest failed for good.</summary>
/// <param name="Reason">The act's revert data, at most 512 bytes; <see cref="RegistryErrors.Describe"/> reads it.</param>
public sealed record IntentFailed(Hash32 Digest, Address Signer, ImmutableArray<byte> Reason) : RegistryEvent;

/// <summary>The signer gave this nonce up; an intent that carries it can't be carried out any more.</summary>
public sealed record IntentCancelled(Address Signer, BigInteger Nonce) : RegistryEvent;

/// <summary>An item of a batch returned; what became of its act is said by the registry.</summary>
public sealed record ItemRelayed(ulong Index, Address Target) : RegistryEvent;

/// <summary>An item of a batch reverted and consumed nothing: nothing final.</summary>
public sealed record ItemFailed(ulong Index, Address Target, ImmutableArray<byte> Reason) : RegistryEvent;

/// <summary>Reads logs of our contracts.</summary>
public static class RegistryEvents
{
    private static readonly FrozenDictionary<string, Func<AbiValues, RegistryEvent>> Readers = new Dictionary<string, Func<AbiValues, RegistryEvent>>
    {
        [nameof(BatchRegistered)] = v => new BatchRegistered(v.Address(0), v.Hash32(1), v.UInt32(2), v.Text(3)),
        [nameof(DeviceClaimed)] = v => new DeviceClaimed(v.Hash32(0), v.Address(1), v.Address(2), v.Hash32(3), v.Hash32(4), v.Hash32(5), v.Hash32(6)),
        [nameof(DeviceTransferred)] = v => new DeviceTransferred(v.Hash32(0), v.Address(1), v.Address(2), v.UInt64(3)),
        [nameof(DeviceFrozen)] = v => new DeviceFrozen(v.Hash32(0), v.Address(1)),
        [nameof(DeviceUnfrozen)] = v => new DeviceUnfrozen(v.Hash32(0), v.Address(1)),
        [nameof(DeviceRetired)] = v => new DeviceRetired(v.Hash32(0), v.Address(1)),
        [nameof(ConsentsEnded)] = v => new ConsentsEnded(v.Hash32(0), v.Address(1), v.UInt64(2)),
        [nameof(DeviceKeyRotated)] = v => new DeviceKeyRotated(v.Hash32(0), v.Hash32(1), v.Hash32(2)),
        [nameof(SecurityCounterRaised)] = v => new SecurityCounterRaised(v.Hash32(0), v.UInt64(1)),
        [nameof(OwnerEpochBumped)] = v => new OwnerEpochBumped(v.Address(0), v.UInt32(1)),
        [nameof(RecoverySet)] = v => new RecoverySet(v.Address(0), v.Address(1), v.UInt32(2)),
        [nameof(RecoveryStarted)] = v => new RecoveryStarted(v.Address(0), v.Address(1), v.UInt64(2), v.UInt64(3)),
        [nameof(RecoveryCancelled)] = v => new RecoveryCancelled(v.Address(0)),
        [nameof(ConsentGranted)] = ReadGranted,
        [nameof(ConsentAccepted)] = v => new ConsentAccepted(v.Hash32(0), v.Address(1), v.Hash32(2), v.Integer(3)),
        [nameof(ConsentRevoked)] = v => new ConsentRevoked(v.Hash32(0), v.Address(1), v.Address(2), v.Hash32(3), v.Hash32(4), v.UInt64(5)),
        [nameof(GranteeRevoked)] = v => new GranteeRevoked(v.Address(0), v.Address(1), v.UInt64(2)),
        [nameof(AllRevoked)] = v => new AllRevoked(v.Address(0), v.UInt64(1), v.UInt32(2)),
        [nameof(Deposited)] = v => new Deposited(v.Address(0), v.Address(1), v.Integer(2)),
        [nameof(Withdrawn)] = v => new Withdrawn(v.Address(0), v.Address(1), v.Integer(2)),
        [nameof(BondReleaseStarted)] = v => new BondReleaseStarted(v.Hash32(0), v.Address(1), v.UInt64(2)),
        [nameof(BondReleased)] = v => new BondReleased(v.Hash32(0), v.Address(1), v.Integer(2)),
        [nameof(PolicyPublished)] = v => new PolicyPublished(v.Hash32(0), v.Address(1), [.. v.Bytes(2)]),
        [nameof(PolicyDeprecated)] = v => new PolicyDeprecated(v.Hash32(0), v.Address(1)),
        [nameof(MeasurementEndorsed)] = v => new MeasurementEndorsed(v.UInt32(0), v.Hash32(1)),
        [nameof(MeasurementWithdrawn)] = v => new MeasurementWithdrawn(v.UInt32(0), v.Hash32(1)),
        [nameof(ConfigurationEndorsed)] = v => new ConfigurationEndorsed(v.UInt32(0), v.Hash32(1)),
        [nameof(ConfigurationWithdrawn)] = v => new ConfigurationWithdrawn(v.UInt32(0), v.Hash32(1)),
        [nameof(KeyRegistered)] = v => new KeyRegistered(v.Hash32(0), KeyRegistration.Read(v.Nested(1))),
        [nameof(KeyRevoked)] = v => new KeyRevoked(v.Hash32(0), v.Bool(1)),
        [nameof(KeyFaulted)] = v => new KeyFaulted(v.Hash32(0), (KeyFault)v.UInt8(1), v.Hash32(2)),
        [nameof(EndorsersChanged)] = v => new EndorsersChanged(v.UInt32(0), new RegistryEndorsers([.. v.Nested(1).Cast<Address>()], v.UInt8(2))),
        [nameof(IntentCarriedOut)] = v => new IntentCarriedOut(v.Hash32(0), v.Address(1)),
        [nameof(IntentFailed)] = v => new IntentFailed(v.Hash32(0), v.Address(1), [.. v.Bytes(2)]),
        [nameof(IntentCancelled)] = v => new IntentCancelled(v.Address(0), v.Integer(1)),
        [nameof(ItemRelayed)] = v => new ItemRelayed(v.UInt64(0), v.Address(1)),
        [nameof(ItemFailed)] = v => new ItemFailed(v.UInt64(0), v.Address(1), [.. v.Bytes(2)]),
    }.ToFrozenDictionary();

    /// <summary>The first topics of all events that are read: for a log filter.</summary>
    public static ImmutableArray<Hash32> Topics { get; } = [.. RegistryAbi.All.Events.Where(e => Readers.ContainsKey(e.Name)).Select(e => e.Topic)];

    /// <summary>Reads one log. False for a log that is none of ours, such as ERC-721's own events.</summary>
    /// <remarks>The caller has checked that the log's address is one of our contracts: anybody can emit the same bytes.</remarks>
    public static bool TryDecode(IReadOnlyList<Hash32> topics, ReadOnlySpan<byte> data, [NotNullWhen(true)] out RegistryEvent? decoded)
    {
        decoded = null;
        if (topics.Count == 0 || !RegistryAbi.All.TryFindEvent(topics[0], out var form)) return false;
        if (!Readers.TryGetValue(form.Name, out var read) || !form.TryDecode(topics, data, out var values, out _)) return false;

        decoded = read(values);
        return true;
    }

    // consentId, owner, grantee, deviceId, deviceEpoch, scope, status, kind, notBefore, notAfter, grantEpoch, bond, policy
    private static ConsentGranted ReadGranted(AbiValues v) => new(
        v.Hash32(0),
        v.Address(1),
        new ConsentTerms(v.Hash32(3), v.Address(2), v.Hash32(5), (ConsentKind)v.UInt8(7), v.UInt64(8), v.UInt64(9), v.Integer(11), v.Hash32(12)),
        v.UInt64(4),
        (ConsentStatus)v.UInt8(6),
        v.UInt64(10));
}
