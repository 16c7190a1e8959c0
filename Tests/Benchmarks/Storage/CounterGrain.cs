namespace Pythia.Benchmarks.Storage;

/// <summary>A grain whose every call is a durable write.</summary>
[Alias("pythia.benchmarks.ICounterGrain")]
public interface ICounterGrain : IGrainWithIntegerKey
{
    [Alias("Write")]
    ValueTask WriteAsync();
}

[GrainType("benchmark-counter")]
public sealed class CounterGrain([PersistentState("counter", StorageBenchmark.Store)] IPersistentState<CounterState> counter) : Grain, ICounterGrain
{
    public async ValueTask WriteAsync()
    {
        counter.State.Count++;
        await counter.WriteStateAsync();
    }
}

/// <summary>About as many bytes as a device's state.</summary>
[GenerateSerializer, Alias("pythia.benchmarks.CounterState")]
public sealed class CounterState
{
    [Id(0)] public long Count { get; set; }

    [Id(1)] public string Filling { get; set; } = new('x', StorageBenchmark.RowBytes);
}
