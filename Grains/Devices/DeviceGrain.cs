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
    : SubjectGrain<DeviceState, DeviceRecord>(device, services), IDeviceGrain
{
    protected override SubjectKind Kind => SubjectKind.Device;

    /// <inheritdoc/>
    public Task<DeviceView> GetAsync()
    {
        var s = Record;
        return Task.FromResult(new DeviceView(
            Id, s.Status, s.Owner, s.Manufacturer, s.ModelId, s.Epoch, s.PublicKey, s.Position, State.Outbox.Length));
    }

    protected override async Task<Refusal?> CheckRuleAsync(ReadAct act) => act.Act switch
    {
        ClaimAct claim => Check(act, claim.DeviceId) ?? await CheckClaimAsync(claim),
        TransferAct transfer => Check(act, transfer.DeviceId) ?? DeviceRules.CheckTransfer(
            Record, act.Contract, act.Signer, transfer.To.ToString(), transfer.DeviceEpoch, transfer.OwnerEpoch, await OwnerEpochAsync()),
        FreezeAct freeze => Check(act, freeze.DeviceId) ?? DeviceRules.CheckFreeze(Record, act.Signer),
        UnfreezeAct unfreeze => Check(act, unfreeze.DeviceId) ?? DeviceRules.CheckUnfreeze(
            Record, act.Signer, unfreeze.DeviceEpoch, unfreeze.OwnerEpoch, await OwnerEpochAsync()),
        RetireAct retire => Check(act, retire.DeviceId) ?? DeviceRules.CheckRetire(Record, act.Signer, retire.DeviceEpoch),
        EndConsentsAct end => Check(act, end.DeviceId) ?? DeviceRules.CheckEndConsents(Record, act.Signer),
        RotateKeyAct rotate => Check(act, rotate.DeviceId) ?? DeviceRules.CheckRotateKey(Record, act.Signer),
        _ => Refusal.WrongSubject($"{act.Name} found, an act on a device expected"),
    };

    protected override DeviceRecord Apply(DeviceRecord record, RegistryEvent happened, LedgerPosition position) => happened switch
    {
        DeviceClaimed e => record with
        {
            Status = DeviceStatus.Active,
            Owner = e.Owner.ToString(),
            Manufacturer = e.Manufacturer.ToString(),
            ModelId = e.ModelId.ToString(),
            Epoch = 1,
            PublicKey = PublicKeyOf(e.KeyX, e.KeyY),
        },
        DeviceTransferred e => record with { Owner = e.To.ToString(), Epoch = e.Epoch },
        DeviceFrozen => record with { Status = DeviceStatus.Frozen },
        DeviceUnfrozen => record with { Status = DeviceStatus.Active },
        DeviceRetired => record with { Status = DeviceStatus.Retired },
        ConsentsEnded e => record with { Epoch = e.Epoch },
        DeviceKeyRotated e => record with { PublicKey = PublicKeyOf(e.KeyX, e.KeyY) },
        SecurityCounterRaised e => record with { SecurityCounter = e.SecurityCounter },
        _ => record,
    };

    private static string PublicKeyOf(Hash32 x, Hash32 y) => Hex.Format([.. x.ToArray(), .. y.ToArray()]);

    private Refusal? Check(ReadAct act, Hash32 deviceId) => deviceId.ToString() == Id ? null : NotHere(act, $"device {deviceId}", Id);

    private async Task<Refusal?> CheckClaimAsync(ClaimAct claim)
    {
        var refusal = DeviceRules.CheckClaim(Record) ?? ClaimRules.CheckEvidence(Chain.ChainId, Chain.Contracts.DeviceRegistry, claim.Signer, claim.Evidence);
        if (refusal is not null)
        {
            return refusal;
        }

        var manufacturer = claim.Evidence.Manufacturer.ToString();
        var root = claim.Evidence.Root.ToString();
        var batch = await GrainFactory.GetGrain<IDeviceBatchGrain>(GrainKeys.Of(Chain.ChainId, manufacturer, root)).GetAsync();
        return batch is not null
            ? null
            : Refusal.WrongState($"batch {root} of manufacturer {manufacturer} is not registered, as far as the follower has come");
    }

    private async Task<ulong> OwnerEpochAsync()
        => Record.Owner is { } owner ? (await GrainFactory.GetGrain<IOwnerGrain>(GrainKeys.Of(Chain.ChainId, owner)).GetAsync()).OwnerEpoch : 0;
}
