using Pythia.Contracts.Registries;
using Pythia.Grains.Devices;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Tests.DevChain;
using Pythia.Tests.Support;
using ConsentKind = Pythia.Contracts.Registries.ConsentKind;

namespace Pythia.Tests.Ledgers;

/// <summary>What grains say of the chain can be had from the chain alone.</summary>
public sealed class RebuildTests : IAsyncLifetime
{
    private readonly LedgerViews _views = new(MirrorWorld.ChainId);
    private MirrorWorld _world = null!;

    private TestPeople People => _world.People;

    public async Task InitializeAsync() => _world = await MirrorWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Follow_EmptyStorageOnAnOldChain_GivesTheSameViewsListsAndHistories()
    {
        var acts = await LiveAsync();
        var live = await _views.ReadAsync(_world.Grains, withFinality: true);
        var outcomes = await OutcomesAsync(acts);

        await _world.StopHostAsync();
        _world.Storage.Wipe();
        await _world.StartHostAsync();
        await _world.FollowedAsync();

        Assert.Equal(live, await _views.ReadAsync(_world.Grains, withFinality: true));
        Assert.Equal(outcomes, await OutcomesAsync(acts));
    }

    [Fact]
    public async Task Rebuild_WhileTheSiloRuns_GivesTheSameAndKeepsWhatWaits()
    {
        var acts = await LiveAsync();
        _world.Chain.MinesAtOnce = false;
        var waiting = new PublishAct(People.Header(People.Manufacturer, RegistryKind.PolicyRegistry, deadline: People.Now + 50_000), [99]);
        Assert.Equal(IntentVerdict.Accepted, (await _world.SubmitAsync(waiting, People.Manufacturer)).Verdict);
        var (live, outcomes) = (await _views.ReadAsync(_world.Grains), await OutcomesAsync(acts));
        var before = await _world.Ledger.GetAsync();

        var anew = await _world.Ledger.RebuildAsync();
        Assert.True(anew.BeganAnewAt > before.BeganAnewAt);
        await _world.FollowedAsync();

        Assert.Equal(live, await _views.ReadAsync(_world.Grains));
        Assert.Equal(outcomes, await OutcomesAsync(acts));
        Assert.Equal(1, (await _world.Policy(waiting.PolicyId).GetAsync()).Pending);
        _world.Chain.MinesAtOnce = true;
        await _world.UntilAsync(waiting, IntentStage.AcceptedByNode);
        _world.Chain.MinePool();
        Assert.Equal(IntentStage.Final, (await _world.UntilAsync(waiting, IntentStage.Final)).Stage);
    }

    [Fact]
    public async Task Rebuild_OnAChainThatNeverHeldWhatWasKnown_LeavesNoTraceAndOpensTheIntentAgain()
    {
        _world.Chain.Mine();
        var act = new PublishAct(People.Header(People.Manufacturer, RegistryKind.PolicyRegistry, deadline: People.Now + 3_000), [1]);
        await _world.CarryOutAsync(act, People.Manufacturer);
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        for (var i = 0; i < 70; i++)
        {
            _world.Chain.Mine();
        }

        await _world.FollowedAsync();
        _world.Chain.MinesAtOnce = false;
        _world.Chain.Reorganise((int)_world.Chain.Head - 1);
        await _world.Ledger.RebuildAsync();
        await _world.FollowedAsync();

        Assert.Equal(DeviceStatus.Unclaimed, (await _world.Device(device).GetAsync()).Status);
        Assert.Equal(0, (await _world.Owner(People.Alice.Address).GetAsync()).Devices);
        Assert.Empty(await _views.ListAsync(_world.Grains, $"{People.Alice.Address}", OwnerIndexKind.Devices));
        Assert.Empty(await _views.HistoryAsync(_world.Grains, SubjectKind.Device, $"{device.Id}"));

        // Whoever asks opens it again, and its lane carries it out on this chain.
        await _world.UntilAsync(act, IntentStage.Queued);
        _world.Chain.MinesAtOnce = true;
        await _world.UntilAsync(act, IntentStage.AcceptedByNode);
        _world.Chain.MinePool();
        Assert.Equal(IntentStage.Final, (await _world.UntilAsync(act, IntentStage.Final)).Stage);
    }

    [Fact]
    public async Task Rebuild_StaleStateAfterARestart_IsNotShown()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        for (var i = 0; i < 70; i++)
        {
            _world.Chain.Mine();
        }

        await _world.FollowedAsync();
        _world.Chain.Reorganise((int)_world.Chain.Head - 1);
        await _world.Ledger.RebuildAsync();
        await _world.RestartAsync();

