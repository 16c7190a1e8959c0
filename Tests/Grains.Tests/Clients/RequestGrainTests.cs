using Pythia.Grains.Clients;
using Pythia.Tests.Support;
using Shouldly;

namespace Pythia.Tests.Clients;

/// <summary>Nonces are used once and no restart forgets them; an idempotency key answers the same for a day, and nobody waits for the dead.</summary>
public sealed class RequestGrainTests : IAsyncLifetime
{
    private static readonly KeptAnswer Answer = new(202, "application/json", "/x", "{}");

    private MirrorWorld _world = null!;

    public async Task InitializeAsync() => _world = await MirrorWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    private IRequestGrain Memory => _world.Grains.GetGrain<IRequestGrain>(ClientKeys.Client(MirrorWorld.ChainId, "acme", 3));

    private long Now => _world.Time.GetUtcNow().ToUnixTimeSeconds();

    [Fact]
    public async Task UseNonce_ManyAtOnce_IsFreshForOne()
    {
        var verdicts = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Memory.UseNonceAsync("n", Now + 300)));

        verdicts.Count(verdict => verdict is NonceVerdict.Fresh).ShouldBe(1);
        verdicts.Count(verdict => verdict is NonceVerdict.Used).ShouldBe(19);
    }

    [Fact]
    public async Task UseNonce_AfterARestart_IsUsed()
    {
        (await Memory.UseNonceAsync("n", Now + 300)).ShouldBe(NonceVerdict.Fresh);
        await _world.RestartAsync();

        (await Memory.UseNonceAsync("n", Now + 300)).ShouldBe(NonceVerdict.Used);
        (await Memory.UseNonceAsync("n2", Now + 300)).ShouldBe(NonceVerdict.Fresh);
    }

    [Fact]
    public async Task UseNonce_NotStored_MayBeUsedAgain()
    {
        _world.Storage.FailsOn = (state, _) => state == "nonces";
        await Should.ThrowAsync<OrleansException>(() => Memory.UseNonceAsync("n", Now + 300));
        _world.Storage.FailsOn = (_, _) => false;

        (await Memory.UseNonceAsync("n", Now + 300)).ShouldBe(NonceVerdict.Fresh);
    }

    [Fact]
    public async Task UseNonce_NoRoom_RefusesUntilSomeExpire()
    {
        await Task.WhenAll(Enumerable.Range(0, RequestGrain.MostNonces).Select(i => Memory.UseNonceAsync($"n{i}", Now + 300)));
        (await Memory.UseNonceAsync("more", Now + 300)).ShouldBe(NonceVerdict.Full);

        // Kept for as long as any gateway's clock could still take them.
        _world.Time.Shift += TimeSpan.FromSeconds(590);
        (await Memory.UseNonceAsync("more", Now + 300)).ShouldBe(NonceVerdict.Full);
        (await Memory.UseNonceAsync("n0", Now + 300)).ShouldBe(NonceVerdict.Used);
        _world.Time.Shift += TimeSpan.FromSeconds(30);
        (await Memory.UseNonceAsync("more", Now + 300)).ShouldBe(NonceVerdict.Fresh);
    }

    [Fact]
    public async Task Begin_SameRequest_IsUnderWayThenAnswered()
    {
        (await Memory.BeginAsync("k", "f")).Verdict.ShouldBe(IdempotencyVerdict.First);
        (await Memory.BeginAsync("k", "f")).Verdict.ShouldBe(IdempotencyVerdict.UnderWay);
        (await Memory.BeginAsync("k", "g")).Verdict.ShouldBe(IdempotencyVerdict.OtherRequest);
        await Memory.CompleteAsync("k", Answer);
        await _world.RestartAsync();

        (await Memory.BeginAsync("k", "f")).ShouldBe(new IdempotencyStart(IdempotencyVerdict.Answered, Answer));
        (await Memory.BeginAsync("k", "g")).Verdict.ShouldBe(IdempotencyVerdict.OtherRequest);

        _world.Time.Shift += TimeSpan.FromDays(1) + TimeSpan.FromSeconds(5);
        (await Memory.BeginAsync("k", "g")).Verdict.ShouldBe(IdempotencyVerdict.First);
    }

    [Fact]
    public async Task Begin_GatewayDied_MayBeSentAgainAfterAMinute()
    {
        await Memory.BeginAsync("k", "f");
        _world.Time.Shift += TimeSpan.FromSeconds(RequestGrain.UnderWaySeconds + 2);

        (await Memory.BeginAsync("k", "f")).Verdict.ShouldBe(IdempotencyVerdict.First);
    }

    [Fact]
    public async Task Complete_WithoutAnAnswer_LetsTheKeyGo()
    {
        await Memory.BeginAsync("k", "f");
        await Memory.CompleteAsync("k", null);

        (await Memory.BeginAsync("k", "g")).Verdict.ShouldBe(IdempotencyVerdict.First);
    }

    [Fact]
    public async Task Begin_NoRoom_DropsTheOneThatWouldGoFirst()
    {
        for (var i = 0; i < RequestGrain.MostRequests; i++)
        {
            await Memory.BeginAsync($"k{i}", "f");
            await Memory.CompleteAsync($"k{i}", Answer);
            if (i == 0) _world.Time.Shift += TimeSpan.FromSeconds(10);
        }

        (await Memory.BeginAsync("more", "f")).Verdict.ShouldBe(IdempotencyVerdict.First);
        (await Memory.BeginAsync("k1", "f")).Verdict.ShouldBe(IdempotencyVerdict.Answered);
        (await Memory.BeginAsync("k0", "f")).Verdict.ShouldBe(IdempotencyVerdict.First);
    }
}
