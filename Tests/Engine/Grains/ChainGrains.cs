using Orleans.Concurrency;

namespace Pythia.Engine.Grains;

/// <summary>What a grain on the way of a call chain does before it calls the next one.</summary>
public enum Door
{
    /// <summary>Nothing: a call that comes back waits.</summary>
    Shut = 0,

    /// <summary>Lets its own chain back in.</summary>
    Open = 1,

    /// <summary>Takes back what one before it allowed.</summary>
    Suppressed = 2,

    /// <summary>Opens and shuts again before it calls on.</summary>
    OpenedAndShut = 3,
}

/// <summary>A grain that calls along a path of keys.</summary>
[Alias("engine.IChainGrain")]
public interface IChainGrain : IGrainWithStringKey
{
    /// <summary>Calls the grain after this one on the path, and so on; the last one answers.</summary>
    [Alias("Walk"), ResponseTimeout("00:00:03")]
    Task<string> WalkAsync(string[] path, Door[] doors, int at);

    /// <summary>Lets its chain back in, signals {name}-open, waits for {name}-go.</summary>
    [Alias("HoldOpen")]
    Task HoldOpenAsync(string name);

    /// <summary>Signals {name}-touched.</summary>
    [Alias("Touch")]
    Task TouchAsync(string name);

    [Alias("Probe"), AlwaysInterleave]
    Task<bool> IsTouchedAsync(string name);
}

[GrainType("engine.chain")]
public sealed class ChainGrain : Grain, IChainGrain
{
    public async Task<string> WalkAsync(string[] path, Door[] doors, int at)
    {
        if (at == path.Length - 1)
        {
            return "end at " + this.GetPrimaryKeyString();
        }

        var next = GrainFactory.GetGrain<IChainGrain>(path[at + 1]);
        switch (doors[at])
        {
            case Door.Open:
                using (RequestContext.AllowCallChainReentrancy())
                {
                    return await next.WalkAsync(path, doors, at + 1);
                }

            case Door.Suppressed:
                using (RequestContext.SuppressCallChainReentrancy())
                {
                    return await next.WalkAsync(path, doors, at + 1);
                }

            case Door.OpenedAndShut:
                using (RequestContext.AllowCallChainReentrancy())
                {
                    await Task.Yield();
                }

                break;
        }

        return await next.WalkAsync(path, doors, at + 1);
    }

    public async Task HoldOpenAsync(string name)
    {
        using (RequestContext.AllowCallChainReentrancy())
        {
            Signals.Set(name + "-open");
            await Signals.WaitAsync(name + "-go");
        }
    }

    public Task TouchAsync(string name)
    {
        Signals.Set(name + "-touched");
        return Task.CompletedTask;
    }

    public Task<bool> IsTouchedAsync(string name) => Task.FromResult(Signals.IsSet(name + "-touched"));
}
