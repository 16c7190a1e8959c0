using Pythia.Contracts.Registries;
using Pythia.Grains.Devices;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Tests.DevChain;
using Pythia.Tests.Support;
using ConsentKind = Pythia.Contracts.Registries.ConsentKind;

namespace Pythia.Tests.Ledgers;

/// <summary>What an abandoned block did is undone, whatever was told of it, and whenever the follower dies.</summary>
public sealed class ReorganisationTests : IAsyncLifetime
{
    private readonly LedgerViews _views = new(MirrorWorld.ChainId);
    private MirrorWorld _world = null!;
    private TestDevice _device = null!;

    private TestPeople People => _world.People;

    private string Alice => People.Alice.Address.ToString();

    private string Bob => People.Bob.Address.ToString();

    public async Task InitializeAsync()
    {
        _world = await MirrorWorld.StartAsync();
        _device = await _world.ClaimedDeviceAsync(People.Alice);
        _views.Devices.Add(_device.Id.ToString());
        _views.Addresses.UnionWith([Alice, Bob, $"{People.Service.Address}", $"{People.Manufacturer.Address}"]);
        await _world.FollowedAsync();
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(63)]
    [InlineData(64)]
    public async Task Follow_BlocksThatChangedEverythingAreAbandoned_LeaveNoTrace(int depth)
    {
        var grant = Grant();
        _views.Consents.Add($"{grant.ConsentId}");
        var before = await _views.ReadAsync(_world.Grains);

        _world.Chain.Mine(RichBlock(grant));
        MineEmpty(depth - 1);
        await _world.FollowedAsync();
        Assert.NotEqual(before, await _views.ReadAsync(_world.Grains));

        _world.Chain.Reorganise(depth);
        await _world.FollowedAsync();
        Assert.Equal(before, await _views.ReadAsync(_world.Grains));
    }

    [Fact]
    public async Task Follow_ManyBlocksThatEachChangedTheSame_AreTakenBackOneByOne()
    {
        var states = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            states.Add(await _views.ReadAsync(_world.Grains));
            _world.Chain.Mine(_world.Registries.EventsOf(new FreezeAct(Header(), _device.Id)));
            await _world.FollowedAsync();
        }

