using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;

namespace Pythia.Grains.Ledgers;

/// <summary>Says whom an event is about. Ids are without the chain.</summary>
internal sealed class LedgerRouter(LedgerChain chain)
{
    /// <summary>What an event of ours says; null for one that is none of ours, or emitted by a stranger's contract.</summary>
    /// <remarks>The Relay's own events say nothing final, so only the registries are heard.</remarks>
    public RegistryEvent? Read(LedgerEvent ledgerEvent)
    {
        var contracts = chain.Contracts;
        var isOurs = Address.Parse(ledgerEvent.Contract) is var contract
            && (contract == contracts.DeviceRegistry || contract == contracts.ConsentRegistry || contract == contracts.PolicyRegistry
                || contract == contracts.PythiaRegistry);
        return isOurs && LedgerEvents.TryDecode(ledgerEvent, out var decoded) ? decoded : null;
    }

    /// <summary>The grains that mirror what the event says, in no order; none for an event that says nothing to a grain.</summary>
    public static IEnumerable<(SubjectKind Kind, string Id)> SubjectsOf(RegistryEvent happened) => happened switch
    {
        BatchRegistered e => [(SubjectKind.Manufacturer, $"{e.Manufacturer}"), (SubjectKind.Batch, $"{e.Manufacturer}/{e.Root}")],
        DeviceClaimed e => [(SubjectKind.Device, $"{e.DeviceId}"), (SubjectKind.Owner, $"{e.Owner}")],
        DeviceTransferred e => new[]
        {
            (SubjectKind.Device, $"{e.DeviceId}"), (SubjectKind.Owner, $"{e.From}"), (SubjectKind.Owner, $"{e.To}"),
        }.Distinct(),
        DeviceFrozen e => [(SubjectKind.Device, $"{e.DeviceId}")],
        DeviceUnfrozen e => [(SubjectKind.Device, $"{e.DeviceId}")],
        DeviceRetired e => [(SubjectKind.Device, $"{e.DeviceId}")],
        ConsentsEnded e => [(SubjectKind.Device, $"{e.DeviceId}")],
        DeviceKeyRotated e => [(SubjectKind.Device, $"{e.DeviceId}")],
        SecurityCounterRaised e => [(SubjectKind.Device, $"{e.DeviceId}")],
        OwnerEpochBumped e => [(SubjectKind.Owner, $"{e.Owner}")],
        RecoverySet e => [(SubjectKind.Owner, $"{e.Owner}")],
        RecoveryStarted e => [(SubjectKind.Owner, $"{e.Owner}")],
        RecoveryCancelled e => [(SubjectKind.Owner, $"{e.Owner}")],
        ConsentGranted e => [(SubjectKind.Consent, $"{e.ConsentId}")],
        ConsentAccepted e => [(SubjectKind.Consent, $"{e.ConsentId}")],
        ConsentRevoked e => [(SubjectKind.Consent, $"{e.ConsentId}"), (SubjectKind.Owner, $"{e.Owner}")],
        BondReleaseStarted e => [(SubjectKind.Consent, $"{e.ConsentId}")],
        BondReleased e => [(SubjectKind.Consent, $"{e.ConsentId}")],
        GranteeRevoked e => [(SubjectKind.Owner, $"{e.Owner}"), (SubjectKind.Grantee, $"{e.Owner}/{e.Grantee}")],
        AllRevoked e => [(SubjectKind.Owner, $"{e.Owner}")],
        PolicyPublished e => [(SubjectKind.Policy, $"{e.PolicyId}")],
        PolicyDeprecated e => [(SubjectKind.Policy, $"{e.PolicyId}")],
        MeasurementEndorsed or MeasurementWithdrawn or ConfigurationEndorsed or ConfigurationWithdrawn or EndorsersChanged
            => [(SubjectKind.PythiaRegistry, ChainGrains.Only)],
        KeyRegistered e => [(SubjectKind.EnclaveKey, $"{e.KeyId}")],
        KeyRevoked e => [(SubjectKind.EnclaveKey, $"{e.KeyId}")],
        KeyFaulted e => [(SubjectKind.EnclaveKey, $"{e.KeyId}")],
        _ => [],
    };

    /// <summary>Entries of lists that may have come or gone by the event.</summary>
    public static IEnumerable<(string Address, OwnerIndexKind Kind, string Id)> ListsOf(RegistryEvent happened) => happened switch
    {
        BatchRegistered e => [($"{e.Manufacturer}", OwnerIndexKind.Batches, $"{e.Root}")],
        DeviceClaimed e => [($"{e.Owner}", OwnerIndexKind.Devices, $"{e.DeviceId}")],
        DeviceTransferred e =>
        [
            ($"{e.From}", OwnerIndexKind.Devices, $"{e.DeviceId}"),
            ($"{e.To}", OwnerIndexKind.Devices, $"{e.DeviceId}"),
        ],
        ConsentGranted e =>
        [
            ($"{e.Owner}", OwnerIndexKind.Consents, $"{e.ConsentId}"),
            ($"{e.Terms.Grantee}", OwnerIndexKind.Granted, $"{e.ConsentId}"),
        ],
        _ => [],
    };

    /// <summary>What the event says became of an intent, or null.</summary>
    public static RoutedOutcome? OutcomeOf(RegistryEvent happened, LedgerPosition position, LedgerBranch branch) => happened switch
    {
        IntentCarriedOut e => new($"{e.Digest}", new IntentOutcome(true, "", position, branch)),
        IntentFailed e => new($"{e.Digest}", new IntentOutcome(false, RegistryErrors.Describe(e.Reason.AsSpan()), position, branch)),
        _ => null,
    };
}

/// <summary>What the chain says became of an intent.</summary>
internal sealed record RoutedOutcome(string Digest, IntentOutcome Outcome);
