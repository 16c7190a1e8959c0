using System.Collections.Concurrent;
using Orleans.Concurrency;
using Orleans.Placement;

namespace Pythia.Engine.Grains;

/// <summary>How many of a pool's workers were busy at once, by name of the test.</summary>
internal static class PoolCounts
{
    private static readonly ConcurrentDictionary<string, (int Now, int Most)> Known = new();

    public static (int Now, int Most) Of(string name) => Known.GetValueOrDefault(name);

    public static int Enter(string name) => Known.AddOrUpdate(name, (1, 1), static (_, was) => (was.Now + 1, Math.Max(was.Most, was.Now + 1))).Now;

    public static void Leave(string name) => Known.AddOrUpdate(name, default((int, int)), static (_, was) => (was.Now - 1, was.Most));
}

[Alias("engine.IPoolGrain")]
public interface IPoolGrain : IGrainWithStringKey
{
    /// <summary>Waits until so many calls are held at once, each in a worker of its own; then for {name}-go.</summary>
    [Alias("Meet")]
    Task MeetAsync(string name, int workers);

    /// <summary>The silo that it is on.</summary>
    [Alias("Where")]
    Task<string> WhereAsync();
}

/// <summary>Calls pools from one silo.</summary>
[Alias("engine.IPoolCallerGrain")]
public interface IPoolCallerGrain : IGrainWithStringKey
{
    /// <summary>So many calls at once to the pool of two.</summary>
    [Alias("CallAtOnce")]
    Task CallAtOnceAsync(string name, int calls);

    /// <summary>The silos of this grain and of the worker that it calls.</summary>
    [Alias("Silos")]
    Task<(string Own, string Worker)> SilosAsync();
}

[StatelessWorker(2), GrainType("engine.pool")]
public sealed class PoolGrain : Grain, IPoolGrain
{
    public async Task MeetAsync(string name, int workers)
    {
        if (PoolCounts.Enter(name) == workers)
        {
            Signals.Set(name + "-met");
        }

        await Signals.WaitAsync(name + "-met");
        await Signals.WaitAsync(name + "-go");
        PoolCounts.Leave(name);
    }

    public Task<string> WhereAsync() => Task.FromResult(RuntimeIdentity);
}

[RandomPlacement, GrainType("engine.poolcaller")]
public sealed class PoolCallerGrain : Grain, IPoolCallerGrain
{
    public Task CallAtOnceAsync(string name, int calls)
        => Task.WhenAll(Enumerable.Range(0, calls).Select(_ => GrainFactory.GetGrain<IPoolGrain>(name).MeetAsync(name, workers: 2)));

    public async Task<(string Own, string Worker)> SilosAsync()
        => (RuntimeIdentity, await GrainFactory.GetGrain<IPoolGrain>(this.GetPrimaryKeyString()).WhereAsync());
}
