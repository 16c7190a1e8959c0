using System.Numerics;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Contracts.Transactions;
using Pythia.Grains.Devices;
using Pythia.Grains.Mirror;
using Pythia.Tests.DevChain;
using ConsentStatus = Pythia.Grains.Consents.ConsentStatus;

namespace Pythia.Tests.Anvil;

/// <summary>A device's life through the grains on the real contracts, checked on the chain.</summary>
public sealed class LifeOnAnvilTests(AnvilMirror mirror) : IClassFixture<AnvilMirror>
{
    private EthereumKey Alice => mirror.People.Alice;

    private EthereumKey Bob => mirror.People.Bob;

    [Fact]
    public async Task Submit_ADevicesLife_IsCarriedOutAndMirroredActByAct()
    {
        var (people, service) = (mirror.People, mirror.People.Service);
        var device = await ClaimedAsync(Alice);
        var publish = new PublishAct(people.Header(people.Manufacturer, RegistryKind.PolicyRegistry), [.. "no resale"u8]);
        await mirror.CarryOutAsync(publish, people.Manufacturer);

        // offered, accepted
        var data = people.Grant(device, Alice, service.Address, "telemetry:read", ConsentKind.Data, await EpochsAsync(device), publish.PolicyId);
        await mirror.CarryOutAsync(data, Alice);
        var accept = new AcceptAct(people.Header(service, RegistryKind.ConsentRegistry), device.Id, 1, data.Terms.Scope, data.TermsHash);
        await mirror.CarryOutAsync(accept, service);
        Assert.Equal(ConsentStatus.Active, (await mirror.Consent(data.ConsentId).GetAsync()).Status);
        Assert.True(await mirror.Reader.IsActiveAsync(device.Id, service.Address, data.Terms.Scope));

        // a command, and the end of everything of that grantee
        var command = people.Grant(device, Alice, service.Address, "lock:open", ConsentKind.Command, await EpochsAsync(device));
        await mirror.CarryOutAsync(command, Alice);
        Assert.Equal("", (await mirror.Consent(command.ConsentId).GetAsync()).EndedBy);
        await mirror.CarryOutAsync(new RevokeGranteeAct(people.Header(Alice, RegistryKind.ConsentRegistry), service.Address), Alice);
        Assert.Equal("grantee revocation", (await mirror.Consent(command.ConsentId).GetAsync()).EndedBy);
        Assert.False(await mirror.Reader.IsActiveAsync(device.Id, service.Address, command.Terms.Scope));

        // a grant that was signed before that is dead
        var late = people.Grant(device, Alice, people.Stranger.Address, "lock:open", ConsentKind.Command, command.Epochs);
        Assert.Equal(IntentVerdict.StaleEpoch, (await mirror.SubmitAsync(late, Alice)).Verdict);

        // sold
        await mirror.CarryOutAsync(new TransferAct(people.Header(Alice, RegistryKind.DeviceRegistry), device.Id, Bob.Address, 1, 0), Alice);
        var view = await mirror.Device(device.Id).GetAsync();
        var onChain = await mirror.Reader.DeviceAsync(device.Id);
        Assert.Equal((Bob.Address.ToString(), 2UL, DeviceStatus.Active, 0), (view.Owner, view.Epoch, view.Status, view.Pending));
        Assert.Equal((Bob.Address, 2UL), (onChain.Owner, onChain.Epoch));
        Assert.Equal("device epoch", (await mirror.Consent(data.ConsentId).GetAsync()).EndedBy);
    }

    [Fact]
    public async Task Follow_TransferSentByTheOwnerItself_ReachesTheGrain()
    {
        var device = await ClaimedAsync(Alice);
        var act = new TransferAct(mirror.People.Header(Alice, RegistryKind.DeviceRegistry), device.Id, Bob.Address, 1, 0);

        var receipt = await (await mirror.SenderAsync(Alice)).SendAsync(act.Contract, act.EncodeDirectCall());
        Assert.True(receipt.Succeeded);
        await mirror.FollowedAsync();

        Assert.Equal(Bob.Address.ToString(), (await mirror.Device(device.Id).GetAsync()).Owner);
    }

    [Fact]
    public async Task Submit_OneThatTheContractRefusesInABatchOfGoodOnes_FailsAloneWithTheReason()
    {
        await mirror.Rpc.SetAutomineAsync(false);
        var people = mirror.People;
        var first = new PublishAct(people.Header(Alice, RegistryKind.PolicyRegistry), [.. "same words"u8]);
        var second = new PublishAct(people.Header(Bob, RegistryKind.PolicyRegistry), [.. "same words"u8]);
        var others = Enumerable.Range(0, 20).Select(i => new PublishAct(people.Header(Alice, RegistryKind.PolicyRegistry), [.. "batch"u8, (byte)i])).ToArray();
        SignedAct[] acts = [first, .. others, second];
        foreach (var act in acts)
        {
            Assert.Equal(IntentVerdict.Accepted, (await mirror.SubmitAsync(act, act.Signer == Bob.Address ? Bob : Alice)).Verdict);
        }

        await mirror.UntilAsync(first, IntentStage.AcceptedByNode);
        await mirror.Rpc.SetAutomineAsync(true);
        await mirror.Rpc.MineAsync();
        foreach (var act in acts[..^1])
        {
            Assert.Equal(IntentStage.Final, (await mirror.UntilAsync(act, IntentStage.Final)).Stage);
        }

        var failed = await mirror.UntilAsync(second, IntentStage.Final);
        Assert.Equal(IntentStage.Failed, failed.Stage);
        Assert.Contains("PolicyExists", failed.Reason);
    }

