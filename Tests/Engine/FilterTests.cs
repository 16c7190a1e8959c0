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

    [Fact]
    public async Task Filters_OfCallerSiloAndGrain_StandAroundTheCallInTheirOrder()
    {
        await engine.Client.GetGrain<ITrailGrain>(_key).StepViaAsync(_key + "-other", _key);
        Assert.Equal("out1 out2 in1 in2 own method /own /in2 /in1 /out2 /out1", Trail.Of(_key));
    }

    [Fact]
    public async Task IncomingFilter_DoesNotGoOn_AnswersItself()
    {
        Assert.Equal("the filter's", await engine.Client.GetGrain<ITrailGrain>(_key).AnsweredAsync(_key));
        Assert.Empty(Trail.Of(_key));
    }

    [Fact]
    public async Task IncomingFilter_ChangesArgumentAndResult_BothHold()
        => Assert.Equal("text and more, seen as 'text and more'", await engine.Client.GetGrain<ITrailGrain>(_key).EchoAsync("text"));

    [Fact]
    public async Task IncomingFilter_Throws_TheCallerGetsItAndTheMethodIsNotCalled()
    {
        Assert.Equal(403, (await Assert.ThrowsAsync<MarkedException>(() => engine.Client.GetGrain<ITrailGrain>(_key).RefusedAsync(_key))).Code);
        Assert.Empty(Trail.Of(_key));
    }

    [Fact]
    public async Task IncomingFilter_CatchesTheGrainsError_AnswersInstead()
        => Assert.Equal("mended it", await engine.Client.GetGrain<ITrailGrain>(_key).MendedAsync("it"));

    [Fact]
    public async Task IncomingFilter_OfACallBetweenGrains_SeesBothEnds()
        => Assert.Equal(
            $"{_key} to {_key}-other at {_key}-other", await engine.Client.GetGrain<ITrailGrain>(_key).EndsViaAsync(_key + "-other"));
}
