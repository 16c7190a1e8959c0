namespace Pythia.Engine.Grains;

/// <summary>What keeps a grain from being ended as idle.</summary>
public enum Keep
{
    Nothing = 0,
    TimerThatKeepsAlive = 1,
    TimerThatDoesNot = 2,
    Delay = 3,
}

[Alias("engine.IIdleGrain")]
public interface IIdleGrain : IGrainWithStringKey
{
    [Alias("Keep")]
    Task<int> KeepAsync(Keep keep);

    /// <summary>Signals {key}-held, waits for {key}-go.</summary>
    [Alias("Hold")]
    Task<int> HoldAsync();
}

/// <summary>Signals {key}-ended with the reason. Its class has a short age in the silo's settings.</summary>
[GrainType("engine.idle")]
public sealed class IdleGrain : IdleGrainBase;

/// <summary>A grain that is never idle.</summary>
[KeepAlive, GrainType("engine.neveridle")]
public sealed class NeverIdleGrain : IdleGrainBase;

public abstract class IdleGrainBase : Grain, IIdleGrain
{
    private static int s_instances;
    private readonly int _instance = Interlocked.Increment(ref s_instances);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Signals.Set(this.GetPrimaryKeyString() + "-ended", reason.ReasonCode.ToString());
        return Task.CompletedTask;
    }

    public Task<int> KeepAsync(Keep keep)
    {
        switch (keep)
        {
            case Keep.Delay:
                DelayDeactivation(TimeSpan.FromMinutes(1));
                break;
            case Keep.TimerThatKeepsAlive or Keep.TimerThatDoesNot:
                var often = TimeSpan.FromMilliseconds(100);
                this.RegisterGrainTimer(
                    static () => Task.CompletedTask, new GrainTimerCreationOptions(often, often) { KeepAlive = keep is Keep.TimerThatKeepsAlive });
                break;
        }

        return Task.FromResult(_instance);
    }

    public async Task<int> HoldAsync()
    {
        Signals.Set(this.GetPrimaryKeyString() + "-held");
        await Signals.WaitAsync(this.GetPrimaryKeyString() + "-go");
        return _instance;
    }
}
