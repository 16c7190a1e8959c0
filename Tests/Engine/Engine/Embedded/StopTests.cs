using Orleans.Configuration;
using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>A stop drains, and has an end.</summary>
public sealed class StopTests
{
    private readonly string _key = Keys.New();

    [Fact]
    public async Task Stop_IdleGrains_AreAllToldThatTheSiloGoes()
    {
        using var host = await TestHosts.StartAsync();
        var keys = Enumerable.Range(0, 50).Select(number => $"{_key}-{number}").ToList();
        await Task.WhenAll(keys.Select(key => host.Client().GetGrain<IIdleGrain>(key, typeof(IdleGrain).FullName).KeepAsync(Keep.TimerThatKeepsAlive)));
        await host.StopAsync();
        foreach (var key in keys)
        {
            Assert.True(Signals.IsSet(key + "-ended"));
            Assert.Equal(nameof(DeactivationReasonCode.ShuttingDown), await Signals.WaitAsync(key + "-ended"));
        }
    }

    [Fact]
    public async Task Stop_ACallThatDoesNotEnd_WaitsNoLongerThanItsToken()
    {
        using var host = await TestHosts.StartAsync(silo => silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromMinutes(10)));
        var held = host.Client().GetGrain<ITurnGrain>(_key).HoldAsync(_key);
        await Signals.WaitAsync(_key + "-begun");
        using var patience = new CancellationTokenSource();
        var stop = host.StopAsync(patience.Token);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => host.Client().GetGrain<ITurnGrain>(_key).CountAsync());
        Assert.False(stop.IsCompleted);
        await patience.CancelAsync();
        await stop.ContinueWith(static _ => { }, TaskScheduler.Default).WaitAsync(TimeSpan.FromSeconds(20));

        // Nobody waits for an answer that will not come.
        await Assert.ThrowsAnyAsync<Exception>(() => held.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.True(held.IsFaulted);
        Signals.Set(_key + "-go");
    }

    [Fact]
    public async Task Waiting_WhoseCallerGaveUp_MakesRoomAtOnce()
    {
        using var host = await TestHosts.StartAsync(silo => silo.Configure<SiloMessagingOptions>(options => options.MaxEnqueuedRequestsHardLimit = 1));
        var grain = host.Client().GetGrain<IPatienceGrain>(_key);
        var held = grain.HoldAsync(_key);
        await Signals.WaitAsync(_key + "-begun");
        await Assert.ThrowsAsync<TimeoutException>(() => grain.HoldBrieflyAsync(_key + "late"));
        var next = grain.EchoAsync("next");
        Assert.False(next.IsCompleted);
        await Assert.ThrowsAsync<LimitExceededException>(() => grain.EchoAsync("too many"));
        Signals.Set(_key + "-go");
        Assert.Equal("next", await next);
        await held;
        await host.StopAsync();
    }
}
