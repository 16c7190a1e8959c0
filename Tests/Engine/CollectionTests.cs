using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Activations that nobody calls are ended, and what keeps them.</summary>
[Collection(nameof(WaitingCollection))]
public sealed class CollectionTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    [Fact]
    public async Task Collection_IdleForItsClassesAge_EndsIt()
    {
        await Grain("").KeepAsync(Keep.Nothing);
        Assert.Equal(nameof(DeactivationReasonCode.ActivationIdle), await Signals.WaitAsync(_key + "-ended"));
    }

    [Fact]
    public async Task Collection_TimerThatDoesNotKeepAlive_EndsIt()
    {
        await Grain("").KeepAsync(Keep.TimerThatDoesNot);
        Assert.Equal(nameof(DeactivationReasonCode.ActivationIdle), await Signals.WaitAsync(_key + "-ended"));
    }

    [Theory]
    [InlineData(Keep.TimerThatKeepsAlive)]
    [InlineData(Keep.Delay)]
    public async Task Collection_WhatKeepsAGrain_OutlivesOneThatNothingKeeps(Keep keep)
    {
        var before = await Grain("kept").KeepAsync(keep);

        // Two that nothing keeps, one after the other: when the second has gone, the first grain's age is long over.
        foreach (var name in new[] { "one", "two" })
        {
            await Grain(name).KeepAsync(Keep.Nothing);
            await Signals.WaitAsync(_key + name + "-ended");
        }

        Assert.False(Signals.IsSet(_key + "kept-ended"));
        Assert.Equal(before, await Grain("kept").KeepAsync(Keep.Nothing));
    }

    [Fact]
    public async Task Collection_OnDemand_EndsTheIdleAndLeavesTheBusy()
    {
        var busy = Grain("busy").HoldAsync();
        await Signals.WaitAsync(_key + "busy-held");
        await Grain("idle").KeepAsync(Keep.Nothing);
        await engine.Client.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
        Assert.Equal(nameof(DeactivationReasonCode.ActivationIdle), await Signals.WaitAsync(_key + "idle-ended"));
        Assert.False(Signals.IsSet(_key + "busy-ended"));
        Signals.Set(_key + "busy-go");
        Assert.Equal(await busy, await Grain("busy").KeepAsync(Keep.Nothing));
    }

    [Fact]
    public async Task Collection_OnDemand_LeavesWhatAskedToBeKept()
    {
        var (delayed, never) = (Grain("delayed"), engine.Client.GetGrain<IIdleGrain>(_key + "never", typeof(NeverIdleGrain).FullName));
        var before = (await delayed.KeepAsync(Keep.Delay), await never.KeepAsync(Keep.Nothing));
        await engine.Client.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
        Assert.Equal(before, (await delayed.KeepAsync(Keep.Nothing), await never.KeepAsync(Keep.Nothing)));
    }

    private IIdleGrain Grain(string name) => engine.Client.GetGrain<IIdleGrain>(_key + name, typeof(IdleGrain).FullName);
}
