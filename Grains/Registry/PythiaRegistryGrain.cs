using System.Collections.Immutable;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Storage;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Registry;

/// <summary>Mirrors the lists of PythiaRegistry.</summary>
[GrainType("pythia-registry")]
public sealed class PythiaRegistryGrain(
    [PersistentState("pythia-registry", GrainStorage.Name)] IPersistentState<PythiaRegistryState> registry, SubjectServices services)
    : MirroredGrain<PythiaRegistryState, PythiaRegistryRecord>(registry, services), IPythiaRegistryGrain
{
    protected override SubjectKind Kind => SubjectKind.PythiaRegistry;

    /// <inheritdoc/>
    public Task<PythiaRegistryView> GetAsync() => Task.FromResult(new PythiaRegistryView(
        Record.Measurements, Record.Configurations, Record.Endorsers, Record.Threshold, Record.EndorsersVersion, Record.Position));

    /// <inheritdoc/>
    public Task<EndorsedPair> GetUnderAsync(uint measurement, uint configuration)
        => Task.FromResult(new EndorsedPair(Standing(Record.Measurements, measurement), Standing(Record.Configurations, configuration)));

    protected override PythiaRegistryRecord Apply(PythiaRegistryRecord record, RegistryEvent happened, LedgerPosition position) => happened switch
    {
        MeasurementEndorsed e => record with { Measurements = Endorse(record.Measurements, e.Index, e.Measurement, position) },
        MeasurementWithdrawn e => record with { Measurements = Withdraw(record.Measurements, e.Index, position) },
        ConfigurationEndorsed e => record with { Configurations = Endorse(record.Configurations, e.Index, e.Configuration, position) },
        ConfigurationWithdrawn e => record with { Configurations = Withdraw(record.Configurations, e.Index, position) },
        EndorsersChanged e => record with
        {
            Endorsers = [.. e.Endorsers.Members.Select(member => member.ToString())],
            Threshold = e.Endorsers.Threshold,
            EndorsersVersion = e.Version,
        },
        _ => record,
    };

    private static string? Standing(ImmutableArray<EndorsedValue> list, uint index)
        => list.FirstOrDefault(value => value.Index == index && value.Withdrawn is null)?.Value;

    private static ImmutableArray<EndorsedValue> Endorse(ImmutableArray<EndorsedValue> list, uint index, Hash32 value, LedgerPosition position)
        => [.. list.Where(each => each.Index != index), new EndorsedValue(index, value.ToString(), position, null)];

    private static ImmutableArray<EndorsedValue> Withdraw(ImmutableArray<EndorsedValue> list, uint index, LedgerPosition position)
        => [.. list.Select(value => value.Index == index ? value with { Withdrawn = position } : value)];
}
