using Orleans.Core;
using Orleans.Timers;

namespace Orleans.Runtime;

/// <summary>What a grain needs of the engine around it.</summary>
public interface IGrainRuntime
{
    /// <summary>The silo's name for itself.</summary>
    string SiloIdentity { get; }

    /// <summary>The silo's address.</summary>
    SiloAddress SiloAddress { get; }

    /// <summary>Makes references to grains.</summary>
    IGrainFactory GrainFactory { get; }

    /// <summary>Makes grain timers.</summary>
    ITimerRegistry TimerRegistry { get; }

    /// <summary>The silo's services.</summary>
    IServiceProvider ServiceProvider { get; }

    /// <summary>The clock of grains.</summary>
    TimeProvider TimeProvider { get; }

    /// <inheritdoc cref="Grain.DeactivateOnIdle"/>
    void DeactivateOnIdle(IGrainContext grainContext);

    /// <inheritdoc cref="Grain.DelayDeactivation"/>
    void DelayDeactivation(IGrainContext grainContext, TimeSpan timeSpan);

    /// <summary>The state of a <see cref="Grain{TGrainState}"/>.</summary>
    IStorage<TGrainState> GetStorage<TGrainState>(IGrainContext grainContext);
}
