using System.Collections.Immutable;
using System.Numerics;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Devices;
using Pythia.Tests.Support;
using ConsentStatus = Pythia.Contracts.Registries.ConsentStatus;

namespace Pythia.Tests.Schedules;

/// <summary>What the registries hold at one block. A new value for each change, so that a block that leaves the chain takes its changes along.</summary>
public sealed record ContractState
{
    public static ContractState Empty { get; } = new();

    public ImmutableDictionary<Hash32, OnChainDevice> Devices { get; init; } = ImmutableDictionary<Hash32, OnChainDevice>.Empty;

    /// <summary>Root and count, in the order of their registration.</summary>
    public ImmutableList<(Address Manufacturer, Hash32 Root, uint Count)> Batches { get; init; } = [];

    public ImmutableDictionary<Address, OnChainOwner> Owners { get; init; } = ImmutableDictionary<Address, OnChainOwner>.Empty;

    public ImmutableDictionary<Hash32, OnChainConsent> Consents { get; init; } = ImmutableDictionary<Hash32, OnChainConsent>.Empty;

    public ImmutableDictionary<Hash32, OnChainPolicy> Policies { get; init; } = ImmutableDictionary<Hash32, OnChainPolicy>.Empty;

    /// <summary>The next sequence of each keyed nonce.</summary>
    public ImmutableDictionary<(RegistryKind Registry, Address Signer, BigInteger Key), ulong> Sequences { get; init; }
        = ImmutableDictionary<(RegistryKind Registry, Address Signer, BigInteger Key), ulong>.Empty;

    /// <summary>Nonces of the accounts that send transactions.</summary>
    public ImmutableDictionary<Address, ulong> Accounts { get; init; } = ImmutableDictionary<Address, ulong>.Empty;

    public OnChainOwner Owner(Address owner) => Owners.GetValueOrDefault(owner, OnChainOwner.New);

    public OnChainDevice? Device(Hash32 id) => Devices.GetValueOrDefault(id);

    public ContractState With(Hash32 id, OnChainDevice device) => this with { Devices = Devices.SetItem(id, device) };

    public ContractState With(Address id, OnChainOwner owner) => this with { Owners = Owners.SetItem(id, owner) };

    public ContractState With(Hash32 id, OnChainConsent consent) => this with { Consents = Consents.SetItem(id, consent) };
}

public sealed record OnChainDevice(Address Owner, DeviceStatus Status, ulong Epoch, ClaimEvidence Evidence);

public sealed record OnChainOwner(uint OwnerEpoch, ulong GrantEpoch, ImmutableDictionary<Address, ulong> Floors, ImmutableHashSet<Address> Listed)
{
    public static OnChainOwner New { get; } = new(0, 0, ImmutableDictionary<Address, ulong>.Empty, []);
}

public sealed record OnChainConsent(ConsentStatus Status, ConsentTerms Terms, ulong DeviceEpoch, ulong GrantEpoch, Address Owner);

public sealed record OnChainPolicy(Address Publisher, bool IsDeprecated);

/// <summary>What the registries do with an act: the rules of the Solidity sources that the schedules reach, as a function of the state
/// before it. Signatures are taken as checked.</summary>
public sealed class ContractModel(ModelRegistries contracts, ulong chainId)
{
    private static readonly byte[] Refused = RegistryAbi.PolicyRegistry.Errors.Single(e => e.Name == "PolicyExists").Encode(default(Hash32), Address.Zero);

    /// <summary>The signed form. Null if the call reverts and nothing was changed: too late, or not the nonce's turn.</summary>
    public Outcome? CarryOut(ContractState state, SignedAct act, ulong blockUnixSeconds)
    {
        var (key, sequence) = KeyedNonce.Split(act.Nonce);
        var lane = (act.Registry, act.Signer, key);
        if (act.DeadlineUnixSeconds < blockUnixSeconds || state.Sequences.GetValueOrDefault(lane) != sequence)
        {
            return null;
        }

        var digest = act.Digest(chainId);
        var used = state with { Sequences = state.Sequences.SetItem(lane, sequence + 1) };
        return Act(used, act, blockUnixSeconds) is { } done
            ? new Outcome(done.State, [.. done.Logs, Log(act.Registry, "IntentCarriedOut", digest, act.Signer)])
            : new Outcome(used, [Log(act.Registry, "IntentFailed", digest, act.Signer, Refused)]);
    }

    /// <summary>The direct form, called by the signer: no nonce, no outcome event. Null if it reverts.</summary>
    public Outcome? CallDirectly(ContractState state, SignedAct act, ulong blockUnixSeconds) => Act(state, act, blockUnixSeconds);

