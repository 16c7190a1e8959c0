using Pythia.Contracts.Registries;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Storage;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Devices;

/// <summary>Mirrors one manufacturer's batches and takes its registrations.</summary>
[GrainType("manufacturer")]
public sealed class ManufacturerGrain(
    [PersistentState("manufacturer", GrainStorage.Name)] IPersistentState<ManufacturerState> manufacturer, SubjectServices services)
    : SubjectGrain<ManufacturerState>(manufacturer, services), IManufacturerGrain
{
    protected override SubjectKind Kind => SubjectKind.Manufacturer;

    /// <inheritdoc/>
    public Task<ManufacturerView> GetAsync() => Task.FromResult(new ManufacturerView(Id, State.Batches, State.Outbox.Length));

    protected override Task<Refusal?> CheckRuleAsync(ReadAct act) => Task.FromResult(act.Act switch
    {
        RegisterBatchAct batch => act.Signer == Id ? CheckBatch(batch) : NotHere(act, $"signer {act.Signer}", Id),
        _ => Refusal.WrongSubject($"{act.Name} found, RegisterBatch expected"),
    });

    protected override ManufacturerState Apply(ManufacturerState state, RegistryEvent happened, LedgerPosition position) => happened switch
    {
        BatchRegistered e => state with { Batches = state.Batches.Add(new DeviceBatchView(e.Root.ToString(), e.Count, position)) },
        _ => state,
    };

    private Refusal? CheckBatch(RegisterBatchAct batch)
        => batch.Count == 0 ? Refusal.Malformed("count 0 found, at least 1 expected")
            : State.Batches.Any(b => b.Root == batch.Root.ToString()) ? Refusal.WrongState($"batch {batch.Root} is registered already")
            : null;
}
