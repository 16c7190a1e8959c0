using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Timers and reminders.</summary>
[Collection(nameof(WaitingCollection))]
public sealed class TickTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    private ITickGrain Grain => engine.Client.GetGrain<ITickGrain>(_key);

    [Fact]
    public async Task Timer_WithAPeriod_TicksAgainAndAgain()
    {
        await Grain.StartTimerAsync();
        await Signals.WaitAsync(_key + "-tick-3");
    }

    [Fact]
    public async Task Timer_DueDuringACall_WaitsUnlessItInterleaves()
        => Assert.True(await Grain.TickWaitsAsync());

    [Fact]
    public async Task Timer_DisposedDuringATick_CancelsIt()
        => Assert.True(await Grain.DisposeAsync());

    [Fact]
    public async Task Reminder_Due_Arrives()
    {
        await Grain.RemindAsync();
        Assert.Equal("r every 00:05:00", await Signals.WaitAsync(_key + "-reminded"));
    }

    [Fact]
    public async Task Reminder_Unregistered_IsGone()
    {
        await Grain.RemindAsync();
        Assert.Equal(1, await Grain.RemindersAsync());
        await Grain.ForgetAsync();
        Assert.Equal(0, await Grain.RemindersAsync());
    }

    [Fact]
    public async Task Reminder_TooOften_IsRefused()
        => await Assert.ThrowsAsync<ArgumentException>(Grain.RemindTooOftenAsync);
}