    /// <summary>The signer gives a nonce up. Null if it is not the nonce's turn.</summary>
    public Outcome? Cancel(ContractState state, SignedAct act)
    {
        var (key, sequence) = KeyedNonce.Split(act.Nonce);
        var lane = (act.Registry, act.Signer, key);
        return state.Sequences.GetValueOrDefault(lane) != sequence ? null : new Outcome(
            state with { Sequences = state.Sequences.SetItem(lane, sequence + 1) },
            [Log(act.Registry, "IntentCancelled", act.Signer, act.Nonce)]);
    }

    private Outcome? Act(ContractState s, SignedAct act, ulong now) => act switch
    {
        RegisterBatchAct a => s.Batches.Any(b => b.Manufacturer == a.Signer && b.Root == a.Root) ? null : new Outcome(
            s with { Batches = s.Batches.Add((a.Signer, a.Root, a.Count)) }, [Device("BatchRegistered", a.Signer, a.Root, a.Count, a.Uri)]),
        ClaimAct a => Claim(s, a),
        TransferAct a => Transfer(s, a),
        FreezeAct a => Owned(s, a.DeviceId, a.Signer) is { Status: DeviceStatus.Active } d
            ? Bump(s.With(a.DeviceId, d with { Status = DeviceStatus.Frozen }), a.Signer, Device("DeviceFrozen", a.DeviceId, a.Signer)) : null,
        UnfreezeAct a => Owned(s, a.DeviceId, a.Signer) is { Status: DeviceStatus.Frozen } d && d.Epoch == a.DeviceEpoch && s.Owner(a.Signer).OwnerEpoch == a.OwnerEpoch
            ? new Outcome(s.With(a.DeviceId, d with { Status = DeviceStatus.Active }), [Device("DeviceUnfrozen", a.DeviceId, a.Signer)]) : null,
        RetireAct a => Owned(s, a.DeviceId, a.Signer) is { Status: not DeviceStatus.Retired } d && d.Epoch == a.DeviceEpoch
            ? new Outcome(s.With(a.DeviceId, d with { Status = DeviceStatus.Retired }), [Device("DeviceRetired", a.DeviceId, a.Signer)]) : null,
        EndConsentsAct a => Owned(s, a.DeviceId, a.Signer) is { } d
            ? Bump(s.With(a.DeviceId, d with { Epoch = d.Epoch + 1 }), a.Signer, Device("ConsentsEnded", a.DeviceId, a.Signer, d.Epoch + 1)) : null,
        GrantAct a => Grant(s, a, now),
        AcceptAct a => Accept(s, a, now),
        RevokeAct a => Revoke(s, a),
        RevokeGranteeAct a => RevokeGrantees(s, a.Signer, [a.Grantee], all: false),
        RevokeAllAct a => RevokeGrantees(s, a.Signer, [.. s.Owner(a.Signer).Listed.OrderBy(g => g.ToString(), StringComparer.Ordinal).Take((int)a.Max)], all: true),
        PublishAct a => s.Policies.ContainsKey(a.PolicyId) ? null : new Outcome(
            s with { Policies = s.Policies.Add(a.PolicyId, new OnChainPolicy(a.Signer, false)) },
            [Log(RegistryKind.PolicyRegistry, "PolicyPublished", a.PolicyId, a.Signer, a.Content.ToArray())]),
        DeprecateAct a => s.Policies.GetValueOrDefault(a.PolicyId) is { IsDeprecated: false } p && p.Publisher == a.Signer
            ? new Outcome(
                s with { Policies = s.Policies.SetItem(a.PolicyId, p with { IsDeprecated = true }) },
                [Log(RegistryKind.PolicyRegistry, "PolicyDeprecated", a.PolicyId, a.Signer)])
            : null,
        _ => throw new NotSupportedException(act.PrimaryType),
    };

    private Outcome? Claim(ContractState s, ClaimAct a)
    {
        var e = a.Evidence;
        return s.Device(a.DeviceId) is not null || !s.Batches.Any(b => b.Manufacturer == e.Manufacturer && b.Root == e.Root) ? null : new Outcome(
            s.With(a.DeviceId, new OnChainDevice(a.Signer, DeviceStatus.Active, 1, e)),
            [Device("DeviceClaimed", a.DeviceId, a.Signer, e.Manufacturer, e.KeyX, e.KeyY, e.ModelId, e.Root)]);
    }

    private Outcome? Transfer(ContractState s, TransferAct a)
        => Owned(s, a.DeviceId, a.Signer) is { Status: DeviceStatus.Active } d && d.Epoch == a.DeviceEpoch && s.Owner(a.Signer).OwnerEpoch == a.OwnerEpoch
            ? new Outcome(
                s.With(a.DeviceId, d with { Owner = a.To, Epoch = d.Epoch + 1 }), [Device("DeviceTransferred", a.DeviceId, a.Signer, a.To, d.Epoch + 1)])
            : null;

