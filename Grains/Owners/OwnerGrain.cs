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
    : SubjectGrain<OwnerState>(owner, services), IOwnerGrain
{
    protected override SubjectKind Kind => SubjectKind.Owner;

    /// <inheritdoc/>
    public Task<OwnerView> GetAsync()
        => Task.FromResult(new OwnerView(Id, State.GrantEpoch, State.Devices, State.Outbox.Length, State.OwnerEpoch));

    /// <inheritdoc/>
    public Task<ulong> GetGranteeFloorAsync(string grantee) => Task.FromResult(State.GranteeFloors.GetValueOrDefault(grantee));

    protected override Task<Refusal?> CheckRuleAsync(ReadAct act) => Task.FromResult(act.Act switch
    {
        RevokeGranteeAct or RevokeAllAct or WithdrawAct or CancelRecoveryAct => CheckHere(act, act.Signer),
        SetRecoveryAct set => CheckHere(act, act.Signer)
            ?? OwnerRules.CheckSetRecovery(State, Id, act.Signer, set.Recovery.ToString(), set.DelaySeconds, set.OwnerEpoch),
        StartRecoveryAct start => CheckHere(act, start.Owner.ToString())
            ?? OwnerRules.CheckStartRecovery(State, Id, act.Signer, start.NewOwner.ToString(), start.OwnerEpoch),
        _ => Refusal.WrongSubject($"{act.Name} found, an act of an owner expected"),
    });

    protected override OwnerState Apply(OwnerState state, RegistryEvent happened, LedgerPosition position) => happened switch
    {
        DeviceClaimed => state with { Devices = state.Devices + 1 },
        DeviceTransferred e => state with { Devices = state.Devices + Count(e.To) - Count(e.From) },
        OwnerEpochBumped e => state with { OwnerEpoch = e.Epoch },
        ConsentRevoked e => state with { GrantEpoch = e.GrantEpoch },
        GranteeRevoked e => state with { GrantEpoch = e.Floor, GranteeFloors = state.GranteeFloors.SetItem(e.Grantee.ToString(), e.Floor) },
        AllRevoked e => state with { GrantEpoch = e.GrantEpoch },
        RecoverySet e => state with { Recovery = e.Recovery.IsZero ? null : e.Recovery.ToString(), RecoveryDelaySeconds = e.DelaySeconds },
        _ => state,
    };

    private int Count(Address address) => address.ToString() == Id ? 1 : 0;

    private Refusal? CheckHere(ReadAct act, string owner) => owner == Id ? null : NotHere(act, $"owner {owner}", Id);
}