        // Each reorganisation adds an empty block more than it takes: the one that did something is that much deeper.
        for (var i = 9; i >= 0; i--)
        {
            _world.Chain.Reorganise(1 + (2 * (9 - i)));
            await _world.FollowedAsync();
            Assert.Equal(states[i], await _views.ReadAsync(_world.Grains));
        }
    }

    [Fact]
    public async Task Follow_BatchThatIsMinedAgainInAnotherBlock_IsListedOnce()
    {
        var register = _world.Registries.EventsOf(People.Register(new DeviceBatch([People.NewDevice().InBatch])));
        _world.Chain.Mine(register);
        await _world.FollowedAsync();
        _world.Chain.Reorganise(1, register);
        await _world.FollowedAsync();

        Assert.Equal(2, (await _world.Manufacturer.GetAsync()).Batches);
        Assert.Equal(2, (await _views.ListAsync(_world.Grains, $"{People.Manufacturer.Address}", OwnerIndexKind.Batches)).Count);
    }

    [Fact]
    public async Task Follow_DeeperThanCanBeTakenBack_StandsByNameUntilItIsRebuilt()
    {
        _world.Chain.Mine(_world.Registries.EventsOf(Transfer(1)));
        MineEmpty(64);
        await _world.FollowedAsync();
        _world.Chain.Reorganise(65, _world.Registries.EventsOf(new FreezeAct(Header(), _device.Id)));

        var view = await UntilAsync(v => v.TroubleCode is not LedgerTrouble.None);
        Assert.Equal(LedgerTrouble.ReorgTooDeep, view.TroubleCode);
        Assert.Equal(Bob, (await _world.Device(_device).GetAsync()).Owner);

        var anew = await _world.Ledger.RebuildAsync();
        Assert.True(anew.BeganAnewAt > view.BeganAnewAt);
        await _world.FollowedAsync();
        var device = await _world.Device(_device).GetAsync();
        Assert.Equal((Alice, DeviceStatus.Frozen), (device.Owner, device.Status));
        Assert.Equal(LedgerTrouble.None, (await _world.Ledger.GetAsync()).TroubleCode);
        Assert.Equal(0, (await _world.Owner(People.Bob.Address).GetAsync()).Devices);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Follow_BlockOfWhichHalfWasToldIsReplaced_LeavesNoTrace(bool dies)
    {
        var before = await _views.ReadAsync(_world.Grains);

        // The device hears that it was sold; the buyer can't store it.
        await TellHalfAsync();
        if (dies)
        {
            await _world.StopHostAsync();
        }

        _world.Chain.Reorganise(1);
        _world.Storage.FailsOn = (_, _) => false;
        if (dies)
        {
            await _world.StartHostAsync();
        }

        await _world.FollowedAsync();
        Assert.Equal(before, await _views.ReadAsync(_world.Grains));
    }

    [Fact]
    public async Task Follow_BlockOfWhichHalfWasToldIsReplacedByOneWithTheSameEvent_CountsItOnce()
    {
        await TellHalfAsync();
        await _world.StopHostAsync();
        _world.Chain.Reorganise(1, _world.Registries.EventsOf(new FreezeAct(Header(), _device.Id)));
        _world.Chain.Mine(_world.Registries.EventsOf(Transfer(1)));
        _world.Storage.FailsOn = (_, _) => false;
        await _world.StartHostAsync();
        await _world.FollowedAsync();

        await AssertSameAsAnewAsync();
        Assert.Equal(1, (await _world.Owner(People.Bob.Address).GetAsync()).Devices);
        Assert.Equal(0, (await _world.Owner(People.Alice.Address).GetAsync()).Devices);
    }

    [Fact]
    public async Task Follow_DiesWhileItStepsBackAndTheChainFlipsBack_HearsTheOldBlocksAnew()
    {
        var act = new PublishAct(People.Header(People.Manufacturer, RegistryKind.PolicyRegistry), [7]);
        await _world.CarryOutAsync(act, People.Manufacturer);
        _world.Chain.Mine(_world.Registries.EventsOf(Transfer(1)));
        _world.Chain.Mine(_world.Registries.EventsOf(new PublishAct(People.Header(People.Manufacturer, RegistryKind.PolicyRegistry), [8])));
        await _world.FollowedAsync();
        var (blocks, before) = (_world.Chain.Blocks, await _views.ReadAsync(_world.Grains));
        var beganAt = (await _world.Ledger.GetAsync()).BeganAnewAt;

        // The device takes it back, the seller can't; the intent is not asked yet.
        var stuck = new TaskCompletionSource();
        _world.Storage.FailsOn = (name, id) => Fails(name == "owner" && id.Key.ToString()!.EndsWith(Alice, StringComparison.Ordinal), stuck);
        _world.Chain.MinesAtOnce = false;
        _world.Chain.Reorganise(3);
        await stuck.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await _world.StopHostAsync();
        _world.Storage.FailsOn = (_, _) => false;
        _world.Chain.FlipTo(blocks);
        await _world.StartHostAsync();
        await _world.FollowedAsync();

        // From its own state, not by reading the whole chain again.
        Assert.Equal(beganAt, (await _world.Ledger.GetAsync()).BeganAnewAt);
        Assert.Equal(before, await _views.ReadAsync(_world.Grains));
        Assert.Equal(IntentStage.Final, (await _world.Intent(act).GetAsync()).Stage);
    }

    [Fact]
    public async Task Follow_ChainThatFlipsBackAndForth_FollowsEachTime()
    {
        _world.Chain.Mine(_world.Registries.EventsOf(Transfer(1)));
        MineEmpty(5);
        await _world.FollowedAsync();
        var (first, ofFirst) = (_world.Chain.Blocks, await _views.ReadAsync(_world.Grains));
        _world.Chain.Reorganise(6, _world.Registries.EventsOf(new FreezeAct(Header(), _device.Id)));
        await _world.FollowedAsync();
        var (second, ofSecond) = (_world.Chain.Blocks, await _views.ReadAsync(_world.Grains));

        for (var i = 0; i < 6; i++)
        {
            _world.Chain.FlipTo(i % 2 == 0 ? first : second);
            await _world.FollowedAsync();
            Assert.Equal(i % 2 == 0 ? ofFirst : ofSecond, await _views.ReadAsync(_world.Grains));
        }
    }

    [Fact]
    public async Task Apply_FromAnEarlierBranchThanWasHeard_IsRefused()
    {
        var ledger = await _world.Ledger.GetAsync();
        var late = new LedgerBranch(ledger.Branch - 1, ledger.BeganAnewAt - 1);
        var owner = _world.Owner(People.Alice.Address);

        await Assert.ThrowsAnyAsync<Exception>(() => owner.ApplyAsync(new BlockNews(late, 500, "0x01", 1, [])));
        await Assert.ThrowsAnyAsync<Exception>(() => owner.RetractAsync(late, 500, "0x01"));
    }

    // The block with the transfer is being told, the device has heard it, and the buyer never stores it.
    private async Task TellHalfAsync()
    {
        var stuck = new TaskCompletionSource();
        _world.Storage.FailsOn = (name, id) => Fails(name == "owner" && id.Key.ToString()!.EndsWith(Bob, StringComparison.Ordinal), stuck);
        _world.Chain.Mine(_world.Registries.EventsOf(Transfer(1)));
        await stuck.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await UntilAsync(_ => _world.Storage.Records.Any(r =>
            r.Key.StartsWith("device/", StringComparison.Ordinal) && System.Text.Encoding.UTF8.GetString(r.Value).Contains(Bob, StringComparison.Ordinal)));
    }

    private async Task AssertSameAsAnewAsync()
    {
        var live = await _views.ReadAsync(_world.Grains);
        await _world.StopHostAsync();
        _world.Storage.Wipe();
        await _world.StartHostAsync();
        await _world.FollowedAsync();
        Assert.Equal(await _views.ReadAsync(_world.Grains), live);
    }

    private async Task<LedgerView> UntilAsync(Func<LedgerView, bool> fits)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        var view = await _world.Ledger.GetAsync();
        while (!fits(view))
        {
            await Task.Delay(10, patience.Token);
            view = await _world.Ledger.GetAsync();
        }

        return view;
    }

    private static bool Fails(bool itDoes, TaskCompletionSource seen)
    {
        if (itDoes)
        {
            seen.TrySetResult();
        }

        return itDoes;
    }

    private void MineEmpty(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _world.Chain.Mine();
        }
    }

    private ModelLog[] RichBlock(GrantAct grant) =>
    [
        .. _world.Registries.EventsOf(grant),
        .. _world.Registries.EventsOf(new RevokeGranteeAct(People.Header(People.Alice, RegistryKind.ConsentRegistry), People.Service.Address)),
        .. _world.Registries.EventsOf(People.Register(new DeviceBatch([People.NewDevice().InBatch]))),
        .. _world.Registries.EventsOf(new FreezeAct(Header(), _device.Id)),
        .. _world.Registries.EventsOf(new UnfreezeAct(Header(), _device.Id, 1, 1)),
        .. _world.Registries.EventsOf(Transfer(1)),
    ];

    private GrantAct Grant() => People.Grant(_device, People.Alice, People.Service.Address, "lock:open", ConsentKind.Command, new GrantEpochs(0, 1, 0));

    private TransferAct Transfer(ulong epoch) => new(Header(), _device.Id, People.Bob.Address, epoch, 0);

    private ActHeader Header() => People.Header(People.Alice, RegistryKind.DeviceRegistry);
}
