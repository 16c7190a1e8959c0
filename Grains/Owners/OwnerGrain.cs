using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Storage;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Owners;

/// <summary>Mirrors one owner's counters and takes the acts that reach over all of an owner's devices.</summary>
[GrainType("owner")]
public sealed class OwnerGrain([PersistentState("owner", GrainStorage.Name)] IPersistentState<OwnerState> owner, SubjectServices services)
    : SubjectGrain<OwnerState, OwnerRecord>(owner, services), IOwnerGrain
{
    protected override SubjectKind Kind => SubjectKind.Owner;

    /// <inheritdoc/>
    public Task<OwnerView> GetAsync()
        => Task.FromResult(new OwnerView(Id, Record.GrantEpoch, Record.Devices, State.Outbox.Length, Record.OwnerEpoch));

    /// <inheritdoc/>
    public Task<ulong> GetGranteeFloorAsync(string grantee) => GrainFactory.GetGrain<IGranteeGrain>(GrainKeys.Of(Chain.ChainId, Id, grantee)).GetFloorAsync();

    protected override Task<Refusal?> CheckRuleAsync(ReadAct act) => Task.FromResult(act.Act switch
    {
        RevokeGranteeAct or RevokeAllAct or WithdrawAct or CancelRecoveryAct => CheckHere(act, act.Signer),
        SetRecoveryAct set => CheckHere(act, act.Signer)
            ?? OwnerRules.CheckSetRecovery(Record, Id, act.Signer, set.Recovery.ToString(), set.DelaySeconds, set.OwnerEpoch),
        StartRecoveryAct start => CheckHere(act, start.Owner.ToString())
            ?? OwnerRules.CheckStartRecovery(Record, Id, act.Signer, start.NewOwner.ToString(), start.OwnerEpoch),
        _ => Refusal.WrongSubject($"{act.Name} found, an act of an owner expected"),
    });

    protected override OwnerRecord Apply(OwnerRecord record, RegistryEvent happened, LedgerPosition position) => happened switch
    {
        DeviceClaimed => record with { Devices = record.Devices + 1 },
        DeviceTransferred e => record with { Devices = record.Devices + Count(e.To) - Count(e.From) },
        OwnerEpochBumped e => record with { OwnerEpoch = e.Epoch },
        ConsentRevoked e => record with { GrantEpoch = e.GrantEpoch },
        GranteeRevoked e => record with { GrantEpoch = e.Floor },
        AllRevoked e => record with { GrantEpoch = e.GrantEpoch },
        RecoverySet e => record with { Recovery = e.Recovery.IsZero ? null : e.Recovery.ToString(), RecoveryDelaySeconds = e.DelaySeconds },
        _ => record,
    };

    private int Count(Address address) => address.ToString() == Id ? 1 : 0;

    private Refusal? CheckHere(ReadAct act, string owner) => owner == Id ? null : NotHere(act, $"owner {owner}", Id);
}
