using Pythia.Contracts.Registries;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Storage;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Devices;

/// <summary>Mirrors one batch of a manufacturer.</summary>
[GrainType("device-batch")]
public sealed class DeviceBatchGrain(
    [PersistentState("device-batch", GrainStorage.Name)] IPersistentState<DeviceBatchState> batch, SubjectServices services)
    : MirroredGrain<DeviceBatchState, DeviceBatchRecord>(batch, services), IDeviceBatchGrain
{
    protected override SubjectKind Kind => SubjectKind.Batch;

    // It is registered once and never changes: its manufacturer's history has it.
    protected override bool KeepsHistory => false;

    /// <inheritdoc/>
    public Task<DeviceBatchView?> GetAsync() => Task.FromResult(Record.Batch);

    // The first registration counts, as in the contract.
    protected override DeviceBatchRecord Apply(DeviceBatchRecord record, RegistryEvent happened, LedgerPosition position) => happened switch
    {
        BatchRegistered e when record.Batch is null => record with { Batch = new DeviceBatchView(e.Root.ToString(), e.Count, position, e.Uri) },
        _ => record,
    };
}
