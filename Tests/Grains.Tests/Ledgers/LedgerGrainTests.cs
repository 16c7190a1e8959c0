using Pythia.Contracts.Registries;
using Pythia.Grains.Devices;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Tests.DevChain;
using Pythia.Tests.Support;

namespace Pythia.Tests.Ledgers;

/// <summary>The follower: what others do on the chain reaches the grains, once and in order.</summary>
public sealed class LedgerGrainTests : IAsyncLifetime
{
    private MirrorWorld _world = null!;
    private TestDevice _device = null!;

    private TestPeople People => _world.People;

    public async Task InitializeAsync()
    {
        _world = await MirrorWorld.StartAsync();
        _device = await _world.ClaimedDeviceAsync(People.Alice);
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Follow_TransferMadeDirectlyOnTheChain_ReachesDeviceAndOwners()
    {
        _world.Chain.Mine(_world.Registries.EventsOf(Transfer(1)));
        await _world.FollowedAsync();

        var view = await _world.Device(_device).GetAsync();
        Assert.Equal((People.Bob.Address.ToString(), 2UL), (view.Owner, view.Epoch));
        Assert.Equal(0, (await _world.Owner(People.Alice.Address).GetAsync()).Devices);
        Assert.Equal(1, (await _world.Owner(People.Bob.Address).GetAsync()).Devices);
    }

    [Fact]
    public async Task Follow_ManyEventsInOneBlock_AreAppliedInTheirOrder()
    {
        _world.Chain.Mine(
        [
            .. _world.Registries.EventsOf(new FreezeAct(Header(), _device.Id)),
            .. _world.Registries.EventsOf(new UnfreezeAct(Header(), _device.Id, 1, 1)),
            .. _world.Registries.EventsOf(new EndConsentsAct(Header(), _device.Id)),
            .. _world.Registries.EventsOf(new RetireAct(Header(), _device.Id, 2)),
        ]);
        await _world.FollowedAsync();

        var view = await _world.Device(_device).GetAsync();
        Assert.Equal((DeviceStatus.Retired, 2UL), (view.Status, view.Epoch));
        Assert.Equal(2UL, (await _world.Owner(People.Alice.Address).GetAsync()).OwnerEpoch);
    }

    [Fact]
    public async Task Apply_SameEventTwice_CountsOnce()
    {
        var owner = _world.Owner(People.Bob.Address);
        var log = _world.Registries.EventsOf(Transfer(1))[0];
        var told = new LedgerEvent(
            new LedgerPosition(100, "0x01", 1, 3, "0x02"), log.Address.ToString(), [.. log.Topics.SelectMany(t => t.ToArray())], [.. log.Data]);
        var ledger = await _world.Ledger.GetAsync();
        var news = new BlockNews(new LedgerBranch(ledger.Branch, ledger.BeganAnewAt), 100, "0x01", 1, [told]);

        await owner.ApplyAsync(news);
        await owner.ApplyAsync(news);

        Assert.Equal(1, (await owner.GetAsync()).Devices);
    }

    [Fact]
    public async Task Follow_LogOfAStrangersContract_IsNotHeard()
    {
        var log = _world.Registries.EventsOf(Transfer(1))[0] with { Address = People.Stranger.Address };
        _world.Chain.Mine(log);
        await _world.FollowedAsync();

        Assert.Equal(People.Alice.Address.ToString(), (await _world.Device(_device).GetAsync()).Owner);
    }

    [Fact]
    public async Task Follow_WhileNoSiloRuns_CatchesUpAfterTheStart()
    {
        await _world.StopHostAsync();
        _world.Chain.Mine(_world.Registries.EventsOf(Transfer(1)));
        _world.Chain.Mine();
        await _world.StartHostAsync();
        await _world.FollowedAsync();

        Assert.Equal(People.Bob.Address.ToString(), (await _world.Device(_device).GetAsync()).Owner);
        Assert.Equal(1, (await _world.Owner(People.Bob.Address).GetAsync()).Devices);
    }

    [Fact]
    public async Task Follow_ReorganisedChain_StepsBackAndTheNewBranchWins()
    {
        _world.Chain.Mine();
        _world.Chain.Mine();
        _world.Chain.Mine(_world.Registries.EventsOf(Transfer(1)));
        await _world.FollowedAsync();
        var before = await _world.Ledger.GetAsync();
        Assert.Equal(People.Bob.Address.ToString(), (await _world.Device(_device).GetAsync()).Owner);

        // Now at a lower block than before, and to another: the new branch wins all the same.
        var toService = _world.Registries.EventsOf(Transfer(1) with { To = People.Service.Address })[0];
        _world.Chain.Reorganise(3, toService);
        await _world.FollowedAsync();

        var view = await _world.Ledger.GetAsync();
        Assert.Equal((before.Branch + 1, before.BeganAnewAt, ""), (view.Branch, view.BeganAnewAt, view.Trouble));
        Assert.Equal(People.Service.Address.ToString(), (await _world.Device(_device).GetAsync()).Owner);
    }

    [Fact]
    public async Task WaitFor_BlockThatDoesNotCome_ReturnsAfterItsPatience()
    {
        await _world.FollowedAsync();
        var view = await _world.Ledger.WaitForAsync(_world.Chain.Head + 1, TimeSpan.FromMilliseconds(50));

        Assert.Equal(_world.Chain.Head, view.Cursor);
    }

    [Fact]
    public async Task Get_IntentOfABlockThatIsNotFinalYet_IsMinedAndLaterFinal()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.FinalityDepthBlocks = 2);
        var act = new PublishAct(world.People.Header(world.People.Alice, RegistryKind.PolicyRegistry), [1]);
        Assert.Equal(IntentStage.Mined, (await world.CarryOutAsync(act, world.People.Alice)).Stage);

        world.Chain.Mine();
        world.Chain.Mine();
        Assert.Equal(IntentStage.Final, (await world.UntilAsync(act, IntentStage.Final)).Stage);
    }

    private TransferAct Transfer(ulong epoch) => new(Header(), _device.Id, People.Bob.Address, epoch, 0);

    private ActHeader Header() => People.Header(People.Alice, RegistryKind.DeviceRegistry);
}
