using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Tokens that travel with calls.</summary>
[Collection(nameof(EngineCollection))]
public sealed class CancellationTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    private ICancelGrain Grain => engine.Client.GetGrain<ICancelGrain>(_key);

    [Fact]
    public async Task Cancel_PassedOn_ReachesTheGrainBehind()
    {
        using var source = new CancellationTokenSource();
        var call = Grain.WaitViaAsync(_key + "-behind", _key, source.Token);
        await Signals.WaitAsync(_key + "-waiting");
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await Signals.WaitAsync(_key + "-cancelled");
    }

    [Fact]
    public async Task Cancel_OfACallThatDoesNotListen_FreesTheCaller()
    {
        using var source = new CancellationTokenSource();
        var call = Grain.IgnoreAsync(_key, source.Token);
        await Signals.WaitAsync(_key + "-waiting");
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.False(Signals.IsSet(_key + "-ended"));
        Signals.Set(_key + "-go");
        await Signals.WaitAsync(_key + "-ended");
    }

    [Fact]
    public async Task Cancel_WhileTheCallWaits_FreesTheCaller()
    {
        using var source = new CancellationTokenSource();
        var held = Grain.IgnoreAsync(_key + "held", CancellationToken.None);
        await Signals.WaitAsync(_key + "held-waiting");
        var waiting = Grain.EchoAsync("waits", source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.False(held.IsCompleted);
        Signals.Set(_key + "held-go");
        await held;
        Assert.Equal("after", await Grain.EchoAsync("after"));
    }

    [Fact]
    public async Task Cancel_AfterTheAnswer_ChangesNothing()
    {
        using var source = new CancellationTokenSource();
        Assert.Equal("one", await Grain.EchoAsync("one", source.Token));
        await source.CancelAsync();
        Assert.Equal("two", await Grain.EchoAsync("two"));
    }

    [Fact]
    public async Task Cancel_OneOfTwoCalls_LeavesTheOther()
    {
        using var source = new CancellationTokenSource();
        var other = engine.Client.GetGrain<ICancelGrain>(_key + "-other").IgnoreAsync(_key + "other", CancellationToken.None);
        await Signals.WaitAsync(_key + "other-waiting");
        var call = Grain.WaitAsync(_key, source.Token);
        await Signals.WaitAsync(_key + "-waiting");
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Signals.Set(_key + "other-go");
        await other;
    }
}