    [Fact]
    public async Task Restart_WithAcceptedIntentsUnderWay_LosesAndDoublesNothing()
    {
        await mirror.Rpc.SetAutomineAsync(false);
        var acts = Enumerable.Range(0, 30).Select(i => new PublishAct(mirror.People.Header(Alice, RegistryKind.PolicyRegistry), [.. "restart"u8, (byte)i])).ToArray();
        foreach (var some in acts.Chunk(10))
        {
            foreach (var act in some)
            {
                Assert.Equal(IntentVerdict.Accepted, (await mirror.SubmitAsync(act, Alice)).Verdict);
            }

            await mirror.RestartAsync();
        }

        await mirror.Rpc.SetAutomineAsync(true);
        await mirror.Rpc.MineAsync();
        foreach (var act in acts)
        {
            Assert.Equal(IntentStage.Final, (await mirror.UntilAsync(act, IntentStage.Final)).Stage);
        }

        var carriedOut = await mirror.CarriedOutAsync();
        Assert.All(acts, act => Assert.Equal(1, carriedOut[act.Digest(mirror.ChainId)]));
    }

    [Fact]
    public async Task Submit_RelayingAccountWithoutEtherAndTheSignerCancelsItself_FailsWithThatReason()
    {
        var act = Publish(Bob, "out of gas");
        await mirror.Rpc.SetBalanceAsync(mirror.RelayKey.Address, 0);
        try
        {
            Assert.Equal(IntentVerdict.Accepted, (await mirror.SubmitAsync(act, Bob)).Verdict);
            await EventuallyAsync(async () => (await mirror.Lane.GetAsync()).TroubleCode is LaneTrouble.OutOfFunds);

            var cancel = RegistryAbi.PolicyRegistry.Function("cancelIntent").Encode(act.Nonce);
            Assert.True((await (await mirror.SenderAsync(Bob)).SendAsync(act.Contract, cancel)).Succeeded);

            var view = await mirror.UntilAsync(act, IntentStage.Final);
            Assert.Equal((IntentStage.Failed, $"its signer cancelled nonce {act.Nonce}"), (view.Stage, view.Reason));
        }
        finally
        {
            await mirror.Rpc.SetBalanceAsync(mirror.RelayKey.Address, BigInteger.Pow(10, 21));
        }

        await mirror.CarryOutAsync(Publish(Bob, "with gas again"), Bob);
    }

    [Fact]
    public async Task Submit_AnotherTransactionOfTheAccountTakesTheNonce_IsCarriedOutUnderTheNextOnce()
    {
        await mirror.Rpc.SetAutomineAsync(false);
        var act = Publish(Alice, "robbed");
        await mirror.SubmitAsync(act, Alice);
        await mirror.UntilAsync(act, IntentStage.AcceptedByNode);

        var nonce = await mirror.Rpc.TransactionCountAsync(mirror.RelayKey.Address, BlockTag.Latest);
        await mirror.Rpc.SendAsync(new Eip1559Transaction
        {
            ChainId = mirror.ChainId,
            Nonce = nonce,
            MaxFeePerGasWei = FeePolicy.Gwei(90),
            MaxPriorityFeePerGasWei = FeePolicy.Gwei(50),
            GasLimit = 21_000,
            To = mirror.RelayKey.Address,
        }.Sign(mirror.RelayKey));
        await mirror.Rpc.MineAsync();
        await mirror.Rpc.SetAutomineAsync(true);
        await mirror.Rpc.MineAsync();

        await mirror.UntilAsync(act, IntentStage.Final);
        Assert.Equal(1, (await mirror.CarriedOutAsync())[act.Digest(mirror.ChainId)]);
    }

    [Fact]
    public async Task Submit_NonceOutOfItsSequence_FailsAtItsDeadlineWithTheContractsWords()
    {
        var people = mirror.People;
        var header = people.Header(Alice, RegistryKind.PolicyRegistry, deadline: people.Now + 40, nonce: KeyedNonce.Of(9_999, 5));
        var act = new PublishAct(header, [.. "sixth before first"u8]);
        await mirror.SubmitAsync(act, Alice);
        await mirror.UntilAsync(act, IntentStage.AcceptedByNode);
        await EventuallyAsync(async () => await mirror.Lane.GetAsync() is { Waiting: 1 });

        await mirror.Rpc.AdvanceClockAsync(TimeSpan.FromSeconds(90));
        await mirror.Rpc.MineAsync();

        var view = await mirror.UntilAsync(act, IntentStage.Failed);
        Assert.Equal(IntentStage.Failed, view.Stage);
        Assert.Contains("its contract left it without an outcome: InvalidAccountNonce", view.Reason, StringComparison.Ordinal);
    }

    private PublishAct Publish(EthereumKey key, string text)
        => new(mirror.People.Header(key, RegistryKind.PolicyRegistry), [.. System.Text.Encoding.UTF8.GetBytes(text)]);

    // The lane's own view has no event to wait for: asked again until it fits, for at most 30 seconds.
    private static async Task EventuallyAsync(Func<Task<bool>> fits)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await fits())
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private Task<GrantEpochs> EpochsAsync(TestDevice device) => mirror.Reader.EpochsAsync(device.Id);

    private async Task<TestDevice> ClaimedAsync(EthereumKey owner)
    {
        var device = mirror.People.NewDevice();
        var batch = new DeviceBatch([device.InBatch, mirror.People.NewDevice().InBatch]);
        await mirror.CarryOutAsync(mirror.People.Register(batch), mirror.People.Manufacturer);
        await mirror.CarryOutAsync(mirror.People.Claim(device, batch, owner), owner);
        return device;
    }
}
