using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>How activations begin and end.</summary>
[Collection(nameof(EngineCollection))]
public sealed class LifeTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    [Fact]
    public async Task Call_First_FindsTheGrainActivated()
        => Assert.True(await engine.Client.GetGrain<ILifeGrain>(_key).InstanceAsync() > 0);

    [Fact]
    public async Task Call_Next_GoesToTheSameActivation()
    {
        var grain = engine.Client.GetGrain<ILifeGrain>(_key);
        Assert.Equal(await grain.InstanceAsync(), await engine.Client.GetGrain<ILifeGrain>(_key).InstanceAsync());
    }

    [Fact]
    public async Task DeactivateOnIdle_NextCall_GoesToANewActivation()
    {
        var grain = engine.Client.GetGrain<ILifeGrain>(_key);
        var before = await grain.InstanceAsync();
        await grain.EndAsync();
        Assert.NotEqual(before, await grain.InstanceAsync());
        Assert.Equal(nameof(DeactivationReasonCode.ApplicationRequested), await Signals.WaitAsync($"{_key}-ended-{before}"));
    }

    [Fact]
    public async Task OnActivate_Throws_FailsTheCallAndTriesAgainAtTheNext()
    {
        var grain = engine.Client.GetGrain<ISickGrain>(_key);
        await Assert.ThrowsAsync<InvalidOperationException>(grain.TouchAsync);
        Signals.Set(_key + "-well");
        Assert.Equal("well", await grain.TouchAsync());
    }

    [Fact]
    public async Task Lifecycle_StartAndEnd_GoThroughTheStagesAndBack()
    {
        var grain = engine.Client.GetGrain<IStageGrain>(_key);
        Signals.Set(_key + "-go");
        var instance = await grain.EndAndHoldAsync(_key);
        await Signals.WaitAsync($"{_key}-disposed-{instance}");
        Assert.Equal("first, set up, last, activated, deactivated, no last, no set up, no first, disposed", Diary.Of(_key));
    }

    [Fact]
    public async Task DeactivateOnIdle_DuringACall_EndsAfterItAndHandsOnWhatWaits()
    {
        var grain = engine.Client.GetGrain<IStageGrain>(_key);
        var held = grain.EndAndHoldAsync(_key);
        await Signals.WaitAsync(_key + "-begun");
        var waiting = grain.TouchAsync();
        Signals.Set(_key + "-go");
        var (first, second) = (await held, await waiting);
        Assert.NotEqual(first, second);
        await Signals.WaitAsync($"{_key}-disposed-{first}");
    }

    [Fact]
    public async Task Constructor_Throws_FailsTheCallAndTriesAgainAtTheNext()
    {
        var grain = engine.Client.GetGrain<IFragileGrain>(_key);
        await Assert.ThrowsAsync<InvalidOperationException>(grain.TouchAsync);
        Signals.Set(_key + "-built");
        Assert.True(await grain.TouchAsync() > 0);
    }

    [Fact]
    public async Task OnDeactivate_Throws_TheNextCallGoesToANewActivation()
    {
        Signals.Set(_key + "-built");
        var grain = engine.Client.GetGrain<IFragileGrain>(_key);
        var before = await grain.TouchAsync();
        await grain.EndAsync();
        await Signals.WaitAsync($"{_key}-ended-{before}");
        Assert.NotEqual(before, await grain.TouchAsync());
    }
}
