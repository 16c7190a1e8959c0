using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Many observers of one grain.</summary>
[Collection(nameof(EngineCollection))]
public sealed class ObserverTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    private ICrowdGrain Grain => engine.Client.GetGrain<ICrowdGrain>(_key);

    [Fact]
    public async Task Crowd_OneHasFailed_IsForgottenAndTheOthersAreAsked()
    {
        var (one, broken, two) = (new Ear(_key + "1"), new Ear(_key + "x") { Fails = true }, new Ear(_key + "2"));
        await Grain.SubscribeAsync("one", Reference(one));
        await Grain.SubscribeAsync("broken", Reference(broken));
        Assert.Equal(3, await Grain.SubscribeAsync("two", Reference(two)));
        Assert.Equal(2, await Grain.AskAllAsync("there?"));
        Assert.Equal("there?", await Signals.WaitAsync(_key + "1"));
        Assert.Equal("there?", await Signals.WaitAsync(_key + "2"));
        GC.KeepAlive((one, broken, two));
    }

    [Fact]
    public async Task Crowd_SubscribedAgain_IsThereOnce()
    {
        var ear = new Ear(_key);
        var reference = Reference(ear);
        Assert.Equal(1, await Grain.SubscribeAsync("one", reference));
        Assert.Equal(1, await Grain.SubscribeAsync("one", reference));
        Assert.Equal(0, await Grain.UnsubscribeAsync("one"));
        GC.KeepAlive(ear);
    }

    [Fact]
    public async Task Crowd_SomeArePicked_OnlyTheyAreTold()
    {
        var (picked, other) = (new Ear(_key + "picked"), new Ear(_key + "other"));
        await Grain.SubscribeAsync("a", Reference(picked));
        await Grain.SubscribeAsync("b", Reference(other));
        await Grain.TellSomeAsync("you");
        Assert.Equal("you", await Signals.WaitAsync(_key + "picked"));
        Assert.Equal(2, await Grain.AskAllAsync("all"));
        Assert.Equal("all", await Signals.WaitAsync(_key + "other"));
        GC.KeepAlive((picked, other));
    }

    [Fact]
    public async Task Crowd_NotSubscribedAgainInTime_IsForgotten()
    {
        var ear = new Ear(_key);
        await Grain.SubscribeAsync("one", Reference(ear));
        Assert.Equal(0, await Grain.AnHourLaterAsync());
        GC.KeepAlive(ear);
    }

    private IHearer Reference(Ear ear) => engine.Client.CreateObjectReference<IHearer>(ear);

    /// <summary>Signals what it is told or asked first.</summary>
    private sealed class Ear(string name) : IHearer
    {
        public bool Fails { get; init; }

        public void Told(string what) => Signals.Set(name, what);

        public Task<string> AskedAsync(string what)
        {
            Signals.Set(name, what);
            return Fails ? throw new InvalidOperationException("deaf") : Task.FromResult("yes");
        }
    }
}
