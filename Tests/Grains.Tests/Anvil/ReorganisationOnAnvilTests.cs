using Pythia.Contracts.DevChain;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Tests.DevChain;

namespace Pythia.Tests.Anvil;

/// <summary>The chain gives blocks up, live. Anvil announces nothing of it and gives the blocks' transactions up too: what is there is read anew.</summary>
public sealed class ReorganisationOnAnvilTests(AnvilMirror mirror) : IClassFixture<AnvilMirror>
{
    private EthereumKey Alice => mirror.People.Alice;

    private EthereumKey Bob => mirror.People.Bob;

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(64)]
    public async Task Follow_BlocksAreGivenUp_ViewsAreTheChainsAndIntentsAreCarriedOutAgainOnce(int depth)
    {
        var device = await ClaimedAsync();

        // An owner's own transaction is gone with its block.
        await TransferDirectlyAsync(device);
        await GiveUpAsync(depth);
        await AssertOwnerAsync(device, Alice);

        // An intent is sent again.
        var publish = new PublishAct(mirror.People.Header(Alice, RegistryKind.PolicyRegistry), [(byte)depth, 1, 2, 3]);
        var before = await mirror.CarryOutAsync(publish, Alice);
        await GiveUpAsync(depth);
        var after = await mirror.UntilAsync(publish, IntentStage.Final);
        Assert.NotEqual(before.Position!.BlockHash, after.Position!.BlockHash);
        Assert.Equal(1, (await mirror.CarriedOutAsync())[publish.Digest(mirror.ChainId)]);
    }

    [Fact]
    public async Task Follow_NodeIsSetBackToASnapshot_ViewsAreTheChains()
    {
        var device = await ClaimedAsync();
        var snapshot = await mirror.Rpc.SnapshotAsync();
        await TransferDirectlyAsync(device);
        await mirror.FollowedAsync();
        Assert.Equal(Bob.Address.ToString(), (await mirror.Device(device.Id).GetAsync()).Owner);

        await mirror.Rpc.RevertAsync(snapshot);
        await mirror.Rpc.MineAsync(3);
        await GrowAsync(1);
        await AssertOwnerAsync(device, Alice);
    }

    [Fact]
    public async Task Follow_DeeperThanCanBeTakenBack_StandsUntilItIsRebuilt()
    {
        var device = await ClaimedAsync();
        await TransferDirectlyAsync(device);
        await mirror.Rpc.MineAsync(64);
        await mirror.FollowedAsync();
        await mirror.Rpc.ReorganiseAsync(65);
        await mirror.Rpc.AdvanceClockAsync(TimeSpan.FromSeconds(70));
        await mirror.Rpc.MineAsync(2);

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await mirror.Ledger.GetAsync()).TroubleCode is not LedgerTrouble.ReorgTooDeep)
        {
            await Task.Delay(50, patience.Token);
        }

        await mirror.Ledger.RebuildAsync();
        await mirror.FollowedAsync();
        await AssertOwnerAsync(device, Alice);
    }

    // As many blocks as are to go stand on the last one that counts; then the new chain grows above them.
    private async Task GiveUpAsync(int depth)
    {
        if (depth > 1)
        {
            await mirror.Rpc.MineAsync(depth - 1);
        }

        await mirror.FollowedAsync();
        await mirror.Rpc.ReorganiseAsync(depth);
        await GrowAsync(depth);
    }

    // Blocks mined at once run ahead of the clock by a second each, and a new head that is older than the verified one is not followed.
    private async Task GrowAsync(int depth)
    {
        await mirror.Rpc.AdvanceClockAsync(TimeSpan.FromSeconds(depth + 5));
        await mirror.Rpc.MineAsync(2);
        await mirror.FollowedAsync();
    }

    private async Task AssertOwnerAsync(TestDevice device, EthereumKey owner)
    {
        var (view, onChain) = (await mirror.Device(device.Id).GetAsync(), await mirror.Reader.DeviceAsync(device.Id));
        Assert.Equal((owner.Address.ToString(), 1UL), (view.Owner, view.Epoch));
        Assert.Equal((owner.Address, 1UL), (onChain.Owner, onChain.Epoch));
        Assert.Equal("", (await mirror.Ledger.GetAsync()).Trouble);
    }

    private async Task TransferDirectlyAsync(TestDevice device)
    {
        var epochs = await mirror.Reader.EpochsAsync(device.Id);
        var act = new TransferAct(mirror.People.Header(Alice, RegistryKind.DeviceRegistry), device.Id, Bob.Address, epochs.DeviceEpoch, epochs.OwnerEpoch);
        Assert.True((await (await mirror.SenderAsync(Alice)).SendAsync(act.Contract, act.EncodeDirectCall())).Succeeded);
    }

    private async Task<TestDevice> ClaimedAsync()
    {
        var device = mirror.People.NewDevice();
        var batch = new DeviceBatch([device.InBatch, mirror.People.NewDevice().InBatch]);
        await mirror.CarryOutAsync(mirror.People.Register(batch), mirror.People.Manufacturer);
        await mirror.CarryOutAsync(mirror.People.Claim(device, batch, Alice), Alice);
        return device;
    }
}