        // The device is not mentioned any more: only the beginning of the follower tells that what is stored is void.
        Assert.Equal(DeviceStatus.Unclaimed, (await _world.Device(device).GetAsync()).Status);
    }

    [Fact]
    public async Task Follow_StateOfTheFollowerIsLost_BeginsAnewInsteadOfCountingTwice()
    {
        await LiveAsync();
        var live = await _views.ReadAsync(_world.Grains);
        await _world.StopHostAsync();
        _world.Storage.Wipe("ledger/");
        _world.Time.Shift += TimeSpan.FromSeconds(2);
        await _world.StartHostAsync();
        await _world.FollowedAsync();

        Assert.Equal(live, await _views.ReadAsync(_world.Grains));
    }

    [Fact]
    public async Task Follow_StateOfTheFollowerIsLostAndTheClockWentBack_BeginsAnewToo()
    {
        await LiveAsync();
        var live = await _views.ReadAsync(_world.Grains);
        await _world.StopHostAsync();
        _world.Storage.Wipe("ledger/");
        _world.Time.Shift -= TimeSpan.FromHours(1);
        await _world.StartHostAsync();
        await _world.FollowedAsync();

        Assert.Equal(live, await _views.ReadAsync(_world.Grains));
    }

    [Fact]
    public async Task Follow_HundredThousandEmptyBlocks_StoresInSteps()
    {
        await _world.StopHostAsync();
        _world.Chain.MineEmpty(100_000);
        var writes = 0;
        _world.Storage.FailsOn = (name, _) => Interlocked.Add(ref writes, name == "ledger" ? 1 : 0) < 0;
        await _world.StartHostAsync();
        await _world.FollowedAsync();

        Assert.InRange(writes, 100, 2 + (100_000 / 64));
    }

    // Acts through us and directly by their signers, consents that end by each cause, a maker with several batches.
    private async Task<List<SignedAct>> LiveAsync()
    {
        var (device, sold) = (await _world.ClaimedDeviceAsync(People.Alice), await _world.ClaimedDeviceAsync(People.Alice));
        var publish = new PublishAct(People.Header(People.Manufacturer, RegistryKind.PolicyRegistry), [.. new byte[200]]);
        await _world.CarryOutAsync(publish, People.Manufacturer);
        var refused = new DeprecateAct(People.Header(People.Manufacturer, RegistryKind.PolicyRegistry), publish.PolicyId);
        _world.Registries.Refuses[refused.Digest(MirrorWorld.ChainId)] = [1, 2, 3, 4];
        await _world.CarryOutAsync(refused, People.Manufacturer);
        var over = Grant(device, "over", notAfter: _world.Chain.HeadUnixSeconds + 60);
        var (revoked, floored, ended) = (Grant(device, "revoked"), Grant(device, "floored"), Grant(sold, "ended"));
        foreach (var grant in (GrantAct[])[over, revoked, floored, ended])
        {
            _world.Chain.Mine(_world.Registries.EventsOf(grant));
            _views.Consents.Add($"{grant.ConsentId}");
        }

        _world.Chain.Mine(
        [
            .. _world.Registries.EventsOf(new RevokeAct(
                People.Header(People.Alice, RegistryKind.ConsentRegistry), device.Id, revoked.Terms.Grantee, revoked.Terms.Scope)),
            .. _world.Registries.EventsOf(new TransferAct(People.Header(People.Alice, RegistryKind.DeviceRegistry), sold.Id, People.Bob.Address, 1, 0)),
        ]);
        _world.Chain.Mine(_world.Registries.EventsOf(new RevokeGranteeAct(People.Header(People.Alice, RegistryKind.ConsentRegistry), People.Service.Address)));
        _world.Chain.SecondsABlock = 3_700;
        _world.Chain.Mine();
        _world.Chain.SecondsABlock = 2;

        // Deeper than can be taken back: what is counted from here on stands on it for good.
        _world.Chain.MineEmpty(70);
        _world.Chain.Mine(_world.Registries.EventsOf(People.Register(new DeviceBatch([People.NewDevice().InBatch, People.NewDevice().InBatch]))));
        _views.Devices.UnionWith([$"{device.Id}", $"{sold.Id}"]);
        _views.Policies.Add($"{publish.PolicyId}");
        _views.Addresses.UnionWith(new[] { People.Alice, People.Bob, People.Service, People.Manufacturer }.Select(k => $"{k.Address}"));
        await _world.FollowedAsync();
        return [publish, refused];
    }

    private async Task<string> OutcomesAsync(IEnumerable<SignedAct> acts)
    {
        var views = new List<string>();
        foreach (var act in acts)
        {
            var view = await _world.Intent(act).GetAsync();
            views.Add($"{view.Stage} {view.Position} {view.Reason}");
        }

        return string.Join('\n', views);
    }

    private GrantAct Grant(TestDevice device, string scope, ulong? notAfter = null)
        => People.Grant(device, People.Alice, People.Service.Address, scope, ConsentKind.Command, new GrantEpochs(0, 1, 0), notAfter: notAfter ?? People.Now + 360_000);
}