    private Outcome? Grant(ContractState s, GrantAct a, ulong now)
    {
        var (t, owner) = (a.Terms, s.Owner(a.Signer));
        var isTimely = t.NotAfter >= t.NotBefore && t.NotAfter >= now;
        if (Owned(s, t.DeviceId, a.Signer) is not { Status: DeviceStatus.Active } device
            || a.Epochs != new GrantEpochs(owner.GrantEpoch, device.Epoch, owner.OwnerEpoch)
            || !isTimely
            || (!(t.Kind is ConsentKind.Command && t.PolicyId.IsZero) && s.Policies.GetValueOrDefault(t.PolicyId) is not { IsDeprecated: false })
            || (s.Consents.GetValueOrDefault(a.ConsentId) is { } found && Lives(s, found, now)))
        {
            return null;
        }

        var status = t is { Kind: ConsentKind.Command, BondWei.IsZero: true } ? ConsentStatus.Active : ConsentStatus.Offered;
        var granted = s.With(a.ConsentId, new OnChainConsent(status, t, device.Epoch, owner.GrantEpoch, a.Signer))
            .With(a.Signer, owner with { Listed = owner.Listed.Add(t.Grantee) });
        return new Outcome(granted, [Consent(
            "ConsentGranted", a.ConsentId, a.Signer, t.Grantee, t.DeviceId, device.Epoch, t.Scope, (int)status, (int)t.Kind, t.NotBefore, t.NotAfter,
            owner.GrantEpoch, t.BondWei, t.PolicyId)]);
    }

    private Outcome? Accept(ContractState s, AcceptAct a, ulong now)
    {
        if (s.Consents.GetValueOrDefault(a.ConsentId) is not { Status: ConsentStatus.Offered } found
            || s.Device(a.DeviceId) is not { Status: DeviceStatus.Active } device
            || device.Epoch != found.DeviceEpoch
            || !Lives(s, found, now)
            || a.TermsHash != RegistryIds.TermsHash(a.ConsentId, found.Terms, found.GrantEpoch))
        {
            return null;
        }

        return new Outcome(
            s.With(a.ConsentId, found with { Status = ConsentStatus.Active }), [Consent("ConsentAccepted", a.ConsentId, a.Signer, a.TermsHash, BigInteger.Zero)]);
    }

    private Outcome? Revoke(ContractState s, RevokeAct a)
    {
        if (Owned(s, a.DeviceId, a.Signer) is not { } device)
        {
            return null;
        }

        var id = RegistryIds.ConsentId(a.DeviceId, device.Epoch, a.Grantee, a.Scope);
        var owner = s.Owner(a.Signer);
        var next = s.With(a.Signer, owner with { GrantEpoch = owner.GrantEpoch + 1 });
        next = next.Consents.GetValueOrDefault(id) is { } found ? next.With(id, found with { Status = ConsentStatus.Revoked }) : next;
        return new Outcome(next, [Consent("ConsentRevoked", id, a.Signer, a.Grantee, a.DeviceId, a.Scope, owner.GrantEpoch + 1)]);
    }

    private Outcome RevokeGrantees(ContractState s, Address signer, ImmutableArray<Address> grantees, bool all)
    {
        var owner = s.Owner(signer);
        var epoch = owner.GrantEpoch + 1;
        var next = owner with
        {
            GrantEpoch = epoch,
            Floors = owner.Floors.SetItems(grantees.Select(g => KeyValuePair.Create(g, epoch))),
            Listed = all ? owner.Listed.Except(grantees) : owner.Listed,
        };
        var logs = grantees.Select(g => Consent("GranteeRevoked", signer, g, epoch));
        return new Outcome(
            s.With(signer, next), [.. all ? logs.Append(Consent("AllRevoked", signer, epoch, (uint)next.Listed.Count)) : logs]);
    }

    private Outcome Bump(ContractState s, Address signer, ModelLog log)
    {
        var owner = s.Owner(signer);
        return new Outcome(
            s.With(signer, owner with { OwnerEpoch = owner.OwnerEpoch + 1 }), [Device("OwnerEpochBumped", signer, owner.OwnerEpoch + 1), log]);
    }

    private static bool Lives(ContractState s, OnChainConsent found, ulong now)
        => found.Status is not ConsentStatus.Revoked
            && found.GrantEpoch >= s.Owner(found.Owner).Floors.GetValueOrDefault(found.Terms.Grantee)
            && now <= found.Terms.NotAfter;

    private static OnChainDevice? Owned(ContractState s, Hash32 device, Address signer) => s.Device(device) is { } d && d.Owner == signer ? d : null;

    private ModelLog Log(RegistryKind registry, string name, params object?[] values) => contracts.Log(registry, name, values);

    private ModelLog Device(string name, params object?[] values) => Log(RegistryKind.DeviceRegistry, name, values);

    private ModelLog Consent(string name, params object?[] values) => Log(RegistryKind.ConsentRegistry, name, values);
}

/// <summary>A call that did not revert.</summary>
public sealed record Outcome(ContractState State, ImmutableArray<ModelLog> Logs);
