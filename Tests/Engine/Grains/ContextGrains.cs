using Orleans.Concurrency;

namespace Pythia.Engine.Grains;

/// <summary>Looks at the request context, and changes it.</summary>
[Alias("engine.IFlowGrain")]
public interface IFlowGrain : IGrainWithStringKey
{
    [Alias("Get")]
    Task<string> GetAsync(string name);

    /// <summary>Sets a value, then asks the grain of this key for it.</summary>
    [Alias("SetAndAsk")]
    Task<string> SetAndAskAsync(string key, string name, string value);

    /// <summary>Has it set by the grain of this key, and says what it sees itself after that.</summary>
    [Alias("LetSet")]
    Task<string> LetSetAsync(string key, string name, string value);

    /// <summary>Sets {name} to a value, signals {value}-set, waits for {value}-go, and says what {name} is then.</summary>
    [Alias("SetAndHold")]
    Task<string> SetAndHoldAsync(string name, string value);

    /// <summary>Adds to the list of this name.</summary>
    [Alias("AddTo")]
    Task<int> AddToAsync(string name);

    /// <summary>What a timer's tick sees of the call that registered it.</summary>
    [Alias("GetInTick")]
    Task<string> GetInTickAsync(string name);

    /// <summary>What OnActivateAsync saw.</summary>
    [Alias("AtStart")]
    Task<string> AtStartAsync();
}

[Reentrant, GrainType("engine.flow")]
public sealed class FlowGrain : Grain, IFlowGrain
{
    private string _atStart = "none";

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _atStart = Get("start");
        return Task.CompletedTask;
    }

    public Task<string> GetAsync(string name) => Task.FromResult(Get(name));

    public Task<string> SetAndAskAsync(string key, string name, string value)
    {
        RequestContext.Set(name, value);
        return GrainFactory.GetGrain<IFlowGrain>(key).GetAsync(name);
    }

    public async Task<string> LetSetAsync(string key, string name, string value)
    {
        await GrainFactory.GetGrain<IFlowGrain>(key).SetAndAskAsync(key, name, value);
        return Get(name);
    }

    public async Task<string> SetAndHoldAsync(string name, string value)
    {
        RequestContext.Set(name, value);
        Signals.Set(value + "-set");
        await Signals.WaitAsync(value + "-go");
        return Get(name);
    }

    public Task<int> AddToAsync(string name)
    {
        var list = (List<int>)RequestContext.Get(name)!;
        list.Add(1);
        return Task.FromResult(list.Count);
    }

    public async Task<string> GetInTickAsync(string name)
    {
        var seen = new TaskCompletionSource<string>();
        using var timer = this.RegisterGrainTimer(
            () =>
            {
                seen.TrySetResult(Get(name));
                return Task.CompletedTask;
            },
            new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan) { Interleave = true });
        return await seen.Task;
    }

    public Task<string> AtStartAsync() => Task.FromResult(_atStart);

    private static string Get(string name) => RequestContext.Get(name)?.ToString() ?? "none";
}
