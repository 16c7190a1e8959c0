using System.Numerics;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Devices;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;
using Pythia.Grains.Storage;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Consents;

/// <summary>Mirrors one consent and takes its grant, acceptance and revocation.</summary>
[GrainType("consent")]
public sealed class ConsentGrain([PersistentState("consent", GrainStorage.Name)] IPersistentState<ConsentState> consent, SubjectServices services)
    : SubjectGrain<ConsentState, ConsentRecord>(consent, services), IConsentGrain
{
    /// <summary>What its history says when its time has run out; no event of a contract.</summary>
    private const string ExpiredEvent = "ConsentExpired";

    protected override SubjectKind Kind => SubjectKind.Consent;

    /// <inheritdoc/>
    public async Task<ConsentView> GetAsync() => View(Record, await EndedByAsync(Record));

    protected override async Task<Refusal?> CheckRuleAsync(ReadAct act) => act.Act switch
    {
        GrantAct grant => Check(act, grant.ConsentId) ?? await CheckGrantAsync(act, grant),
        AcceptAct accept => Check(act, accept.ConsentId) ?? await CheckAcceptAsync(act, accept),
        RevokeAct revoke => await CheckRevokeAsync(act, revoke),
        _ => Refusal.WrongSubject($"{act.Name} found, Grant, Accept or Revoke expected"),
    };

    protected override ConsentRecord Apply(ConsentRecord record, RegistryEvent happened, LedgerPosition position) => happened switch
    {
        ConsentGranted e => record with
        {
            Status = (ConsentStatus)e.Status,
            Kind = (ConsentKind)e.Terms.Kind,
            DeviceId = e.Terms.DeviceId.ToString(),
            DeviceEpoch = e.DeviceEpoch,
            Owner = e.Owner.ToString(),
            Grantee = e.Terms.Grantee.ToString(),
            Scope = e.Terms.Scope.ToString(),
            NotBeforeUnixSeconds = e.Terms.NotBefore,
            NotAfterUnixSeconds = e.Terms.NotAfter,
            GrantEpoch = e.GrantEpoch,
            BondWei = e.Terms.BondWei.ToString(),
            Policy = e.Terms.PolicyId.ToString(),
            IsOver = false,
        },
        ConsentAccepted => record with { Status = ConsentStatus.Active },
        ConsentRevoked when record.Status is not ConsentStatus.None => record with { Status = ConsentStatus.Revoked },
        _ => record,
    };

    protected override (ConsentRecord Record, string Event)? ApplyTime(ConsentRecord record, ulong unixSeconds)
        => record is { Status: ConsentStatus.Offered or ConsentStatus.Active, IsOver: false } && unixSeconds > record.NotAfterUnixSeconds
            ? (record with { IsOver = true }, ExpiredEvent)
            : null;

    private async Task<Refusal?> CheckGrantAsync(ReadAct act, GrantAct grant)
    {
        var terms = new GrantTerms(
            grant.Terms.Grantee.ToString(),
            (ConsentKind)grant.Terms.Kind,
            grant.Terms.NotBefore,
            grant.Terms.NotAfter,
            grant.Terms.PolicyId.ToString(),
            grant.Epochs.GrantEpoch,
            grant.Epochs.DeviceEpoch,
            grant.Epochs.OwnerEpoch);
        var device = await Device(grant.Terms.DeviceId.ToString()).GetAsync();
        var owner = await Owner(act.Signer).GetAsync();
        var policy = grant.Terms.PolicyId.IsZero ? null : await GrainFactory.GetGrain<IPolicyGrain>(GrainKeys.Of(Chain.ChainId, terms.Policy)).GetAsync();
        return ConsentRules.CheckGrant(await GetAsync(), terms, act.Signer, device, owner, policy, act.Contract, NowUnixSeconds);
    }

    private async Task<Refusal?> CheckAcceptAsync(ReadAct act, AcceptAct accept)
    {
        var device = await Device(accept.DeviceId.ToString()).GetAsync();
        return ConsentRules.CheckAccept(await GetAsync(), act.Signer, accept.TermsHash.ToString(), TermsHash(Record), device, NowUnixSeconds);
    }

    // A revocation names no epoch: it ends the consent of the device's present one.
    private async Task<Refusal?> CheckRevokeAsync(ReadAct act, RevokeAct revoke)
    {
        var device = await Device(revoke.DeviceId.ToString()).GetAsync();
        var present = RegistryIds.ConsentId(revoke.DeviceId, device.Epoch, revoke.Grantee, revoke.Scope);
        return Check(act, present) ?? ConsentRules.CheckRevoke(act.Signer, device);
    }

    private Refusal? Check(ReadAct act, Hash32 consentId) => consentId.ToString() == Id ? null : NotHere(act, $"consent {consentId}", Id);

    /// <summary>What ended it, by the mirrored state of those who can: nothing is written for it.</summary>
    private async Task<string> EndedByAsync(ConsentRecord record)
    {
        if (record.Status is ConsentStatus.None)
        {
            return "";
        }

        if (record.Status is ConsentStatus.Revoked)
        {
            return "revocation";
        }

        if ((await Device(record.DeviceId!).GetAsync()).Epoch != record.DeviceEpoch)
        {
            return "device epoch";
        }

        return record.GrantEpoch < await Owner(record.Owner!).GetGranteeFloorAsync(record.Grantee!) ? "grantee revocation"
            : record.IsOver ? "time"
            : "";
    }

    private static string TermsHash(ConsentRecord record)
    {
        if (record.Status is ConsentStatus.None)
        {
            return "";
        }

        var terms = new ConsentTerms(
            Hash32.Parse(record.DeviceId!),
            Address.Parse(record.Grantee!),
            Hash32.Parse(record.Scope!),
            (Contracts.Registries.ConsentKind)record.Kind,
            record.NotBeforeUnixSeconds,
            record.NotAfterUnixSeconds,
            BigInteger.Parse(record.BondWei),
            Hash32.Parse(record.Policy!));
        var id = RegistryIds.ConsentId(terms.DeviceId, record.DeviceEpoch, terms.Grantee, terms.Scope);
        return RegistryIds.TermsHash(id, terms, record.GrantEpoch).ToString();
    }

    private ConsentView View(ConsentRecord s, string endedBy) => new(
        Id,
        s.Status,
        s.Kind,
        s.DeviceId,
        s.DeviceEpoch,
        s.Owner,
        s.Grantee,
        s.Scope,
        s.NotBeforeUnixSeconds,
        s.NotAfterUnixSeconds,
        s.Policy,
        s.BondWei,
        endedBy,
        s.Position,
        State.Outbox.Length,
        s.GrantEpoch);

    private IDeviceGrain Device(string deviceId) => GrainFactory.GetGrain<IDeviceGrain>(GrainKeys.Of(Chain.ChainId, deviceId));

    private IOwnerGrain Owner(string owner) => GrainFactory.GetGrain<IOwnerGrain>(GrainKeys.Of(Chain.ChainId, owner));
}
