using Orleans.Providers;

namespace Pythia.Engine.Grains;

[GenerateSerializer, Immutable, Alias("engine.TallyState")]
public sealed record TallyState
{
    [Id(0)]
    public int Count { get; init; }
}

/// <summary>Keeps two states; two handles on the first.</summary>
[Alias("engine.ITallyGrain")]
public interface ITallyGrain : IGrainWithStringKey
{
    [Alias("Add")]
    Task<int> AddAsync(int number);

    [Alias("Get")]
    Task<(int Count, bool Exists, int Instance)> GetAsync();

    [Alias("Other")]
    Task<int> OtherAsync();

    /// <summary>Writes by one handle, then by the other, whose etag is stale by then.</summary>
    [Alias("Conflict")]
    Task ConflictAsync();

    [Alias("Clear")]
    Task ClearAsync();

    [Alias("End")]
    Task EndAsync();
}

/// <summary>A grain with the one state of its base.</summary>
[Alias("engine.IBaseStateGrain")]
public interface IBaseStateGrain : IGrainWithIntegerKey
{
    [Alias("Add")]
    Task<int> AddAsync(int number);

    [Alias("End")]
    Task EndAsync();
}

[GrainType("engine.tally")]
public sealed class TallyGrain(
    [PersistentState("tally", "pythia")] IPersistentState<TallyState> tally,
    [PersistentState("tally", "pythia")] IPersistentState<TallyState> twin,
    [PersistentState("other", "pythia")] IPersistentState<TallyState> other) : Grain, ITallyGrain
{
    private static int s_instances;
    private readonly int _instance = Interlocked.Increment(ref s_instances);

    public async Task<int> AddAsync(int number)
    {
        tally.State = tally.State with { Count = tally.State.Count + number };
        await tally.WriteStateAsync();
        return tally.State.Count;
    }

    public Task<(int Count, bool Exists, int Instance)> GetAsync() => Task.FromResult((tally.State.Count, tally.RecordExists, _instance));

    public Task<int> OtherAsync() => Task.FromResult(other.State.Count);

    public async Task ConflictAsync()
    {
        tally.State = new TallyState { Count = 1_000 };
        await tally.WriteStateAsync();
        twin.State = new TallyState { Count = 2_000 };
        await twin.WriteStateAsync();
    }

    public Task ClearAsync() => tally.ClearStateAsync();

    public Task EndAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

[StorageProvider(ProviderName = "pythia"), GrainType("engine.basestate")]
public sealed class BaseStateGrain : Grain<TallyState>, IBaseStateGrain
{
    public async Task<int> AddAsync(int number)
    {
        State = State with { Count = State.Count + number };
        await WriteStateAsync();
        return State.Count;
    }

    public Task EndAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

/// <summary>Timers and reminders, which signal when they tick.</summary>
[Alias("engine.ITickGrain")]
public interface ITickGrain : IGrainWithStringKey
{
    /// <summary>Signals {key}-tick-3 at the third tick.</summary>
    [Alias("StartTimer")]
    Task StartTimerAsync();

    /// <summary>Holds a turn open while a timer is due; true if the tick waited for the turn's end.</summary>
    [Alias("TickWaits")]
    Task<bool> TickWaitsAsync();

    /// <summary>The tick's token is cancelled when the timer is disposed.</summary>
    [Alias("Dispose")]
    Task<bool> DisposeAsync();

    /// <summary>Signals {key}-reminded.</summary>
    [Alias("Remind")]
    Task RemindAsync();

    [Alias("RemindTooOften")]
    Task RemindTooOftenAsync();

    [Alias("Reminders")]
    Task<int> RemindersAsync();

    [Alias("Forget")]
    Task ForgetAsync();
}

[GrainType("engine.tick")]
public sealed class TickGrain : Grain, ITickGrain, IRemindable
{
    private int _ticks;

    public Task StartTimerAsync()
    {
        this.RegisterGrainTimer(
            static (grain, _) =>
            {
                if (++grain._ticks == 3)
                {
                    Signals.Set(grain.GetPrimaryKeyString() + "-tick-3");
                }

                return Task.CompletedTask;
            },
            this,
            new GrainTimerCreationOptions { DueTime = TimeSpan.FromMilliseconds(5), Period = TimeSpan.FromMilliseconds(5) });
        return Task.CompletedTask;
    }

    public async Task<bool> TickWaitsAsync()
    {
        using var timer = this.RegisterGrainTimer(
            static (grain, _) =>
            {
                grain._ticks++;
                return Task.CompletedTask;
            },
            this,
            TimeSpan.Zero,
            Timeout.InfiniteTimeSpan);

        // An interleaving timer that is due later ticks while the other waits.
        var interleaved = new TaskCompletionSource();
        using var other = this.RegisterGrainTimer(
            static (done, _) =>
            {
                done.TrySetResult();
                return Task.CompletedTask;
            },
            interleaved,
            new GrainTimerCreationOptions(TimeSpan.FromMilliseconds(50), Timeout.InfiniteTimeSpan) { Interleave = true });
        await interleaved.Task;
        return _ticks == 0;
    }

    public async Task<bool> DisposeAsync()
    {
        var ticking = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource<bool>();
        var timer = this.RegisterGrainTimer(
            async (CancellationToken token) =>
            {
                token.Register(() => cancelled.TrySetResult(true));
                ticking.SetResult();
                await cancelled.Task;
            },
            new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan) { Interleave = true });
        await ticking.Task;
        timer.Dispose();
        return await cancelled.Task;
    }

    public Task RemindAsync() => this.RegisterOrUpdateReminder("r", TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(5));

    public Task RemindTooOftenAsync() => this.RegisterOrUpdateReminder("r", TimeSpan.Zero, TimeSpan.FromSeconds(5));

    public async Task<int> RemindersAsync() => (await this.GetReminders()).Count;

    public async Task ForgetAsync()
    {
        if (await this.GetReminder("r") is { } reminder)
        {
            await this.UnregisterReminder(reminder);
        }
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        Signals.Set(this.GetPrimaryKeyString() + "-reminded", $"{reminderName} every {status.Period}");
        return Task.CompletedTask;
    }
}
