using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>What travels along with calls, and what wraps them.</summary>
[Collection(nameof(EngineCollection))]
public sealed class FilterTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    private IContextGrain Grain => engine.Client.GetGrain<IContextGrain>(_key);

    [Fact]
    public async Task RequestContext_SetByTheCaller_ArrivesThroughTwoCalls()
    {
        RequestContext.Set("who", "me");
        Assert.Equal("me", await Grain.GetAsync("who"));
        Assert.Equal("me", await Grain.GetViaAsync(_key + "-other", "who"));
    }

    [Fact]
    public async Task RequestContext_SetByTheCallee_DoesNotComeBack()
    {
        await Grain.SetAsync("left", "behind");
        Assert.Null(RequestContext.Get("left"));
        Assert.Equal("none", await Grain.GetAsync("left"));
    }

    [Fact]
    public async Task IncomingFilter_OfTheSilo_SeesTheMethods()
    {
        Assert.Equal("GetAsync", await Grain.GetAsync("method"));
        Assert.Equal(nameof(ContextGrain), await Grain.GetAsync("implementation"));
    }

    [Fact]
    public async Task IncomingFilter_OfTheGrain_ReplacesTheResult()
        => Assert.Equal("the filter's, not the grain's own", await Grain.ReplacedAsync());

    [Fact]
    public async Task OutgoingFilter_OfTheSilo_SeesCallsBetweenGrains()
    {
        await Grain.GetViaAsync(_key + "-other", "who");
        Assert.Equal(1, CountingFilter.Left[_key + "-other"]);
    }
}
