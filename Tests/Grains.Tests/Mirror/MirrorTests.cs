using Pythia.Contracts.Registries;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;
using Pythia.Tests.DevChain;
using Pythia.Tests.Support;

namespace Pythia.Tests.Mirror;

/// <summary>Ways in which others lost or doubled what they had promised to send, each tried here.</summary>
public sealed class MirrorTests
{
    [Fact]
    public async Task Submit_OneWriteFails_LeavesNothingBehindAndASecondTryWorks()
    {
        await using var world = await MirrorWorld.StartAsync();
        var device = await world.ClaimedDeviceAsync(world.People.Alice);
        await world.FollowedAsync();
        var act = EndConsents(world, device);
        var sent = world.Chain.Sent.Count;

        world.Storage.FailsOn = (name, _) => name == "device";
        await Assert.ThrowsAnyAsync<Exception>(() => world.SubmitAsync(act, world.People.Alice));
        Assert.Equal(0, (await world.Device(device).GetAsync()).Pending);
        Assert.Equal(IntentStage.Unknown, (await world.Intent(act).GetAsync()).Stage);
        Assert.Equal(sent, world.Chain.Sent.Count);

        world.Storage.FailsOn = (_, _) => false;
        await world.CarryOutAsync(act, world.People.Alice);
    }

    [Fact]
    public async Task Apply_OneWriteFails_IsDeliveredAgain()
    {
        await using var world = await MirrorWorld.StartAsync();
        var device = await world.ClaimedDeviceAsync(world.People.Alice);
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Storage.FailsOn = (name, _) => name == "device" && failed.TrySetResult();

        world.Chain.Mine(world.Registries.EventsOf(EndConsents(world, device)));
        await failed.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await world.FollowedAsync();

        Assert.Equal(2UL, (await world.Device(device).GetAsync()).Epoch);
    }

    [Fact]
    public async Task Submit_QueueingFails_IsAcceptedAndTheSweepQueuesIt()
    {
        await using var world = await MirrorWorld.StartAsync();
        var device = await world.ClaimedDeviceAsync(world.People.Alice);
        var act = EndConsents(world, device);

        world.Storage.FailsOn = (name, _) => name == "intent";
        Assert.Equal(IntentVerdict.Accepted, (await world.SubmitAsync(act, world.People.Alice)).Verdict);
        Assert.Equal(IntentStage.Unknown, (await world.Intent(act).GetAsync()).Stage);
        world.Storage.FailsOn = (_, _) => false;

        var subject = new IntentSubject(SubjectKind.Device, MirrorWorld.Key(device.Id));
        var sweep = world.Grains.GetGrain<IOutboxSweepGrain>(OutboxSweepGrain.KeyOf(MirrorWorld.ChainId, subject));
        Assert.Equal(1, await sweep.SweepAsync());
        await world.UntilAsync(act, IntentStage.Mined);
        await world.FollowedAsync();
        await EventuallyAsync(async () => await sweep.SweepAsync() == 0);
    }

    [Fact]
    public async Task Restart_BetweenStoredAndQueued_CarriesItOut()
    {
        await using var world = await MirrorWorld.StartAsync();
        var device = await world.ClaimedDeviceAsync(world.People.Alice);
        var act = EndConsents(world, device);
        world.Storage.FailsOn = (name, _) => name == "intent";
        await world.SubmitAsync(act, world.People.Alice);

        await world.StopHostAsync();
        world.Storage.FailsOn = (_, _) => false;
        await world.StartHostAsync();

        await world.UntilAsync(act, IntentStage.Mined);
        Assert.Equal(2UL, (await world.Device(device).GetAsync()).Epoch);
    }

