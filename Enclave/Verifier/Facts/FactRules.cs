using System.Collections.Immutable;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Facts;

/// <summary>What the slots of each fact mean. A status that this table does not know counts as none.</summary>
internal static class FactRules
{
    /// <summary>Owner of an active or frozen device. A retired one has no owner whom it may obey: null, and DeviceStatus says why.</summary>
    public static FactPlan OwnerOf(FactQuestion question)
        => AskDevice(question, device => device.HasOwner ? FactPlan.Done(FactResult.Single(FactValue.Of(device.Owner))) : Null);

    /// <summary>[status, epoch, security counter], retired devices included.</summary>
    public static FactPlan DeviceStatus(FactQuestion question)
        => AskDevice(question, device => device.Status is DeviceRecord.None
            ? Null
            : FactPlan.Done(FactResult.ArrayOf(FactValue.Of(device.Status), FactValue.Of(device.Epoch), FactValue.Of(device.SecurityCounter))));

    /// <summary>The terms; a consent below the grantee's floor is revoked, whatever its own status says.</summary>
    public static FactPlan Consent(FactQuestion question)
        => AskDevice(question, device => !device.IsActive ? Null : FactPlan.Ask(
            words =>
            {
                var consent = ConsentRecord.Read(words[0], words[1]);
                return consent.Status is ConsentRecord.None ? Null : FactPlan.Done(FactResult.ArrayOf(
                    FactValue.Of(consent.StatusAbove(FloorOf(words[2]))),
                    FactValue.Of(consent.Kind),
                    FactValue.Of(consent.NotBefore),
                    FactValue.Of(consent.NotAfter),
                    FactValue.Of(consent.Policy)));
            },
            ConsentSlot(question, device, StorageLayout.Consent.Status),
            ConsentSlot(question, device, StorageLayout.Consent.Policy),
            FloorSlot(question, device)));

    /// <summary>[1, not-after] while an active command consent of an active device covers the block's time; the window includes both ends.</summary>
    public static FactPlan CommandAllowed(FactQuestion question)
        => AskDevice(question, device => !device.IsActive ? Null : FactPlan.Ask(
            words =>
            {
                var consent = ConsentRecord.Read(words[0], Hash32.Zero);
                var allowed = consent.Kind is ConsentRecord.Command
                    && consent.StatusAbove(FloorOf(words[1])) is ConsentRecord.Active
                    && question.UnixSeconds >= consent.NotBefore
                    && question.UnixSeconds <= consent.NotAfter;
                return allowed ? FactPlan.Done(FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(consent.NotAfter))) : Null;
            },
            ConsentSlot(question, device, StorageLayout.Consent.Status),
            FloorSlot(question, device)));

    /// <summary>[status]: 1 published, 2 deprecated.</summary>
    public static FactPlan PolicyStatus(FactQuestion question)
        => FactPlan.Ask(
            words => StorageLayout.Policy.Status.ReadUInt64(words[0]) is var status and >= 1 and <= 2
                ? FactPlan.Done(FactResult.ArrayOf(FactValue.Of(status)))
                : Null,
            new SlotRequest(ContractRole.PolicyRegistry, SlotMath.OfMapping(question.Fact.Subject, StorageLayout.Policy.MappingSlot)));

    /// <summary>[status, not-after, measurement, operator]. A key that the registry has as registered is active, withdrawn or expired: its measurement
    /// and configuration must still stand (their words are zero once withdrawn), and the block's time be no later than its date.</summary>
    public static FactPlan PythiaKey(FactQuestion question)
        => FactPlan.Ask(
            words =>
            {
                var key = EnclaveKeyRecord.Read(words[0]);
                return key.Status is EnclaveKeyRecord.None ? Null : FactPlan.Ask(
                    under => FactPlan.Done(FactResult.ArrayOf(
                        FactValue.Of(key.StatusUnder(under[0], under[1], question.UnixSeconds)),
                        FactValue.Of(key.NotAfter),
                        FactValue.Of(under[0]),
                        FactValue.Of(key.Operator.AsSpan()))),
                    PythiaSlot(Hash32.FromUInt64(key.Measurement), StorageLayout.Measurement.MappingSlot),
                    PythiaSlot(Hash32.FromUInt64(key.Configuration), StorageLayout.Configuration.MappingSlot));
            },
            PythiaSlot(question.Fact.Subject, StorageLayout.EnclaveKey.MappingSlot));

    private static SlotRequest PythiaSlot(in Hash32 key, ulong mapping) => new(ContractRole.PythiaRegistry, SlotMath.OfMapping(key, mapping));

    private static FactPlan Null => FactPlan.Done(FactResult.Null);

    private static FactPlan AskDevice(FactQuestion question, Func<DeviceRecord, FactPlan> next)
        => FactPlan.Ask(
            words => next(DeviceRecord.Read(words[0])),
            new SlotRequest(ContractRole.DeviceRegistry, SlotMath.OfMapping(question.Device, StorageLayout.Device.MappingSlot)));

    // The id holds the device's current epoch: consents of earlier epochs are other entries and are never found.
    private static SlotRequest ConsentSlot(FactQuestion question, in DeviceRecord device, StorageMember member)
    {
        var id = SlotMath.ConsentId(question.Device, device.Epoch, question.Fact.Party, question.Fact.Subject);
        return new SlotRequest(ContractRole.ConsentRegistry, SlotMath.Add(SlotMath.OfMapping(id, StorageLayout.Consent.MappingSlot), member.Slot));
    }

    private static SlotRequest FloorSlot(FactQuestion question, in DeviceRecord device)
    {
        var ofOwner = SlotMath.OfMapping(device.Owner.ToWord(), StorageLayout.Grantee.MappingSlot);
        var ofGrantee = SlotMath.OfMapping(question.Fact.Party.ToWord(), ofOwner);
        return new SlotRequest(ContractRole.ConsentRegistry, SlotMath.Add(ofGrantee, StorageLayout.Grantee.Floor.Slot));
    }

    private static ulong FloorOf(in Hash32 word) => StorageLayout.Grantee.Floor.ReadUInt64(word);
}

