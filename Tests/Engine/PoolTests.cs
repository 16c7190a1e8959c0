using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Stateless workers.</summary>
[Collection(nameof(EngineCollection))]
public sealed class PoolTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    private IPoolCallerGrain Caller => engine.Client.GetGrain<IPoolCallerGrain>(_key);

    [Fact]
    public async Task Pool_CallsAtOnce_GetWorkersOfTheirOwn()
    {
        Signals.Set(_key + "-go");
        await Caller.CallAtOnceAsync(_key, calls: 2);
        Assert.Equal(2, PoolCounts.Of(_key).Most);
    }

    [Fact]
    public async Task Pool_MoreCallsThanWorkers_NeverHasMoreBusy()
    {
        var calls = Caller.CallAtOnceAsync(_key, calls: 12);
        await Signals.WaitAsync(_key + "-met");
        Signals.Set(_key + "-go");
        await calls;
        Assert.Equal((0, 2), PoolCounts.Of(_key));
    }

    [Fact]
    public async Task Pool_CalledByAGrain_IsOnItsSilo()
    {
        foreach (var number in Enumerable.Range(0, 8))
        {
            var (own, worker) = await engine.Client.GetGrain<IPoolCallerGrain>($"{_key}-{number}").SilosAsync();
            Assert.Equal(own, worker);
        }
    }
}
