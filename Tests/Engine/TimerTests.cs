using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Grain timers.</summary>
[Collection(nameof(EngineCollection))]
public sealed class TimerTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    private ITimerGrain Grain => engine.Client.GetGrain<ITimerGrain>(_key, typeof(TimerGrain).FullName);

    private ITimerGrain Alone => engine.Client.GetGrain<ITimerGrain>(_key, typeof(TimerAloneGrain).FullName);

    [Fact]
    public async Task Timer_WithoutAPeriod_TicksOnce() => Assert.Equal(1, await Grain.TickOnceAsync());

    [Fact]
    public async Task Timer_Changed_TicksAsChanged() => await Grain.ChangeAsync();

    [Fact]
    public async Task Timer_StoppedInItsTick_TicksNoMore() => Assert.Equal(3, await Grain.StopInTickAsync());

    [Fact]
    public async Task Timer_TickThrows_TicksOn() => await Grain.ThrowAsync();

    [Fact]
    public async Task Timer_Disposed_TicksNoMore() => Assert.Equal(0, await Grain.DisposeFirstAsync());

    [Fact]
    public async Task Timer_TickTakesLongerThanThePeriod_TheNextComesAfterIt() => Assert.Equal(1, await Grain.OverlapAsync());

    [Fact]
    public async Task Timer_Ticks_InTheGrainsTurns() => Assert.True(await Grain.IsInTurnAsync());

    [Fact]
    public async Task Timer_WrongArguments_AreRefused() => await Grain.RegisterWronglyAsync();

    [Fact]
    public async Task Timer_TickOfAnInterleavingOne_LetsCallsBegin()
    {
        await Alone.HoldTickAsync(_key, interleave: true);
        await Signals.WaitAsync(_key + "-ticking");
        Assert.Equal("touched", await Alone.TouchAsync());
        Signals.Set(_key + "-go");
    }

    [Fact]
    public async Task Timer_TickOfAnother_HoldsCallsUp()
    {
        await Alone.HoldTickAsync(_key, interleave: false);
        await Signals.WaitAsync(_key + "-ticking");
        var call = Alone.TouchAsync();
        for (var turn = 0; turn < 20; turn++)
        {
            Assert.Equal("probed", await Alone.ProbeAsync());
            Assert.False(Signals.IsSet(_key + "-touched"));
        }

        Signals.Set(_key + "-go");
        Assert.Equal("touched", await call);
    }
}
