using Microsoft.Extensions.DependencyInjection;
using Orleans.Core;
using Orleans.Runtime;
using Pythia.Embedded.Runtime;

namespace Orleans;

/// <summary>The usual base of a grain class.</summary>
public abstract class Grain : IGrainBase, IAddressable
{
    /// <summary>Takes the context of the activation that is being made.</summary>
    protected Grain()
        : this(GrainContexts.Current!)
    {
    }

    /// <summary>For unit tests, which give a context and a runtime of their own.</summary>
    protected Grain(IGrainContext grainContext, IGrainRuntime? grainRuntime = null)
    {
        GrainContext = grainContext;
        Runtime = grainRuntime ?? grainContext?.ActivationServices.GetService<IGrainRuntime>()!;
    }

    /// <inheritdoc/>
    public IGrainContext GrainContext { get; }

    /// <summary>A reference to this grain, to be given away instead of <c>this</c>.</summary>
    public GrainReference GrainReference => GrainContext.GrainReference;

    /// <summary>The grain's id as text.</summary>
    public string IdentityString => GrainContext.GrainId.ToString();

    /// <summary>The silo's name for itself.</summary>
    public string RuntimeIdentity => Runtime?.SiloIdentity ?? "";

    /// <summary>Makes references to other grains.</summary>
    protected IGrainFactory GrainFactory => Runtime.GrainFactory;

    /// <summary>The services of this activation.</summary>
    protected internal IServiceProvider ServiceProvider => GrainContext?.ActivationServices ?? Runtime.ServiceProvider;

    internal IGrainRuntime Runtime { get; }

    /// <inheritdoc/>
    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends this activation once its running calls have ended. The next call makes a new one.</summary>
    protected void DeactivateOnIdle() => Runtime.DeactivateOnIdle(GrainContext);

    /// <summary>Keeps this activation from being collected as idle for so long; a negative span takes that back.</summary>
    protected void DelayDeactivation(TimeSpan timeSpan) => Runtime.DelayDeactivation(GrainContext, timeSpan);

    /// <summary>A timer whose ticks interleave with calls.</summary>
    [Obsolete("Use this.RegisterGrainTimer, with Interleave where ticks may interleave with calls.")]
    protected IDisposable RegisterTimer(Func<object?, Task> callback, object? state, TimeSpan dueTime, TimeSpan period)
        => Runtime.TimerRegistry.RegisterTimer(GrainContext, callback, state, dueTime, period);
}

/// <summary>A grain with one state, kept in the store that <see cref="Providers.StorageProviderAttribute"/> names, else in "Default".</summary>
public class Grain<TGrainState> : Grain
{
    private IStorage<TGrainState>? _storage;

    /// <summary>The state is read before <see cref="Grain.OnActivateAsync"/>.</summary>
    protected Grain()
        => GrainContext.ObservableLifecycle.Subscribe(GetType().FullName!, GrainLifecycleStage.SetupState, SetupAsync, null);

    /// <summary>For unit tests.</summary>
    protected Grain(IStorage<TGrainState> storage) => _storage = storage;

    /// <summary>The state in memory. <see cref="WriteStateAsync"/> makes it last.</summary>
    protected TGrainState State
    {
        get => Storage.State;
        set => Storage.State = value;
    }

    private IStorage<TGrainState> Storage
        => _storage ?? throw new InvalidOperationException($"the state of {GetType().Name} was used before it was read");

    /// <summary>Deletes the stored state.</summary>
    protected virtual Task ClearStateAsync() => Storage.ClearStateAsync();

    /// <summary>Stores the state.</summary>
    /// <exception cref="Storage.InconsistentStateException">Another activation wrote since; this one ends.</exception>
    protected virtual Task WriteStateAsync() => Storage.WriteStateAsync();

    /// <summary>Reads the stored state again, and drops what is in memory.</summary>
    protected virtual Task ReadStateAsync() => Storage.ReadStateAsync();

    private Task SetupAsync(CancellationToken cancellationToken)
    {
        _storage ??= Runtime.GetStorage<TGrainState>(GrainContext);
        return ReadStateAsync();
    }
}
