using Orleans.Concurrency;
using Orleans.Serialization.Invocation;

namespace Pythia.Engine.Grains;

/// <summary>A grain whose calls are held open until the test lets them go.</summary>
[Alias("engine.ITurnGrain")]
public interface ITurnGrain : IGrainWithStringKey
{
    /// <summary>Signals {name}-begun, waits for {name}-go.</summary>
    [Alias("Hold")]
    Task HoldAsync(string name);

    [Alias("HoldReading"), ReadOnly]
    Task HoldReadingAsync(string name);

    [Alias("HoldInterleaved"), AlwaysInterleave]
    Task HoldInterleavedAsync(string name);

    /// <summary>The names of the calls that have begun, in order.</summary>
    [Alias("Begun"), AlwaysInterleave]
    Task<IReadOnlyList<string>> BegunAsync();

    /// <summary>Whether the code runs on the grain's scheduler, before an await and after it.</summary>
    [Alias("Scheduler")]
    Task<(bool Before, bool After)> SchedulerAsync();

    /// <summary>Counts up with an await between reading and writing, which leaves the scheduler with nothing else to do.</summary>
    [Alias("Count")]
    Task<int> CountAsync();

    /// <summary>As <see cref="HoldAsync"/>, for a caller that does not wait.</summary>
    [Alias("HoldUnheard"), OneWay]
    Task HoldUnheardAsync(string name);

    /// <summary>Sets a value that flows with the code, in a method that is not async.</summary>
    [Alias("SetFlowing")]
    Task SetFlowingAsync(string value);

    [Alias("Flowing")]
    Task<string> FlowingAsync();
}

[Alias("engine.IReentrantGrain")]
public interface IReentrantGrain : IGrainWithStringKey
{
    [Alias("Hold")]
    Task HoldAsync(string name);

    [Alias("Echo")]
    Task<string> EchoAsync(string text);

    [Alias("EchoToItself")]
    Task<string> EchoToItselfAsync(string text);
}

[Alias("engine.IChoosyGrain")]
public interface IChoosyGrain : IGrainWithStringKey
{
    [Alias("Hold")]
    Task HoldAsync(string name);

    [Alias("Quick")]
    Task<string> QuickAsync();
}

[GrainType("engine.turn")]
public sealed class TurnGrain : Grain, ITurnGrain
{
    private static readonly AsyncLocal<string?> Flowing = new();
    private readonly List<string> _begun = [];
    private int _count;

    public Task HoldAsync(string name) => Hold(name);

    public Task HoldReadingAsync(string name) => Hold(name);

    public Task HoldInterleavedAsync(string name) => Hold(name);

    public Task<IReadOnlyList<string>> BegunAsync() => Task.FromResult<IReadOnlyList<string>>([.. _begun]);

    public async Task<(bool Before, bool After)> SchedulerAsync()
    {
        var before = TaskScheduler.Current;
        await Task.Delay(1);
        return (before != TaskScheduler.Default, TaskScheduler.Current == before);
    }

    public async Task<int> CountAsync()
    {
        var count = _count;
        await Task.Run(static () => { });
        return _count = count + 1;
    }

    public Task HoldUnheardAsync(string name) => Hold(name);

    public Task SetFlowingAsync(string value)
    {
        Flowing.Value = value;
        return Task.CompletedTask;
    }

    public Task<string> FlowingAsync() => Task.FromResult(Flowing.Value ?? "none");

    private async Task Hold(string name)
    {
        _begun.Add(name);
        Signals.Set(name + "-begun");
        await Signals.WaitAsync(name + "-go");
    }
}

[Reentrant, GrainType("engine.reentrant")]
public sealed class ReentrantGrain : Grain, IReentrantGrain
{
    public async Task HoldAsync(string name)
    {
        Signals.Set(name + "-begun");
        await Signals.WaitAsync(name + "-go");
    }

    public Task<string> EchoAsync(string text) => Task.FromResult(text);

    public Task<string> EchoToItselfAsync(string text) => GrainFactory.GetGrain<IReentrantGrain>(this.GetPrimaryKeyString()).EchoAsync(text);
}

[MayInterleave(nameof(Lets)), GrainType("engine.choosy")]
public sealed class ChoosyGrain : Grain, IChoosyGrain
{
    public static bool Lets(IInvokable request) => request.GetMethodName() == nameof(QuickAsync);

    public async Task HoldAsync(string name)
    {
        Signals.Set(name + "-begun");
        await Signals.WaitAsync(name + "-go");
    }

    public Task<string> QuickAsync() => Task.FromResult("quick");
}

/// <summary>Tells of calls that arrive while they must wait.</summary>
[Alias("engine.IQueueGrain")]
public interface IQueueGrain : IGrainWithStringKey
{
    [Alias("Enter")]
    Task EnterAsync(string name, bool hold);

    [Alias("Entered")]
    Task<IReadOnlyList<string>> EnteredAsync();
}

[MayInterleave(nameof(Arrives)), GrainType("engine.queue")]
public sealed class QueueGrain : Grain, IQueueGrain
{
    private readonly List<string> _entered = [];

    /// <summary>Signals {name}-arrived, and lets nothing interleave.</summary>
    public static bool Arrives(IInvokable request)
    {
        if (request.GetArgumentCount() > 0)
        {
            Signals.Set(request.GetArgument(0) + "-arrived");
        }

        return false;
    }

    public async Task EnterAsync(string name, bool hold)
    {
        _entered.Add(name);
        Signals.Set(name + "-begun");
        if (hold)
        {
            await Signals.WaitAsync(name + "-go");
        }
    }

    public Task<IReadOnlyList<string>> EnteredAsync() => Task.FromResult<IReadOnlyList<string>>([.. _entered]);
}
