namespace Pythia.Benchmarks.Calls;

/// <summary>A grain that does nothing, so that only the call is measured.</summary>
[Alias("pythia.benchmarks.INoOpGrain")]
public interface INoOpGrain : IGrainWithIntegerKey
{
    [Alias("NoOp")]
    ValueTask NoOpAsync();

    [Alias("Add")]
    ValueTask<int> AddAsync(int left, int right);
}

[GrainType("benchmark-no-op")]
public sealed class NoOpGrain : Grain, INoOpGrain
{
    public ValueTask NoOpAsync() => ValueTask.CompletedTask;

    public ValueTask<int> AddAsync(int left, int right) => new(left + right);
}
