using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Ledgers;

/// <summary>Says whom an event is about.</summary>
internal sealed class LedgerRouter(LedgerChain chain)
{
    /// <summary>The subjects that mirror what the event says, in no order; none for an event that says nothing to a grain.</summary>
    public IEnumerable<IntentSubject> SubjectsOf(LedgerEvent ledgerEvent) => Decode(ledgerEvent) switch
    {
        BatchRegistered e => [Subject(SubjectKind.Manufacturer, e.Manufacturer)],
        DeviceClaimed e => [Subject(SubjectKind.Device, e.DeviceId), Subject(SubjectKind.Owner, e.Owner)],
        DeviceTransferred e => new[]
        {
            Subject(SubjectKind.Device, e.DeviceId), Subject(SubjectKind.Owner, e.From), Subject(SubjectKind.Owner, e.To),
        }.Distinct(),
        DeviceFrozen e => [Subject(SubjectKind.Device, e.DeviceId)],
        DeviceUnfrozen e => [Subject(SubjectKind.Device, e.DeviceId)],
        DeviceRetired e => [Subject(SubjectKind.Device, e.DeviceId)],
        ConsentsEnded e => [Subject(SubjectKind.Device, e.DeviceId)],
        DeviceKeyRotated e => [Subject(SubjectKind.Device, e.DeviceId)],
        SecurityCounterRaised e => [Subject(SubjectKind.Device, e.DeviceId)],
        OwnerEpochBumped e => [Subject(SubjectKind.Owner, e.Owner)],
        RecoverySet e => [Subject(SubjectKind.Owner, e.Owner)],
        ConsentGranted e => [Subject(SubjectKind.Consent, e.ConsentId)],
        ConsentAccepted e => [Subject(SubjectKind.Consent, e.ConsentId)],
        ConsentRevoked e => [Subject(SubjectKind.Consent, e.ConsentId), Subject(SubjectKind.Owner, e.Owner)],
        GranteeRevoked e => [Subject(SubjectKind.Owner, e.Owner)],
        AllRevoked e => [Subject(SubjectKind.Owner, e.Owner)],
        PolicyPublished e => [Subject(SubjectKind.Policy, e.PolicyId)],
        PolicyDeprecated e => [Subject(SubjectKind.Policy, e.PolicyId)],
        _ => [],
    };

    /// <summary>What the event says became of an intent, or null.</summary>
    public RoutedOutcome? OutcomeOf(LedgerEvent ledgerEvent) => Decode(ledgerEvent) switch
    {
        IntentCarriedOut e => new(e.Digest.ToString(), new IntentOutcome(true, "", ledgerEvent.Position)),
        IntentFailed e => new(e.Digest.ToString(), new IntentOutcome(false, RegistryErrors.Describe(e.Reason.AsSpan()), ledgerEvent.Position)),
        _ => null,
    };

    private IntentSubject Subject(SubjectKind kind, object id) => new(kind, GrainKeys.Of(chain.ChainId, id.ToString()!));

    // The Relay's own events say nothing final, so only the registries are heard.
    private RegistryEvent? Decode(LedgerEvent ledgerEvent)
    {
        var contracts = chain.Contracts;
        var isOurs = Address.Parse(ledgerEvent.Contract) is var contract
            && (contract == contracts.DeviceRegistry || contract == contracts.ConsentRegistry || contract == contracts.PolicyRegistry);
        return isOurs && LedgerEvents.TryDecode(ledgerEvent, out var decoded) ? decoded : null;
    }
}