    [Fact]
    public async Task Submit_ManyWhileOneIsUnderWay_GoInTwoBatches()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.BatchesUnderWay = 1);
        world.Chain.MinesAtOnce = false;
        var acts = Enumerable.Range(0, 12).Select(i => Publish(world, $"policy {i}")).ToArray();

        var first = world.Chain.Sent.Count;
        await SubmittedAsync(world, acts[0]);
        await world.UntilAsync(acts[0], IntentStage.AcceptedByNode);
        foreach (var act in acts[1..])
        {
            await SubmittedAsync(world, act);
        }

        world.Chain.MinesAtOnce = true;
        world.Chain.MinePool();
        foreach (var act in acts)
        {
            await world.UntilAsync(act, IntentStage.Mined);
        }

        Assert.Equal(first + 2, world.Chain.Sent.Count);
        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Submit_OneThatItsContractRefuses_FailsWithTheReasonBesideGoodOnes()
    {
        await using var world = await MirrorWorld.StartAsync();
        world.Chain.MinesAtOnce = false;
        var acts = new[] { Publish(world, "good"), Publish(world, "bad"), Publish(world, "good too") };
        world.Registries.Refuses[acts[1].Digest(MirrorWorld.ChainId)] =
            RegistryAbi.PolicyRegistry.Errors.Single(e => e.Name == "PolicyExists").Encode(acts[1].PolicyId, world.People.Bob.Address);
        foreach (var act in acts)
        {
            await SubmittedAsync(world, act);
        }

        world.Chain.MinesAtOnce = true;
        world.Chain.MinePool();
        var views = new List<IntentView>();
        foreach (var act in acts)
        {
            views.Add(await world.UntilAsync(act, IntentStage.Final));
        }

        Assert.Equal([IntentStage.Final, IntentStage.Failed, IntentStage.Final], views.Select(v => v.Stage));
        Assert.Contains("PolicyExists", views[1].Reason);
        Assert.Equal(0, (await world.Policy(acts[1].PolicyId).GetAsync()).Pending);
    }

    [Fact]
    public async Task Submit_OneThatIsRefusedBeforeItsNonce_FailsOnlyWhenItsDeadlineHasPassedOnTheChain()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.ItemRetries = 0);
        var act = Publish(world, "too early");
        var intent = world.People.Sign(act, world.People.Manufacturer); // the model chain does not know it: its call reverts
        await world.Policy(act.PolicyId).SubmitAsync(intent);

        await EventuallyAsync(async () => (await world.Relay.GetAsync()) is { Waiting: 1, UnderWay: 0 });
        Assert.True((await world.Intent(act).GetAsync()).Stage < IntentStage.Mined);
        Assert.Equal(1, (await world.Policy(act.PolicyId).GetAsync()).Pending);

        world.Chain.SecondsABlock = 1_000;
        world.Chain.Mine();
        var view = await world.UntilAsync(act, IntentStage.Failed);
        Assert.Contains("deadline", view.Reason);
        await EventuallyAsync(async () => (await world.Policy(act.PolicyId).GetAsync()).Pending == 0);
        await EventuallyAsync(async () => await world.Relay.GetAsync() is { Waiting: 0, UnderWay: 0 }); // the lane lets go last
    }

    [Fact]
    public async Task Submit_OneThatItsSignerCarriesOutMeanwhile_IsSettledAsMined()
    {
        await using var world = await MirrorWorld.StartAsync();
        world.Chain.MinesAtOnce = false;
        var act = Publish(world, "by myself");
        var intent = world.Prepare(act, world.People.Manufacturer);
        await world.Policy(act.PolicyId).SubmitAsync(intent);
        await world.UntilAsync(act, IntentStage.AcceptedByNode);

        world.Chain.CarryOutDirectly(MirrorWorld.CallOf(act, intent));
        await world.UntilAsync(act, IntentStage.Mined);
        world.Chain.MinePool();
        await world.FollowedAsync();

        Assert.Equal(1, world.Chain.CarriedOut[Hex.Format(MirrorWorld.CallOf(act, intent))]);
        await EventuallyAsync(async () => (await world.Relay.GetAsync()) is { Waiting: 0, UnderWay: 0 });
    }

    [Fact]
    public async Task Submit_AfterItsSignerCarriedItOutAndBeforeThatIsFinal_PromisesNothing()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.FinalityDepthBlocks = 3);
        var act = Publish(world, "not yet final");
        var intent = world.Prepare(act, world.People.Manufacturer);
        world.Chain.CarryOutDirectly(MirrorWorld.CallOf(act, intent));
        await world.FollowedAsync();
        Assert.Equal(IntentVerdict.WrongState, (await world.Policy(act.PolicyId).SubmitAsync(intent)).Verdict);

        world.Chain.Reorganise(1);
        await world.FollowedAsync();
        Assert.Equal(IntentVerdict.Accepted, (await world.Policy(act.PolicyId).SubmitAsync(intent)).Verdict);
        await world.UntilAsync(act, IntentStage.Mined);
    }

    [Fact]
    public async Task Submit_AfterItsSignerCarriedItOut_IsAlreadyAccepted()
    {
        await using var world = await MirrorWorld.StartAsync();
        var act = Publish(world, "before");
        var intent = world.Prepare(act, world.People.Manufacturer);
        world.Chain.CarryOutDirectly(MirrorWorld.CallOf(act, intent));
        await world.FollowedAsync();

        Assert.Equal(IntentVerdict.AlreadyAccepted, (await world.Policy(act.PolicyId).SubmitAsync(intent)).Verdict);
        Assert.Empty(world.Chain.Sent);
    }

    [Fact]
    public async Task Send_NodeThatAcceptsAndForgets_GetsTheSameBytesAgain()
    {
        await using var world = await MirrorWorld.StartAsync();
        world.Chain.MinesAtOnce = false;
        var act = Publish(world, "forgotten");
        await SubmittedAsync(world, act);
        await world.UntilAsync(act, IntentStage.AcceptedByNode);

        world.Chain.ForgetPool();
        world.Chain.MinesAtOnce = true;
        await world.UntilAsync(act, IntentStage.Mined);

        Assert.True(world.Chain.Sent.Count >= 2);
        Assert.Single(world.Chain.Sent.Select(t => t.Hash).Distinct());
    }

    [Fact]
    public async Task Send_NodeThatFails_IsTriedAgainWithTheSameBytes()
    {
        await using var world = await MirrorWorld.StartAsync();
        var calls = 0;
        world.Chain.OnSend = _ => ++calls < 3 ? throw new TimeoutException("no answer") : null;
        var act = Publish(world, "later");
        await SubmittedAsync(world, act);

        await world.UntilAsync(act, IntentStage.Mined);
        Assert.Single(world.Chain.Sent.Select(t => t.Hash).Distinct());
    }

    [Fact]
    public async Task Restart_AfterTheBytesWereStoredAndBeforeTheyWereSent_SendsTheVeryBytes()
    {
        await using var world = await MirrorWorld.StartAsync();
        var tried = new TaskCompletionSource<SignedTransaction>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Chain.OnSend = t =>
        {
            tried.TrySetResult(t);
            throw new TimeoutException("the silo dies before the node hears");
        };
        var act = Publish(world, "withheld");
        await SubmittedAsync(world, act);
        var withheld = await tried.Task.WaitAsync(TimeSpan.FromSeconds(10));

        await world.StopHostAsync();
        world.Chain.OnSend = _ => null;
        world.Chain.ForgetSent();
        await world.StartHostAsync();

        await world.UntilAsync(act, IntentStage.Mined);
        Assert.Equal(withheld.Hash, world.Chain.Sent[0].Hash);
        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Restart_AfterANodeTookTheBytesAndBeforeTheLaneKnew_SendsTheVeryBytes()
    {
        await using var world = await MirrorWorld.StartAsync();
        world.Chain.MinesAtOnce = false;
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Storage.FailsOn = (name, _) => name == "lane" && world.Chain.Sent.Count > 0 && (taken.TrySetResult() || true);
        var act = Publish(world, "signed");
        await SubmittedAsync(world, act);
        await taken.Task.WaitAsync(TimeSpan.FromSeconds(10));
        var stored = Batches(world).Single();

        await world.StopHostAsync();
        world.Storage.FailsOn = (_, _) => false;
        world.Chain.ForgetPool();
        world.Chain.MinesAtOnce = true;
        await world.StartHostAsync();

        await world.UntilAsync(act, IntentStage.Mined);
        Assert.Single(world.Chain.Sent.Select(t => t.Hash).Distinct());
        Assert.Contains(world.Chain.Sent[0].Hash.ToString(), stored);
    }

    [Fact]
    public async Task Restart_AfterTheNonceWasReservedAndBeforeAnythingWasSigned_UsesThatNonce()
    {
        await using var world = await MirrorWorld.StartAsync();
        world.Storage.FailsOn = (name, _) => name == "batch";
        var act = Publish(world, "reserved");
        await SubmittedAsync(world, act);
        await world.UntilAsync(act, IntentStage.NonceReserved);
        Assert.Empty(world.Chain.Sent);

        await world.StopHostAsync();
        world.Storage.FailsOn = (_, _) => false;
        await world.StartHostAsync();

        await world.UntilAsync(act, IntentStage.Mined);
        Assert.Equal(0UL, world.Chain.Sent[0].Transaction.Nonce);
    }

    [Fact]
    public async Task Send_NonceThatAnotherTransactionTook_GoesOutUnderTheNextOne()
    {
        await using var world = await MirrorWorld.StartAsync();
        world.Chain.MinesAtOnce = false;
        var act = Publish(world, "robbed");
        await SubmittedAsync(world, act);
        await world.UntilAsync(act, IntentStage.AcceptedByNode);

        world.Chain.ForgetPool();
        world.Chain.MinesAtOnce = true;
        world.Chain.UseNonce(world.Lane.Account);

        await world.UntilAsync(act, IntentStage.Mined);
        Assert.Equal(1UL, world.Chain.Sent[^1].Transaction.Nonce);
        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Send_TransactionThatIsStuck_IsReplacedAtAHigherFeeUnderItsNonce()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.StuckAfterSeconds = 5);
        world.Chain.MinesAtOnce = false;
        var act = Publish(world, "stuck");
        await SubmittedAsync(world, act);
        await world.UntilAsync(act, IntentStage.AcceptedByNode);

        world.Time.Shift = TimeSpan.FromSeconds(6);
        await EventuallyAsync(() => Task.FromResult(world.Chain.Sent.Select(t => t.Hash).Distinct().Count() == 2));
        var (first, second) = (world.Chain.Sent[0].Transaction, world.Chain.Sent[^1].Transaction);
        Assert.Equal(first.Nonce, second.Nonce);
        Assert.True(second.MaxFeePerGasWei >= first.MaxFeePerGasWei * 110 / 100);
        Assert.Equal(first.Data.ToArray(), second.Data.ToArray());

        world.Chain.MinePool();
        await world.UntilAsync(act, IntentStage.Mined);
    }

    [Fact]
    public async Task Follow_BlockWithABatchLeavesTheChain_CarriesItOutAgainOnce()
    {
        await using var world = await MirrorWorld.StartAsync();
        var (kept, undone) = (Publish(world, "kept"), Publish(world, "undone"));
        await world.SubmitAsync(kept, world.People.Manufacturer);
        await world.UntilAsync(kept, IntentStage.Final);
        await world.SubmitAsync(undone, world.People.Manufacturer);
        var before = await world.UntilAsync(undone, IntentStage.Final);

        world.Chain.Reorganise(1);
        await world.FollowedAsync();
        var after = await world.UntilAsync(undone, IntentStage.Final);

        Assert.NotEqual(before.Position!.BlockHash, after.Position!.BlockHash);
        Assert.Equal(2, world.Chain.CarriedOut.Count);
        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Follow_BlockLeavesTheChainAndTheLaneCanNotStore_CarriesItOutAgainOnce()
    {
        await using var world = await MirrorWorld.StartAsync();
        var (kept, undone) = (Publish(world, "kept"), Publish(world, "undone"));
        await world.SubmitAsync(kept, world.People.Manufacturer);
        await world.UntilAsync(kept, IntentStage.Final);
        await world.SubmitAsync(undone, world.People.Manufacturer);
        var before = await world.UntilAsync(undone, IntentStage.Final);

        // The intent knows that it is open again, and the lane does not take it: whoever retracts it has to come again.
        var failures = 0;
        world.Storage.FailsOn = (name, _) => name == "lane" && Interlocked.Increment(ref failures) <= 2;
        world.Chain.Reorganise(1);

        await world.FollowedAsync();
        var after = await world.UntilAsync(undone, IntentStage.Mined);

        Assert.True(failures > 1);
        Assert.NotEqual(before.Position!.BlockHash, after.Position!.BlockHash);
        Assert.Equal(2, world.Chain.CarriedOut.Count);
        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Restart_UnderLoad_LosesAndDoublesNothing()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.BatchSize = 7);
        var acts = Enumerable.Range(0, 60).Select(i => Publish(world, $"load {i}")).ToArray();

        foreach (var some in acts.Chunk(20))
        {
            await Task.WhenAll(some.Select(a => SubmittedAsync(world, a)));
            await world.RestartAsync();
        }

        foreach (var act in acts)
        {
            await world.UntilAsync(act, IntentStage.Mined);
        }

        Assert.Equal(60, world.Chain.CarriedOut.Count);
        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));
    }

    private static string[] Batches(MirrorWorld world)
        => [.. world.Storage.Records.Where(r => r.Key.StartsWith("batch/", StringComparison.Ordinal)).Select(r => System.Text.Encoding.UTF8.GetString(r.Value))];

    private static EndConsentsAct EndConsents(MirrorWorld world, TestDevice device)
        => new(world.People.Header(world.People.Alice, RegistryKind.DeviceRegistry), device.Id);

    private static PublishAct Publish(MirrorWorld world, string text)
        => new(world.People.Header(world.People.Manufacturer, RegistryKind.PolicyRegistry), [.. System.Text.Encoding.UTF8.GetBytes(text)]);

    private static async Task SubmittedAsync(MirrorWorld world, PublishAct act)
    {
        var receipt = await world.SubmitAsync(act, world.People.Manufacturer);
        Assert.Equal((IntentVerdict.Accepted, ""), (receipt.Verdict, receipt.Detail));
    }

    // The lane's own view has no event to wait for: asked again until it fits, for at most 15 seconds.
    private static async Task EventuallyAsync(Func<Task<bool>> fits)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while (!await fits())
        {
            await Task.Delay(20, patience.Token);
        }
    }
}
