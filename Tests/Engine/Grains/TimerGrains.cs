using Orleans.Concurrency;

namespace Pythia.Engine.Grains;

/// <summary>Grain timers in all their forms.</summary>
[Alias("engine.ITimerGrain")]
public interface ITimerGrain : IGrainWithStringKey
{
    /// <summary>How often a timer without a period ticked while one with a period ticked five times.</summary>
    [Alias("TickOnce")]
    Task<int> TickOnceAsync();

    /// <summary>A timer that never ticks is changed to tick at once; done when it has.</summary>
    [Alias("Change")]
    Task ChangeAsync();

    /// <summary>A timer is changed to stop in its third tick; the number of its ticks after another one's five further.</summary>
    [Alias("StopInTick")]
    Task<int> StopInTickAsync();

    /// <summary>A timer whose first two ticks throw; done at its third.</summary>
    [Alias("Throw")]
    Task ThrowAsync();

    /// <summary>The number of a disposed timer's ticks after another one's five.</summary>
    [Alias("DisposeFirst")]
    Task<int> DisposeFirstAsync();

    /// <summary>The most ticks of one timer that ran at once, of ten that take longer than its period.</summary>
    [Alias("Overlap")]
    Task<int> OverlapAsync();

    /// <summary>Begins a tick that signals {name}-ticking and waits for {name}-go.</summary>
    [Alias("HoldTick")]
    Task HoldTickAsync(string name, bool interleave);

    [Alias("Touch")]
    Task<string> TouchAsync();

    [Alias("Probe"), AlwaysInterleave]
    Task<string> ProbeAsync();

    [Alias("RegisterWrongly")]
    Task RegisterWronglyAsync();

    /// <summary>Whether ticks run in the grain's turns.</summary>
    [Alias("IsInTurn")]
    Task<bool> IsInTurnAsync();
}

[Reentrant, GrainType("engine.timer")]
public sealed class TimerGrain : TimerGrainBase;

[GrainType("engine.timeralone")]
public sealed class TimerAloneGrain : TimerGrainBase;

public abstract class TimerGrainBase : Grain, ITimerGrain
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(5);

    public async Task<int> TickOnceAsync()
    {
        var ticks = 0;
        using var once = Every(TimeSpan.Zero, Timeout.InfiniteTimeSpan, () => ticks++);
        await FiveTicksAsync();
        return ticks;
    }

    public async Task ChangeAsync()
    {
        var ticked = new TaskCompletionSource();
        using var timer = Every(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan, () => ticked.TrySetResult());
        timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await ticked.Task;
    }

    public async Task<int> StopInTickAsync()
    {
        var ticks = 0;
        var third = new TaskCompletionSource();
        IGrainTimer? timer = null;
        timer = Every(TimeSpan.Zero, Often, () =>
        {
            if (++ticks == 3)
            {
                timer!.Change(Timeout.InfiniteTimeSpan, Often);
                third.SetResult();
            }
        });
        await third.Task;
        await FiveTicksAsync();
        timer.Dispose();
        return ticks;
    }

    public async Task ThrowAsync()
    {
        var ticks = 0;
        var third = new TaskCompletionSource();
        using var timer = Every(TimeSpan.Zero, Often, () =>
        {
            if (++ticks < 3)
            {
                throw new InvalidOperationException("tick");
            }

            third.TrySetResult();
        });
        await third.Task;
    }

    public async Task<int> DisposeFirstAsync()
    {
        var ticks = 0;
        var timer = Every(Timeout.InfiniteTimeSpan, Often, () => ticks++);
        timer.Dispose();
        timer.Dispose();
        await FiveTicksAsync();
        return ticks;
    }

    public async Task<int> OverlapAsync()
    {
        var (now, most, ticks) = (0, 0, 0);
        var done = new TaskCompletionSource();
        using var timer = this.RegisterGrainTimer(
            async () =>
            {
                most = Math.Max(most, ++now);
                await FiveTicksAsync();
                now--;
                if (++ticks == 3)
                {
                    done.TrySetResult();
                }
            },
            new GrainTimerCreationOptions(TimeSpan.Zero, TimeSpan.FromMilliseconds(1)) { Interleave = true });
        await done.Task;
        return most;
    }

    public Task HoldTickAsync(string name, bool interleave)
    {
        this.RegisterGrainTimer(
            static async (held, _) =>
            {
                Signals.Set(held + "-ticking");
                await Signals.WaitAsync(held + "-go");
            },
            name,
            new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan) { Interleave = interleave });
        return Task.CompletedTask;
    }

    public Task<string> TouchAsync()
    {
        Signals.Set(this.GetPrimaryKeyString() + "-touched");
        return Task.FromResult("touched");
    }

    public Task<string> ProbeAsync() => Task.FromResult("probed");

    public Task RegisterWronglyAsync()
    {
        Assert.Throws<ArgumentNullException>(() => this.RegisterGrainTimer((Func<Task>)null!, TimeSpan.Zero, Often));
        Assert.Throws<ArgumentOutOfRangeException>(() => Every(TimeSpan.FromSeconds(-2), Often, () => { }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Every(TimeSpan.Zero, TimeSpan.FromSeconds(-2), () => { }));
        return Task.CompletedTask;
    }

    public async Task<bool> IsInTurnAsync()
    {
        var own = TaskScheduler.Current;
        var seen = new TaskCompletionSource<bool>();
        using var timer = Every(TimeSpan.Zero, Timeout.InfiniteTimeSpan, () => seen.TrySetResult(TaskScheduler.Current == own));
        return await seen.Task;
    }

    private IGrainTimer Every(TimeSpan dueTime, TimeSpan period, Action tick)
        => this.RegisterGrainTimer(
            () =>
            {
                tick();
                return Task.CompletedTask;
            },
            new GrainTimerCreationOptions(dueTime, period) { Interleave = true });

    private async Task FiveTicksAsync()
    {
        var ticks = 0;
        var fifth = new TaskCompletionSource();
        using var timer = Every(Often, Often, () =>
        {
            if (++ticks == 5)
            {
                fifth.TrySetResult();
            }
        });
        await fifth.Task;
    }
}
