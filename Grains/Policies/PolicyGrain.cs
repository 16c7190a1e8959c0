using Pythia.Contracts.Registries;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Storage;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Policies;

/// <summary>Mirrors one policy and takes its publication and deprecation.</summary>
[GrainType("policy")]
public sealed class PolicyGrain([PersistentState("policy", GrainStorage.Name)] IPersistentState<PolicyState> policy, SubjectServices services)
    : SubjectGrain<PolicyState, PolicyRecord>(policy, services), IPolicyGrain
{
    protected override SubjectKind Kind => SubjectKind.Policy;

    /// <inheritdoc/>
    public Task<PolicyView> GetAsync()
        => Task.FromResult(new PolicyView(Id, Record.Status, Record.Publisher, Record.Document, Record.Position, State.Outbox.Length));

    protected override Task<Refusal?> CheckRuleAsync(ReadAct act) => Task.FromResult(act.Act switch
    {
        PublishAct { Content.IsEmpty: true } => Refusal.Malformed("content: no bytes found, at least 1 expected"),
        PublishAct publish when publish.PolicyId.ToString() != Id => NotHere(act, $"policy {publish.PolicyId}", Id),
        PublishAct => PolicyRules.CheckPublish(Record),
        DeprecateAct deprecate when deprecate.PolicyId.ToString() != Id => NotHere(act, $"policy {deprecate.PolicyId}", Id),
        DeprecateAct => PolicyRules.CheckDeprecate(Record, act.Signer),
        _ => Refusal.WrongSubject($"{act.Name} found, Publish or Deprecate expected"),
    });

    protected override PolicyRecord Apply(PolicyRecord record, RegistryEvent happened, LedgerPosition position) => happened switch
    {
        PolicyPublished e => record with { Status = PolicyStatus.Published, Publisher = e.Publisher.ToString(), Document = e.Content },
        PolicyDeprecated => record with { Status = PolicyStatus.Deprecated },
        _ => record,
    };
}
