using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Reminders.</summary>
[Collection(nameof(WaitingCollection))]
public sealed class ReminderTests(EngineFixture engine)
{
    // Long enough for the registration itself: a first tick that is over by then is not made up for, on both engines.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Never = TimeSpan.FromDays(10);
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(5);
    private readonly string _key = Keys.New();

    private IReminderGrain Grain => engine.Client.GetGrain<IReminderGrain>(_key);

    [Fact]
    public async Task Reminder_OfAGrainThatHasEnded_WakesIt()
    {
        var before = await Grain.RemindAndEndAsync("wake", Soon);
        var heard = await Signals.WaitAsync(_key + "-wake");
        Assert.EndsWith(" every 00:05:00", heard);
        Assert.NotEqual($"{before} every 00:05:00", heard);
    }

    [Fact]
    public async Task Reminder_RegisteredAgain_HasItsNewTimes()
    {
        await Grain.RemindAsync("again", Never, Period);
        await Grain.RemindAsync("again", Soon, TimeSpan.FromMinutes(7));
        Assert.EndsWith(" every 00:07:00", await Signals.WaitAsync(_key + "-again"));
        Assert.Equal(["again"], await Grain.NamesAsync());
    }

    [Fact]
    public async Task Reminder_OfEachNameAndGrain_StandsForItself()
    {
        var other = engine.Client.GetGrain<IReminderGrain>(_key + "-other");
        await Grain.RemindAsync("a", Never, Period);
        await Grain.RemindAsync("b", Never, Period);
        await other.RemindAsync("a", Never, Period);
        Assert.True(await Grain.ForgetAsync("a"));
        Assert.Equal(["b"], await Grain.NamesAsync());
        Assert.Equal(["a"], await other.NamesAsync());
        Assert.False(await Grain.ForgetAsync("a"));
        Assert.True(await Grain.ForgetAsync("b"));
        Assert.True(await other.ForgetAsync("a"));
    }

    [Fact]
    public async Task Reminder_WrongArguments_AreRefused()
    {
        await Grain.RemindWronglyAsync();
        Assert.Empty(await Grain.NamesAsync());
    }
}
