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
    public async Task Collection_IdleForItsClassesAge_EndsIt()
    {
        await engine.Client.GetGrain<IShortLivedGrain>(_key).InstanceAsync();
        Assert.Equal(nameof(DeactivationReasonCode.ActivationIdle), await Signals.WaitAsync(_key + "-ended"));
    }
}
