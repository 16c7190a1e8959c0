using Orleans.Core;
using Orleans.Runtime;
using Orleans.Timers;

namespace Pythia.Embedded.Runtime;

/// <summary>What grains need of the silo.</summary>
internal sealed class GrainRuntime(SiloRuntime silo, ITimerRegistry timers) : IGrainRuntime
{
    public string SiloIdentity => silo.Details.SiloAddress.ToString();

    public SiloAddress SiloAddress => silo.Details.SiloAddress;

    public IGrainFactory GrainFactory => silo.Factory;

    public ITimerRegistry TimerRegistry => timers;

    public IServiceProvider ServiceProvider => silo.Services;

    public TimeProvider TimeProvider => silo.GrainTime;

    public void DeactivateOnIdle(IGrainContext grainContext)
        => grainContext.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, $"{nameof(DeactivateOnIdle)} was called."));

    public void DelayDeactivation(IGrainContext grainContext, TimeSpan timeSpan) => ((Activation)grainContext).KeepFor(timeSpan);

    public IStorage<TGrainState> GetStorage<TGrainState>(IGrainContext grainContext) => PersistentStates.OfGrain<TGrainState>((Activation)grainContext);
}

/// <summary>The activation whose turn the asking code runs in.</summary>
internal sealed class GrainContextAccessor : IGrainContextAccessor
{
    public IGrainContext GrainContext => GrainContexts.Current ?? throw new InvalidOperationException("no activation's turn is running here");
}