/// <summary>The words of a device's entry, read.</summary>
internal readonly record struct DeviceRecord(Address Owner, ulong Status, ulong Epoch, ulong SecurityCounter)
{
    public const ulong None = 0;
    public const ulong Active = 1;
    public const ulong Frozen = 2;
    public const ulong Retired = 3;

    public bool IsActive => Status is Active && !Owner.IsZero;

    public bool HasOwner => Status is Active or Frozen && !Owner.IsZero;

    public static DeviceRecord Read(in Hash32 word)
    {
        var status = StorageLayout.Device.Status.ReadUInt64(word);
        return new DeviceRecord(
            StorageLayout.Device.Owner.ReadAddress(word),
            status <= Retired ? status : None,
            StorageLayout.Device.Epoch.ReadUInt64(word),
            StorageLayout.Device.SecurityCounter.ReadUInt64(word));
    }
}

/// <summary>The words of a consent's entry, read. Times are unix seconds of blocks.</summary>
internal readonly record struct ConsentRecord(ulong Status, ulong Kind, ulong NotBefore, ulong NotAfter, ulong GrantEpoch, Hash32 Policy)
{
    public const ulong None = 0;
    public const ulong Offered = 1;
    public const ulong Active = 2;
    public const ulong Revoked = 3;
    public const ulong Data = 1;
    public const ulong Command = 2;

    /// <summary>What the entry says, or revoked when it was granted before the owner's last revocation of this grantee.</summary>
    public ulong StatusAbove(ulong floor) => Status is not None && GrantEpoch < floor ? Revoked : Status;

    public static ConsentRecord Read(in Hash32 packed, in Hash32 policy)
    {
        var status = StorageLayout.Consent.Status.ReadUInt64(packed);
        var kind = StorageLayout.Consent.Kind.ReadUInt64(packed);
        return new ConsentRecord(
            status <= Revoked && kind is Data or Command ? status : None,
            kind,
            StorageLayout.Consent.NotBefore.ReadUInt64(packed),
            StorageLayout.Consent.NotAfter.ReadUInt64(packed),
            StorageLayout.Consent.GrantEpoch.ReadUInt64(packed),
            policy);
    }
}

/// <summary>The word of an enclave key's entry, read. Times are unix seconds of blocks.</summary>
internal readonly record struct EnclaveKeyRecord(ulong Status, ulong NotAfter, ulong Measurement, ulong Configuration, ImmutableArray<byte> Operator)
{
    public const ulong None = 0;
    public const ulong Active = 1;
    public const ulong Revoked = 2;
    public const ulong Faulted = 3;
    public const ulong Withdrawn = 4;
    public const ulong Expired = 5;

    public static EnclaveKeyRecord Read(in Hash32 word)
    {
        var status = StorageLayout.EnclaveKey.Status.ReadUInt64(word);
        return new EnclaveKeyRecord(
            status <= Faulted ? status : None,
            StorageLayout.EnclaveKey.NotAfter.ReadUInt64(word),
            StorageLayout.EnclaveKey.Measurement.ReadUInt64(word),
            StorageLayout.EnclaveKey.Configuration.ReadUInt64(word),
            StorageLayout.EnclaveKey.Operator.ReadBytes(word));
    }

    /// <summary>The status at a block's time, with the words that stand at the key's places in the lists.</summary>
    public ulong StatusUnder(in Hash32 measurement, in Hash32 configuration, ulong unixSeconds)
        => Status != Active ? Status
            : measurement == Hash32.Zero || configuration == Hash32.Zero ? Withdrawn
            : unixSeconds > NotAfter ? Expired
            : Active;
}
