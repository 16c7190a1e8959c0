using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Grains.Storage;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Devices;

/// <summary>Mirrors one device and takes the signed acts on it.</summary>
[GrainType("device")]
public sealed class DeviceGrain([PersistentState("device", GrainStorage.Name)] IPersistentState<DeviceState> device, SubjectServices services)
    : SubjectGrain<DeviceState>(device, services), IDeviceGrain
{
    protected override SubjectKind Kind => SubjectKind.Device;

    /// <inheritdoc/>
    public Task<DeviceView> GetAsync()
    {
        var s = State;
        return Task.FromResult(new DeviceView(
            Id, s.Status, s.Owner, s.Manufacturer, s.ModelId, s.Epoch, s.PublicKey, s.Position, s.Outbox.Length));
    }

    protected override async Task<Refusal?> CheckRuleAsync(ReadAct act) => act.Act switch
    {
        ClaimAct claim => Check(act, claim.DeviceId) ?? await CheckClaimAsync(claim),
        TransferAct transfer => Check(act, transfer.DeviceId) ?? DeviceRules.CheckTransfer(
            State, act.Contract, act.Signer, transfer.To.ToString(), transfer.DeviceEpoch, transfer.OwnerEpoch, await OwnerEpochAsync()),
        FreezeAct freeze => Check(act, freeze.DeviceId) ?? DeviceRules.CheckFreeze(State, act.Signer),
        UnfreezeAct unfreeze => Check(act, unfreeze.DeviceId) ?? DeviceRules.CheckUnfreeze(
            State, act.Signer, unfreeze.DeviceEpoch, unfreeze.OwnerEpoch, await OwnerEpochAsync()),
        RetireAct retire => Check(act, retire.DeviceId) ?? DeviceRules.CheckRetire(State, act.Signer, retire.DeviceEpoch),
        EndConsentsAct end => Check(act, end.DeviceId) ?? DeviceRules.CheckEndConsents(State, act.Signer),
        RotateKeyAct rotate => Check(act, rotate.DeviceId) ?? DeviceRules.CheckRotateKey(State, act.Signer),
        _ => Refusal.WrongSubject($"{act.Name} found, an act on a device expected"),
    };

    protected override DeviceState Apply(DeviceState state, RegistryEvent happened, LedgerPosition position) => happened switch
    {
        DeviceClaimed e => state with
        {
            Status = DeviceStatus.Active,
            Owner = e.Owner.ToString(),
            Manufacturer = e.Manufacturer.ToString(),
            ModelId = e.ModelId.ToString(),
            Epoch = 1,
            PublicKey = PublicKeyOf(e.KeyX, e.KeyY),
        },
        DeviceTransferred e => state with { Owner = e.To.ToString(), Epoch = e.Epoch },
        DeviceFrozen => state with { Status = DeviceStatus.Frozen },
        DeviceUnfrozen => state with { Status = DeviceStatus.Active },
        DeviceRetired => state with { Status = DeviceStatus.Retired },
        ConsentsEnded e => state with { Epoch = e.Epoch },
        DeviceKeyRotated e => state with { PublicKey = PublicKeyOf(e.KeyX, e.KeyY) },
        SecurityCounterRaised e => state with { SecurityCounter = e.SecurityCounter },
        _ => state,
    };

    private static string PublicKeyOf(Hash32 x, Hash32 y) => Hex.Format([.. x.ToArray(), .. y.ToArray()]);

    private Refusal? Check(ReadAct act, Hash32 deviceId) => deviceId.ToString() == Id ? null : NotHere(act, $"device {deviceId}", Id);

    private async Task<Refusal?> CheckClaimAsync(ClaimAct claim)
    {
        var refusal = DeviceRules.CheckClaim(State) ?? ClaimRules.CheckEvidence(Chain.ChainId, Chain.Contracts.DeviceRegistry, claim.Signer, claim.Evidence);
        if (refusal is not null)
        {
            return refusal;
        }

        var manufacturer = claim.Evidence.Manufacturer.ToString();
        var root = claim.Evidence.Root.ToString();
        var known = await GrainFactory.GetGrain<IManufacturerGrain>(GrainKeys.Of(Chain.ChainId, manufacturer)).GetAsync();
        return known.Batches.Any(b => b.Root == root)
            ? null
            : Refusal.WrongState($"batch {root} of manufacturer {manufacturer} is not registered, as far as the follower has come");
    }

    private async Task<ulong> OwnerEpochAsync()
        => State.Owner is { } owner ? (await GrainFactory.GetGrain<IOwnerGrain>(GrainKeys.Of(Chain.ChainId, owner)).GetAsync()).OwnerEpoch : 0;
}
