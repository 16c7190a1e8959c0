using Pythia.Contracts.Registries;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Storage;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Owners;

/// <summary>Mirrors what one owner took back from one grantee: a grain of its own, since an owner may have any number of grantees.</summary>
[GrainType("grantee")]
public sealed class GranteeGrain([PersistentState("grantee", GrainStorage.Name)] IPersistentState<GranteeState> grantee, SubjectServices services)
    : MirroredGrain<GranteeState, GranteeRecord>(grantee, services), IGranteeGrain
{
    protected override SubjectKind Kind => SubjectKind.Grantee;

    // The owner's history has it.
    protected override bool KeepsHistory => false;

    /// <inheritdoc/>
    public Task<ulong> GetFloorAsync() => Task.FromResult(Record.Floor);

    protected override GranteeRecord Apply(GranteeRecord record, RegistryEvent happened, LedgerPosition position) => happened switch
    {
        GranteeRevoked e => record with { Floor = e.Floor },
        _ => record,
    };
}
