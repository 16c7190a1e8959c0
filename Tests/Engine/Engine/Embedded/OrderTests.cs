using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Where this engine promises more than Orleans does: no message is on its way for a while, and none overtakes another.</summary>
[Collection(nameof(EngineCollection))]
public sealed class OrderTests(EngineFixture engine)
{
    [Fact]
    public async Task Call_OneCallerInARow_KeepsItsOrder()
    {
        var grain = engine.Client.GetGrain<ITurnGrain>(Keys.New());
        var counts = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => grain.CountAsync()));
        Assert.Equal(Enumerable.Range(1, 30), counts);
    }

    [Fact]
    public async Task Cancel_WhileTheCallWaits_IsNotBegunLater()
    {
        var key = Keys.New();
        var grain = engine.Client.GetGrain<ICancelGrain>(key);
        using var source = new CancellationTokenSource();
        var held = grain.IgnoreAsync(key + "held", CancellationToken.None);
        await Signals.WaitAsync(key + "held-waiting");
        var waiting = grain.IgnoreAsync(key + "waiting", source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Signals.Set(key + "held-go");
        await held;
        Assert.Equal("after", await grain.EchoAsync("after"));
        Assert.False(Signals.IsSet(key + "waiting-waiting"));
    }
}
