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
    : SubjectGrain<ManufacturerState, ManufacturerRecord>(manufacturer, services), IManufacturerGrain
{
    protected override SubjectKind Kind => SubjectKind.Manufacturer;

    /// <inheritdoc/>
    public Task<ManufacturerView> GetAsync() => Task.FromResult(new ManufacturerView(Id, Record.Batches, State.Outbox.Length, Record.Devices, Record.Position));

    protected override async Task<Refusal?> CheckRuleAsync(ReadAct act) => act.Act switch
    {
        RegisterBatchAct batch => act.Signer == Id ? await CheckBatchAsync(batch) : NotHere(act, $"signer {act.Signer}", Id),
        _ => Refusal.WrongSubject($"{act.Name} found, RegisterBatch expected"),
    };

    protected override ManufacturerRecord Apply(ManufacturerRecord record, RegistryEvent happened, LedgerPosition position) => happened switch
    {
        BatchRegistered e => record with { Batches = record.Batches + 1, Devices = record.Devices + e.Count },
        _ => record,
    };

    private async Task<Refusal?> CheckBatchAsync(RegisterBatchAct batch)
    {
        if (batch.Count == 0)
        {
            return Refusal.Malformed("count 0 found, at least 1 expected");
        }

        var known = await GrainFactory.GetGrain<IDeviceBatchGrain>(GrainKeys.Of(Chain.ChainId, Id, batch.Root.ToString())).GetAsync();
        return known is null ? null : Refusal.WrongState($"batch {batch.Root} is registered already");
    }
}
