using System.Collections.Concurrent;

namespace Pythia.Engine.Grains;

/// <summary>Tells which activation answers, and how it began and ended.</summary>
[Alias("engine.ILifeGrain")]
public interface ILifeGrain : IGrainWithStringKey
{
    [Alias("Instance")]
    Task<int> InstanceAsync();

    [Alias("End")]
    Task EndAsync();
}

/// <summary>Fails to start for as long as the test has not set {key}-well.</summary>
[Alias("engine.ISickGrain")]
public interface ISickGrain : IGrainWithStringKey
{
    [Alias("Touch")]
    Task<string> TouchAsync();
}

[GrainType("engine.life")]
public sealed class LifeGrain : Grain, ILifeGrain
{
    private static int s_instances;
    private readonly int _instance = Interlocked.Increment(ref s_instances);
    private bool _active;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _active = true;
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Signals.Set($"{this.GetPrimaryKeyString()}-ended-{_instance}", reason.ReasonCode.ToString());
        return Task.CompletedTask;
    }

    public Task<int> InstanceAsync() => Task.FromResult(_active ? _instance : -1);

    public Task EndAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

[GrainType("engine.sick")]
public sealed class SickGrain : Grain, ISickGrain
{
    public override Task OnActivateAsync(CancellationToken cancellationToken)
        => Signals.IsSet(this.GetPrimaryKeyString() + "-well") ? Task.CompletedTask : throw new InvalidOperationException("not well");

    public Task<string> TouchAsync() => Task.FromResult("well");
}

/// <summary>Says what came along with a call.</summary>
[Alias("engine.IContextGrain")]
public interface IContextGrain : IGrainWithStringKey
{
    [Alias("Get")]
    Task<string> GetAsync(string name);

    /// <summary>Sets a value, which must not come back to the caller.</summary>
    [Alias("Set")]
    Task SetAsync(string name, string value);

    /// <summary>What the grain of this key gets.</summary>
    [Alias("GetVia")]
    Task<string> GetViaAsync(string key, string name);

    /// <summary>Answered by the grain's own filter.</summary>
    [Alias("Replaced")]
    Task<string> ReplacedAsync();
}

[GrainType("engine.context")]
public sealed class ContextGrain : Grain, IContextGrain, IIncomingGrainCallFilter
{
    public Task<string> GetAsync(string name) => Task.FromResult(RequestContext.Get(name)?.ToString() ?? "none");

    public Task SetAsync(string name, string value)
    {
        RequestContext.Set(name, value);
        return Task.CompletedTask;
    }

    public Task<string> GetViaAsync(string key, string name) => GrainFactory.GetGrain<IContextGrain>(key).GetAsync(name);

    public Task<string> ReplacedAsync() => Task.FromResult("the grain's own");

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        await context.Invoke();
        if (context.InterfaceMethod.Name == nameof(ReplacedAsync))
        {
            context.Result = $"the filter's, not {context.Result}";
        }
    }
}

/// <summary>Marks the calls that come to the grains of these tests.</summary>
public sealed class MarkingFilter : IIncomingGrainCallFilter
{
    public Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.Grain is ContextGrain)
        {
            RequestContext.Set("method", context.InterfaceMethod.Name);
            RequestContext.Set("implementation", context.ImplementationMethod.DeclaringType!.Name);
        }

        return context.Invoke();
    }
}

/// <summary>Notes the calls that leave for a grain, by its key.</summary>
public sealed class CountingFilter : IOutgoingGrainCallFilter
{
    public static ConcurrentDictionary<string, int> Left { get; } = new();

    public Task Invoke(IOutgoingGrainCallContext context)
    {
        if (context.InterfaceMethod.DeclaringType == typeof(IContextGrain))
        {
            Left.AddOrUpdate(context.TargetId.Key.ToString()!, 1, static (_, count) => count + 1);
        }

        return context.Invoke();
    }
}
