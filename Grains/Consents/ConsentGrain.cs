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
    : SubjectGrain<ConsentState>(consent, services), IConsentGrain
{
    protected override SubjectKind Kind => SubjectKind.Consent;

    /// <inheritdoc/>
    public async Task<ConsentView> GetAsync() => View(State, await EndedByAsync(State));

    protected override async Task<Refusal?> CheckRuleAsync(ReadAct act) => act.Act switch
    {
        GrantAct grant => Check(act, grant.ConsentId) ?? await CheckGrantAsync(act, grant),
        AcceptAct accept => Check(act, accept.ConsentId) ?? await CheckAcceptAsync(act, accept),
        RevokeAct revoke => await CheckRevokeAsync(act, revoke),
        _ => Refusal.WrongSubject($"{act.Name} found, Grant, Accept or Revoke expected"),
    };

    protected override ConsentState Apply(ConsentState state, RegistryEvent happened, LedgerPosition position) => happened switch
    {
        ConsentGranted e => state with
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
        },
        ConsentAccepted => state with { Status = ConsentStatus.Active },
        ConsentRevoked when state.Status is not ConsentStatus.None => state with { Status = ConsentStatus.Revoked },
        _ => state,
    };

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
        return ConsentRules.CheckAccept(await GetAsync(), act.Signer, accept.TermsHash.ToString(), TermsHash(State), device, NowUnixSeconds);
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
    private async Task<string> EndedByAsync(ConsentState state)
    {
        if (state.Status is ConsentStatus.None)
        {
            return "";
        }

        if (state.Status is ConsentStatus.Revoked)
        {
            return "revocation";
        }

        if ((await Device(state.DeviceId!).GetAsync()).Epoch != state.DeviceEpoch)
        {
            return "device epoch";
        }

        return state.GrantEpoch < await Owner(state.Owner!).GetGranteeFloorAsync(state.Grantee!) ? "grantee revocation" : "";
    }

    private static string TermsHash(ConsentState state)
    {
        if (state.Status is ConsentStatus.None)
        {
            return "";
        }

        var terms = new ConsentTerms(
            Hash32.Parse(state.DeviceId!),
            Address.Parse(state.Grantee!),
            Hash32.Parse(state.Scope!),
            (Contracts.Registries.ConsentKind)state.Kind,
            state.NotBeforeUnixSeconds,
            state.NotAfterUnixSeconds,
            BigInteger.Parse(state.BondWei),
            Hash32.Parse(state.Policy!));
        var id = RegistryIds.ConsentId(terms.DeviceId, state.DeviceEpoch, terms.Grantee, terms.Scope);
        return RegistryIds.TermsHash(id, terms, state.GrantEpoch).ToString();
    }

    private ConsentView View(ConsentState s, string endedBy) => new(
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
        s.Outbox.Length,
        s.GrantEpoch);

    private IDeviceGrain Device(string deviceId) => GrainFactory.GetGrain<IDeviceGrain>(GrainKeys.Of(Chain.ChainId, deviceId));

    private IOwnerGrain Owner(string owner) => GrainFactory.GetGrain<IOwnerGrain>(GrainKeys.Of(Chain.ChainId, owner));
}
