using Pythia.Grains.Clients;
using Pythia.Tests.Support;
using Shouldly;

namespace Pythia.Tests.Clients;

/// <summary>Quotas hold across activations and restarts, are never overdrawn by callers at once, and begin anew with their window.</summary>
public sealed class ClientGrainTests : IAsyncLifetime
{
    private static readonly QuotaLimits Limits = new(GasPerHour: 1_000, GasPerDay: 1_500, IntentsPerHour: 10, IntentsPerDay: 20);

    private MirrorWorld _world = null!;

    public async Task InitializeAsync() => _world = await MirrorWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Reserve_ManyAtOnce_NeverGrantsMoreThanTheLimit()
    {
        var receipts = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => ReserveAsync(150)));

        receipts.Count(receipt => receipt.IsGranted).ShouldBe(6);
        receipts.Where(receipt => !receipt.IsGranted).ShouldAllBe(receipt => receipt.Standing[0].Name == "gas-per-hour" && receipt.Standing[0].Used == 900 && receipt.Standing[0].Limit == 1_000);
    }

    [Fact]
    public async Task Reserve_AfterARestart_StillCounts()
    {
        (await ReserveAsync(900)).IsGranted.ShouldBeTrue();
        await _world.RestartAsync();

        (await ReserveAsync(101)).IsGranted.ShouldBeFalse();
        (await ReserveAsync(100)).IsGranted.ShouldBeTrue();
    }

    [Fact]
    public async Task Reserve_NotStored_IsNotGranted()
    {
        _world.Storage.FailsOn = (state, _) => state == "client";
        await Should.ThrowAsync<OrleansException>(() => ReserveAsync(900));
        _world.Storage.FailsOn = (_, _) => false;

        (await ReserveAsync(1_000)).IsGranted.ShouldBeTrue();
    }

    [Fact]
    public async Task GiveBack_InItsWindow_MakesRoomOnce()
    {
        var receipt = await ReserveAsync(1_000);
        (await ReserveAsync(1)).IsGranted.ShouldBeFalse();
        await Client.GiveBackAsync("", 1_000, receipt.AtUnixSeconds);

        (await ReserveAsync(1_000)).IsGranted.ShouldBeTrue();
    }

    [Fact]
    public async Task GiveBack_OfAnHourThatIsOver_LeavesTheNewHourAlone()
    {
        AlignToDay();
        var receipt = await ReserveAsync(400);
        _world.Time.Shift += TimeSpan.FromHours(1);
        (await ReserveAsync(1_000)).IsGranted.ShouldBeTrue();
        await Client.GiveBackAsync("", 400, receipt.AtUnixSeconds);

        // The hour is full still; the day has got its part back.
        var refused = await ReserveAsync(1);
        refused.IsGranted.ShouldBeFalse();
        refused.Standing.Single(quota => quota.Name == "gas-per-day").Used.ShouldBe(1_000);
    }

    [Fact]
    public async Task Reserve_BothWindowsUsedUp_NamesTheOneThatStaysSoForLonger()
    {
        AlignToDay();
        (await ReserveAsync(1_000)).IsGranted.ShouldBeTrue();
        _world.Time.Shift += TimeSpan.FromHours(1);
        (await ReserveAsync(500)).IsGranted.ShouldBeTrue();
        var refused = await ReserveAsync(600);

        refused.Standing[0].Name.ShouldBe("gas-per-day");
        refused.Standing[0].ResetSeconds.ShouldBeInRange((22 * 3_600) - 60, 23 * 3_600);

        _world.Time.Shift += TimeSpan.FromDays(1);
        (await ReserveAsync(1_000)).IsGranted.ShouldBeTrue();
    }

    [Fact]
    public async Task Reserve_MembersOfOneBucket_AreCountedApartAndBounded()
    {
        var bucket = _world.Grains.GetGrain<IClientGrain>(ClientKeys.Anonymous(MirrorWorld.ChainId, 7));
        for (var i = 0; i < ClientGrain.MostMembers; i++)
            (await bucket.ReserveAsync(new($"m{i}", 1_000, Limits))).IsGranted.ShouldBeTrue();
        (await bucket.ReserveAsync(new("m0", 1, Limits))).IsGranted.ShouldBeFalse();
        (await bucket.ReserveAsync(new("one more", 1, Limits))).Standing[0].Name.ShouldBe("callers-per-day");

        _world.Time.Shift += TimeSpan.FromDays(1);
        (await bucket.ReserveAsync(new("one more", 1, Limits))).IsGranted.ShouldBeTrue();
    }

    [Fact]
    public async Task TakeCall_BeyondTheBurst_WaitsAsLongAsItSays()
    {
        for (var i = 0; i < 3; i++) (await Client.TakeCallAsync(1, 3)).ShouldBe(0);

        (await Client.TakeCallAsync(1, 3)).ShouldBeInRange(1, 1_000);
    }

    private IClientGrain Client => _world.Grains.GetGrain<IClientGrain>(ClientKeys.Client(MirrorWorld.ChainId, "acme"));

    private Task<QuotaReceipt> ReserveAsync(long gas) => Client.ReserveAsync(new("", gas, Limits));

    // To a minute after midnight, so that no test runs over the end of an hour.
    private void AlignToDay()
    {
        var now = _world.Time.GetUtcNow();
        _world.Time.Shift += now.Date.AddDays(1).AddMinutes(1) - now.UtcDateTime;
    }
}
