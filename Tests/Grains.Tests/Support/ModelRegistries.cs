using Pythia.Contracts.Abi;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;

namespace Pythia.Tests.Support;

/// <summary>What our registries emit for an act, on the model chain: enough of their rules to keep counters. The real contracts are in the
/// tests against anvil.</summary>
public sealed class ModelRegistries(LedgerContracts contracts)
{
    private readonly Dictionary<Hash32, ulong> _deviceEpochs = [];
    private readonly Dictionary<Address, uint> _ownerEpochs = [];
    private readonly Dictionary<Address, ulong> _grantEpochs = [];

    /// <summary>Digests of acts that the contract shall refuse, with the error's name.</summary>
    public Dictionary<Hash32, byte[]> Refuses { get; } = [];

    public IReadOnlyList<ModelLog> CarryOut(SignedAct act, ulong chainId)
    {
        var digest = act.Digest(chainId);
        var registry = act.Registry;
        return Refuses.TryGetValue(digest, out var reason)
            ? [Log(registry, "IntentFailed", digest, act.Signer, reason)]
            : [.. EventsOf(act), Log(registry, "IntentCarriedOut", digest, act.Signer)];
    }

    /// <summary>The same when the signer calls the contract itself: no outcome event.</summary>
    public IReadOnlyList<ModelLog> EventsOf(SignedAct act) => act switch
    {
        RegisterBatchAct a => [Device("BatchRegistered", a.Signer, a.Root, a.Count, a.Uri)],
        ClaimAct a => Claimed(a),
        TransferAct a => [Device("DeviceTransferred", a.DeviceId, a.Signer, a.To, ++_deviceEpochs[a.DeviceId])],
        FreezeAct a => [Bumped(a.Signer), Device("DeviceFrozen", a.DeviceId, a.Signer)],
        UnfreezeAct a => [Device("DeviceUnfrozen", a.DeviceId, a.Signer)],
        RetireAct a => [Device("DeviceRetired", a.DeviceId, a.Signer)],
        EndConsentsAct a => [Bumped(a.Signer), Device("ConsentsEnded", a.DeviceId, a.Signer, ++_deviceEpochs[a.DeviceId])],
        GrantAct a => [Granted(a)],
        AcceptAct a => [Consent("ConsentAccepted", a.ConsentId, a.Signer, a.TermsHash, 0)],
        RevokeAct a => [Consent("ConsentRevoked", ConsentId(a), a.Signer, a.Grantee, a.DeviceId, a.Scope, NextGrantEpoch(a.Signer))],
        RevokeGranteeAct a => [Consent("GranteeRevoked", a.Signer, a.Grantee, NextGrantEpoch(a.Signer))],
        RevokeAllAct a => [Consent("AllRevoked", a.Signer, NextGrantEpoch(a.Signer), 0)],
        PublishAct a => [Policy("PolicyPublished", a.PolicyId, a.Signer, a.Content.ToArray())],
        DeprecateAct a => [Policy("PolicyDeprecated", a.PolicyId, a.Signer)],
        _ => throw new NotSupportedException(act.PrimaryType),
    };

    public ModelLog Log(RegistryKind registry, string name, params object?[] values)
    {
        var abi = registry switch
        {
            RegistryKind.DeviceRegistry => RegistryAbi.DeviceRegistry,
            RegistryKind.ConsentRegistry => RegistryAbi.ConsentRegistry,
            _ => RegistryAbi.PolicyRegistry,
        };
        var address = registry switch
        {
            RegistryKind.DeviceRegistry => contracts.DeviceRegistry,
            RegistryKind.ConsentRegistry => contracts.ConsentRegistry,
            _ => contracts.PolicyRegistry,
        };
        return LogOf(abi, address, registry.ToString(), name, values);
    }

    /// <summary>An event of PythiaRegistry.</summary>
    public ModelLog Pythia(string name, params object?[] values) => LogOf(RegistryAbi.PythiaRegistry, contracts.PythiaRegistry, "PythiaRegistry", name, values);

    private static ModelLog LogOf(ContractAbi abi, Address address, string contract, string name, object?[] values)
    {
        var form = abi.Events.Single(e => e.Name == name);
        var indexed = form.Parameters.Select((p, i) => (Parameter: p, Value: values[i])).ToArray();
        Hash32[] topics = [form.Topic, .. indexed.Where(p => p.Parameter.Indexed).Select(p => AbiEvent.TopicOf(p.Parameter.Type, p.Value!))];
        var rest = indexed.Where(p => !p.Parameter.Indexed).ToArray();
        var data = AbiCodec.Encode([.. rest.Select(p => p.Parameter)], rest.Select(p => p.Value).ToArray());
        return new ModelLog(contract, address, topics, data);
    }

    private IReadOnlyList<ModelLog> Claimed(ClaimAct a)
    {
        _deviceEpochs[a.DeviceId] = 1;
        var e = a.Evidence;
        return [Device("DeviceClaimed", a.DeviceId, a.Signer, e.Manufacturer, e.KeyX, e.KeyY, e.ModelId, e.Root)];
    }

    private ModelLog Granted(GrantAct a)
    {
        var status = a.Terms is { Kind: ConsentKind.Command, BondWei.IsZero: true } ? ConsentStatus.Active : ConsentStatus.Offered;
        var t = a.Terms;
        return Consent(
            "ConsentGranted", a.ConsentId, a.Signer, t.Grantee, t.DeviceId, a.Epochs.DeviceEpoch, t.Scope, (int)status, (int)t.Kind,
            t.NotBefore, t.NotAfter, a.Epochs.GrantEpoch, t.BondWei, t.PolicyId);
    }

    private Hash32 ConsentId(RevokeAct a) => RegistryIds.ConsentId(a.DeviceId, _deviceEpochs[a.DeviceId], a.Grantee, a.Scope);

    private ulong NextGrantEpoch(Address owner) => _grantEpochs[owner] = _grantEpochs.GetValueOrDefault(owner) + 1;

    private ModelLog Bumped(Address owner)
        => Device("OwnerEpochBumped", owner, _ownerEpochs[owner] = _ownerEpochs.GetValueOrDefault(owner) + 1);

    private ModelLog Device(string name, params object?[] values) => Log(RegistryKind.DeviceRegistry, name, values);

    private ModelLog Consent(string name, params object?[] values) => Log(RegistryKind.ConsentRegistry, name, values);

    private ModelLog Policy(string name, params object?[] values) => Log(RegistryKind.PolicyRegistry, name, values);
}
