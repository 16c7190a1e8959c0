using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Which call begins when.</summary>
[Collection(nameof(EngineCollection))]
public sealed class TurnTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    private ITurnGrain Grain => engine.Client.GetGrain<ITurnGrain>(_key);

    [Fact]
    public async Task Call_WhileAnotherRuns_WaitsForItsEnd()
    {
        var first = Grain.HoldAsync(_key + "1");
        await Signals.WaitAsync(_key + "1-begun");
        var second = Grain.HoldAsync(_key + "2");
        for (var turn = 0; turn < 20; turn++)
        {
            Assert.Equal([_key + "1"], await Grain.BegunAsync());
        }

        Signals.Set(_key + "1-go");
        await Signals.WaitAsync(_key + "2-begun");
        Assert.True(first.IsCompleted || await Task.WhenAny(first, second) == first);
        Signals.Set(_key + "2-go");
        await Task.WhenAll(first, second);
    }

    [Fact]
    public async Task Call_ManyAtOnce_NeverInterleaveAtAwaits()
    {
        var counts = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => Grain.CountAsync()));
        Assert.Equal(Enumerable.Range(1, 60), counts.Order());
    }

    [Fact]
    public async Task Call_EachAfterTheAnswerBefore_AreCountedInOrder()
    {
        for (var expected = 1; expected <= 30; expected++)
        {
            Assert.Equal(expected, await Grain.CountAsync());
        }
    }

    [Fact]
    public async Task Waiting_CallsThatArrivedOneAfterTheOther_BeginInThatOrder()
    {
        var grain = engine.Client.GetGrain<IQueueGrain>(_key);
        var held = grain.EnterAsync(_key + "held", hold: true);
        await Signals.WaitAsync(_key + "held-begun");
        var waiting = new List<Task>();
        foreach (var name in new[] { "c", "a", "b" })
        {
            waiting.Add(grain.EnterAsync(_key + name, hold: false));
            await Signals.WaitAsync(_key + name + "-arrived");
        }

        Signals.Set(_key + "held-go");
        await Task.WhenAll(waiting.Append(held));
        Assert.Equal([_key + "held", _key + "c", _key + "a", _key + "b"], await grain.EnteredAsync());
    }

    [Fact]
    public async Task AlwaysInterleave_WhileAnotherRuns_BeginsAtOnce()
    {
        var held = Grain.HoldAsync(_key + "a");
        await Signals.WaitAsync(_key + "a-begun");
        var interleaved = Grain.HoldInterleavedAsync(_key + "b");
        await Signals.WaitAsync(_key + "b-begun");
        Signals.Set(_key + "a-go");
        Signals.Set(_key + "b-go");
        await Task.WhenAll(held, interleaved);
    }

    [Fact]
    public async Task ReadOnly_BesideReadOnly_Interleaves()
    {
        var one = Grain.HoldReadingAsync(_key + "r1");
        var two = Grain.HoldReadingAsync(_key + "r2");
        await Signals.WaitAsync(_key + "r1-begun");
        await Signals.WaitAsync(_key + "r2-begun");
        Signals.Set(_key + "r1-go");
        Signals.Set(_key + "r2-go");
        await Task.WhenAll(one, two);
    }

    [Fact]
    public async Task ReadOnly_BesideAWriter_Waits()
    {
        var writer = Grain.HoldAsync(_key + "w");
        await Signals.WaitAsync(_key + "w-begun");
        var reader = Grain.HoldReadingAsync(_key + "r");
        for (var turn = 0; turn < 20; turn++)
        {
            Assert.Equal([_key + "w"], await Grain.BegunAsync());
        }

        Signals.Set(_key + "w-go");
        await Signals.WaitAsync(_key + "r-begun");
        Signals.Set(_key + "r-go");
        await Task.WhenAll(writer, reader);
    }

    [Fact]
    public async Task Reentrant_WhileAnotherRuns_BeginsAtOnce()
    {
        var grain = engine.Client.GetGrain<IReentrantGrain>(_key);
        var held = grain.HoldAsync(_key);
        await Signals.WaitAsync(_key + "-begun");
        Assert.Equal("echo", await grain.EchoAsync("echo"));
        Assert.False(held.IsCompleted);
        Signals.Set(_key + "-go");
        await held;
    }

    [Fact]
    public async Task MayInterleave_CallThatThePredicateLets_BeginsAtOnce()
    {
        var grain = engine.Client.GetGrain<IChoosyGrain>(_key);
        var held = grain.HoldAsync(_key);
        await Signals.WaitAsync(_key + "-begun");
        Assert.Equal("quick", await grain.QuickAsync());
        Assert.False(held.IsCompleted);
        Signals.Set(_key + "-go");
        await held;
    }

    [Fact]
    public async Task AlwaysInterleave_Running_LetsOthersBegin()
    {
        var held = Grain.HoldInterleavedAsync(_key + "a");
        await Signals.WaitAsync(_key + "a-begun");
        Assert.Equal(1, await Grain.CountAsync());
        Assert.False(held.IsCompleted);
        Signals.Set(_key + "a-go");
        await held;
    }

    [Fact]
    public async Task Writer_BesideAReader_Waits()
    {
        var reader = Grain.HoldReadingAsync(_key + "r");
        await Signals.WaitAsync(_key + "r-begun");
        var writer = Grain.HoldAsync(_key + "w");
        for (var turn = 0; turn < 20; turn++)
        {
            Assert.Equal([_key + "r"], await Grain.BegunAsync());
        }

        Signals.Set(_key + "r-go");
        await Signals.WaitAsync(_key + "w-begun");
        Signals.Set(_key + "w-go");
        await Task.WhenAll(reader, writer);
    }

    [Fact]
    public async Task MayInterleave_CallThatThePredicateRefuses_Waits()
    {
        var grain = engine.Client.GetGrain<IChoosyGrain>(_key);
        var held = grain.HoldAsync(_key + "1");
        await Signals.WaitAsync(_key + "1-begun");
        var second = grain.HoldAsync(_key + "2");
        for (var turn = 0; turn < 20; turn++)
        {
            Assert.Equal("quick", await grain.QuickAsync());
            Assert.False(Signals.IsSet(_key + "2-begun"));
        }

        Signals.Set(_key + "1-go");
        await Signals.WaitAsync(_key + "2-begun");
        Signals.Set(_key + "2-go");
        await Task.WhenAll(held, second);
    }

    [Fact]
    public async Task Reentrant_ItsOwnCallComesBack_BeginsAtOnce()
        => Assert.Equal("echo", await engine.Client.GetGrain<IReentrantGrain>(_key).EchoToItselfAsync("echo"));

    [Fact]
    public async Task OneWay_CalleeIsHeld_TheCallerGoesOn()
    {
        await Grain.HoldUnheardAsync(_key);
        await Signals.WaitAsync(_key + "-begun");
        Signals.Set(_key + "-go");
        Assert.Equal(1, await Grain.CountAsync());
    }

    [Fact]
    public async Task Call_BeforeAndAfterAwait_RunsOnTheGrainsScheduler()
        => Assert.Equal((true, true), await Grain.SchedulerAsync());
}
