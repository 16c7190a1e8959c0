using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Values that travel with calls, one way, and apart.</summary>
[Collection(nameof(EngineCollection))]
public sealed class ContextTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    private IFlowGrain Grain => engine.Client.GetGrain<IFlowGrain>(_key);

    [Fact]
    public async Task Context_SetByTheCallee_GoesOnToWhatItCalls() => Assert.Equal("x", await Grain.SetAndAskAsync(_key + "-other", "set", "x"));

    [Fact]
    public async Task Context_SetBehind_DoesNotComeBackToTheCallingGrain()
        => Assert.Equal("none", await Grain.LetSetAsync(_key + "-other", "behind", "x"));

    [Fact]
    public async Task Context_RemovedOrCleared_IsNotSent()
    {
        RequestContext.Set("one", "1");
        RequestContext.Set("two", "2");
        Assert.True(RequestContext.Remove("one"));
        Assert.Equal("none", await Grain.GetAsync("one"));
        Assert.Equal("2", await Grain.GetAsync("two"));
        RequestContext.Clear();
        Assert.Equal("none", await Grain.GetAsync("two"));
    }

    [Fact]
    public async Task Context_OfOneCall_IsNotThatOfTheNext()
    {
        await Task.Run(async () =>
        {
            RequestContext.Set("mine", "1");
            Assert.Equal("1", await Grain.GetAsync("mine"));
        });
        Assert.Equal("none", await Grain.GetAsync("mine"));
    }

    [Fact]
    public async Task Context_OfCallsThatInterleave_StaysApart()
    {
        var one = Grain.SetAndHoldAsync("which", _key + "1");
        await Signals.WaitAsync(_key + "1-set");
        var two = Grain.SetAndHoldAsync("which", _key + "2");
        await Signals.WaitAsync(_key + "2-set");
        Signals.Set(_key + "1-go");
        Signals.Set(_key + "2-go");
        Assert.Equal([_key + "1", _key + "2"], await Task.WhenAll(one, two));
    }

    [Fact]
    public async Task Context_ValueChangedByTheCallee_IsUnchangedAtTheCaller()
    {
        var list = new List<int> { 0 };
        RequestContext.Set("list", list);
        Assert.Equal(2, await Grain.AddToAsync("list"));
        Assert.Equal(2, await Grain.AddToAsync("list"));
        Assert.Equal([0], list);
    }

    [Fact]
    public async Task Context_OfTheCallThatRegisteredATimer_IsNotThatOfItsTicks()
    {
        RequestContext.Set("who", "me");
        Assert.Equal("none", await Grain.GetInTickAsync("who"));
    }

    [Fact]
    public async Task Context_OfTheFirstCall_IsThereWhenTheGrainStarts()
    {
        RequestContext.Set("start", "here");
        Assert.Equal("here", await Grain.AtStartAsync());
    }
}
