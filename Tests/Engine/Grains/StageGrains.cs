using System.Collections.Concurrent;

namespace Pythia.Engine.Grains;

/// <summary>What happened to a grain, in order, by its key.</summary>
internal static class Diary
{
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<string>> Known = new();

    public static string Of(string key) => string.Join(", ", Known.GetValueOrDefault(key, []));

    public static void Note(string key, string what) => Known.GetOrAdd(key, static _ => new()).Enqueue(what);
}

/// <summary>A grain whose start and end the tests follow.</summary>
[Alias("engine.IStageGrain")]
public interface IStageGrain : IGrainWithStringKey
{
    [Alias("Touch")]
    Task<int> TouchAsync();

    /// <summary>Asks for its end, then waits for {name}-go before it answers.</summary>
    [Alias("EndAndHold")]
    Task<int> EndAndHoldAsync(string name);
}

/// <summary>Subscribes to stages, is told of start and end, and is disposed; the diary says when.</summary>
[GrainType("engine.stage")]
public sealed class StageGrain : Grain, IStageGrain, ILifecycleParticipant<IGrainLifecycle>, IAsyncDisposable
{
    private static int s_instances;
    private readonly int _instance = Interlocked.Increment(ref s_instances);

    private string Key => this.GetPrimaryKeyString();

    public void Participate(IGrainLifecycle lifecycle)
    {
        Subscribe(lifecycle, "last", GrainLifecycleStage.Last);
        Subscribe(lifecycle, "set up", GrainLifecycleStage.SetupState);
        Subscribe(lifecycle, "first", GrainLifecycleStage.First);
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Diary.Note(Key, "activated");
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Diary.Note(Key, "deactivated");
        return Task.CompletedTask;
    }

    public Task<int> TouchAsync() => Task.FromResult(_instance);

    public async Task<int> EndAndHoldAsync(string name)
    {
        DeactivateOnIdle();
        Signals.Set(name + "-begun");
        await Signals.WaitAsync(name + "-go");
        return _instance;
    }

    public ValueTask DisposeAsync()
    {
        Diary.Note(Key, "disposed");
        Signals.Set($"{Key}-disposed-{_instance}");
        return ValueTask.CompletedTask;
    }

    private void Subscribe(IGrainLifecycle lifecycle, string name, int stage)
        => lifecycle.Subscribe(name, stage, _ => Note(name), _ => Note("no " + name));

    private Task Note(string what)
    {
        Diary.Note(Key, what);
        return Task.CompletedTask;
    }
}

/// <summary>Fails at the places that the tests ask for.</summary>
[Alias("engine.IFragileGrain")]
public interface IFragileGrain : IGrainWithStringKey
{
    [Alias("Touch")]
    Task<int> TouchAsync();

    [Alias("End")]
    Task EndAsync();
}

[GrainType("engine.fragile")]
public sealed class FragileGrain : IGrainBase, IFragileGrain
{
    private static int s_instances;
    private readonly int _instance = Interlocked.Increment(ref s_instances);

    /// <summary>No base class: the context comes as a service. Throws until {key}-built is set.</summary>
    public FragileGrain(IGrainContext context)
    {
        GrainContext = context;
        if (!Signals.IsSet(context.GrainId.Key + "-built"))
        {
            throw new InvalidOperationException("not built");
        }
    }

    public IGrainContext GrainContext { get; }

    public Task OnActivateAsync(CancellationToken token) => Task.CompletedTask;

    public Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token)
    {
        Signals.Set($"{GrainContext.GrainId.Key}-ended-{_instance}");
        throw new InvalidOperationException("no end");
    }

    public Task<int> TouchAsync() => Task.FromResult(_instance);

    public Task EndAsync()
    {
        this.DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
