using Pythia.Contracts.Registries;
using Pythia.Contracts.Transactions;
using Pythia.Grains.Mirror;
using Pythia.Tests.Support;

namespace Pythia.Tests.Mirror;

/// <summary>Transactions that nodes don't take: none may hold up its lane for good, and nothing is lost by it.</summary>
public sealed class RefusedTests
{
    [Fact]
    public async Task Send_OneItemThatNodesRefuseForAnUnknownReason_IsFoundByHalvesAndTheOthersAreCarriedOut()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.BatchesUnderWay = 1);
        var acts = Enumerable.Range(0, 9).Select(i => Publish(world, $"item {i}")).ToArray();
        world.Chain.OnSend = t => Holds(t, "item 6"u8) ? new SendReply(SendVerdict.Refused, "computer says no") : null;
        foreach (var act in acts)
        {
            await SubmittedAsync(world, act);
        }

        foreach (var act in acts.Where(a => a != acts[6]))
        {
            await world.UntilAsync(act, IntentStage.Mined);
        }

        // It is tried again, and carried out once nodes take it.
        Assert.True((await world.Intent(acts[6]).GetAsync()).Stage < IntentStage.Mined);
        world.Chain.OnSend = _ => null;
        world.Time.Shift += TimeSpan.FromMinutes(2);
        await world.UntilAsync(acts[6], IntentStage.Mined);
        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Send_ItemThatNodesRefuse_FailsAtItsDeadlineWithTheirWords()
    {
        await using var world = await MirrorWorld.StartAsync();
        world.Chain.OnSend = t => t.Transaction.Data.Length > 0 ? new SendReply(SendVerdict.Refused, "computer says no") : null;
        var act = Publish(world, "unwanted");
        await SubmittedAsync(world, act);

        await EventuallyAsync(async () => await world.Relay.GetAsync() is { Waiting: 1, UnderWay: 0, TroubleCode: LaneTrouble.RefusedByNode });
        world.Chain.SecondsABlock = 1_000;
        world.Chain.Mine();
        var view = await world.UntilAsync(act, IntentStage.Failed);

        Assert.Contains("nodes did not take it: computer says no", view.Reason, StringComparison.Ordinal);
        await EventuallyAsync(async () => (await world.Policy(act.PolicyId).GetAsync()).Pending == 0);
    }

    [Fact]
    public async Task Send_RefusedTransactionThatOthersWaitFor_IsReplacedByAnEmptyOneAndTheyAreMined()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.BatchSize = 1);
        world.Chain.MinesAtOnce = false;
        var (bad, good) = (Publish(world, "bad"), Publish(world, "good"));
        world.Chain.OnSend = t => Holds(t, "bad"u8) ? new SendReply(SendVerdict.PoolFull, "txpool is full") : null;
        await SubmittedAsync(world, bad);
        await world.UntilAsync(bad, IntentStage.Signed);
        await SubmittedAsync(world, good);
        await world.UntilAsync(good, IntentStage.AcceptedByNode); // under nonce 1, behind nonce 0 which nobody took

        world.Chain.OnSend = t => Holds(t, "bad"u8) ? new SendReply(SendVerdict.Refused, "computer says no") : null;
        world.Chain.MinesAtOnce = true;
        await world.UntilAsync(good, IntentStage.Mined);

        var closing = world.Chain.Sent.Last(t => t.Transaction.Nonce == 0).Transaction;
        Assert.Equal((world.Lane.Account, 0, 21_000UL), (closing.To, closing.Data.Length, closing.GasLimit));
        Assert.True((await world.Intent(bad).GetAsync()).Stage < IntentStage.Mined);
    }

    [Fact]
    public async Task Send_TransactionThatIsTooBigForTheNode_IsDividedAtOnce()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.BatchesUnderWay = 1);
        world.Chain.MinesAtOnce = false;
        var acts = Enumerable.Range(0, 7).Select(i => Publish(world, $"big {i}")).ToArray();
        world.Chain.OnSend = t => t.Transaction.GasLimit > 1_000_000 ? new SendReply(SendVerdict.TooBig, "exceeds block gas limit") : null;
        foreach (var act in acts)
        {
            await SubmittedAsync(world, act);
        }

        world.Chain.MinesAtOnce = true;
        world.Chain.MinePool();
        foreach (var act in acts)
        {
            await world.UntilAsync(act, IntentStage.Mined);
        }

        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Send_BlocksThatHoldLittle_MakesTransactionsThatFitThem()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.BatchesUnderWay = 1);
        world.Chain.HeadSaid = new(1_000_000_000, 2_000_000);
        world.Chain.MinesAtOnce = false;
        var acts = Enumerable.Range(0, 30).Select(i => Publish(world, $"fit {i}")).ToArray();
        foreach (var act in acts)
        {
            await SubmittedAsync(world, act);
        }

        world.Chain.MinesAtOnce = true;
        world.Chain.MinePool();
        foreach (var act in acts)
        {
            await world.UntilAsync(act, IntentStage.Mined);
        }

        Assert.All(world.Chain.Sent, t => Assert.InRange(t.Transaction.GasLimit, 1UL, 1_500_000UL));
        Assert.Contains(world.Chain.Sent, t => t.Transaction.GasLimit > 1_000_000);
    }

    [Fact]
    public async Task Send_NodeThatAlwaysSaysNonceTooLow_IsNotAskedWithoutPauseAndNothingIsLost()
    {
        await using var world = await MirrorWorld.StartAsync();
        world.Chain.OnSend = _ => new SendReply(SendVerdict.NonceTooLow, "nonce too low");
        var act = Publish(world, "late");
        await SubmittedAsync(world, act);
        await EventuallyAsync(() => Task.FromResult(world.Chain.Sent.Count >= 2)); // it was asked, and asked again a second later
        Assert.InRange(world.Chain.Sent.Count, 2, 10);
        Assert.Single(world.Chain.Sent.Select(t => t.Hash).Distinct());

        world.Chain.OnSend = _ => null;
        await world.UntilAsync(act, IntentStage.Mined);
        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Send_NodeThatAlwaysSaysUnderpriced_RaisesAFewStepsARoundAndNeverAboveTheCap()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.Fees = new FeePolicy { MaxFeePerGasGwei = 4 });
        world.Chain.OnSend = _ => new SendReply(SendVerdict.Underpriced, "transaction underpriced");
        var act = Publish(world, "cheap");
        await SubmittedAsync(world, act);

        await EventuallyAsync(async () => (await world.Relay.GetAsync()).TroubleCode is LaneTrouble.Stuck);
        Assert.All(world.Chain.Sent, t => Assert.True(t.Transaction.MaxFeePerGasWei <= FeePolicy.Gwei(4)));

        world.Chain.OnSend = _ => null;
        await world.UntilAsync(act, IntentStage.Mined);
    }

    [Fact]
    public async Task Close_ItemThatItsContractLeftWithoutAnOutcome_FailsAtItsDeadlineWithTheContractsWords()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.ItemRetries = 0);
        world.Chain.ItemFailure = "InvalidAccountNonce(account: 0x77, currentNonce: 3)";
        var act = Publish(world, "stale nonce");
        await world.Policy(act.PolicyId).SubmitAsync(world.People.Sign(act, world.People.Manufacturer)); // the model chain does not know it: its call reverts
        await world.UntilAsync(act, IntentStage.AcceptedByNode);

        await EventuallyAsync(async () => await world.Relay.GetAsync() is { Waiting: 1, UnderWay: 0 });
        world.Chain.SecondsABlock = 1_000;
        world.Chain.Mine();

        var view = await world.UntilAsync(act, IntentStage.Failed);
        Assert.Contains("its contract left it without an outcome: InvalidAccountNonce(account: 0x77, currentNonce: 3)", view.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Close_MinedInABlockThatTheFollowerDoesNotKnow_CountsAsNoAttemptOfItsItems()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.ItemRetries = 0);
        world.Chain.MinesAtOnce = false;
        var act = Publish(world, "reorganised");
        await SubmittedAsync(world, act);
        await world.UntilAsync(act, IntentStage.AcceptedByNode);
        world.Chain.MineEmpty(2);
        await world.FollowedAsync();

        // The node is on another branch already, whose block of a height that was followed holds the transaction; then that branch is gone.
        var asked = 0;
        world.Chain.OnFind = _ =>
        {
            asked++;
            return new TransactionHint(true, 1, "0xb10c");
        };
        world.Chain.NonceSaid = 1;
        await EventuallyAsync(() => Task.FromResult(asked >= 2));
        world.Chain.ForgetPool();
        (world.Chain.OnFind, world.Chain.NonceSaid) = (_ => null, null);
        world.Chain.MinesAtOnce = true;

        await world.UntilAsync(act, IntentStage.Mined);
    }

    [Fact]
    public async Task Get_DeadlinePassedByTheClockAndNoBlockComes_SaysThatItAwaitsABlock()
    {
        await using var world = await MirrorWorld.StartAsync();
        world.Chain.OnSend = _ => throw new TimeoutException("no node answers");
        world.Chain.MinesAtOnce = false;
        var act = Publish(world, "no block");
        await SubmittedAsync(world, act);
        world.Chain.OnSend = _ => new SendReply(SendVerdict.PoolFull, "txpool is full");

        world.Time.Shift += TimeSpan.FromMinutes(11);
        world.Chain.OnSend = _ => null;
        world.Chain.SecondsABlock = 0;
        world.Chain.Mine();
        await EventuallyAsync(async () => (await world.Relay.GetAsync()).TroubleCode is LaneTrouble.AwaitsBlock);
        Assert.True((await world.Intent(act).GetAsync()).Stage < IntentStage.Mined);

        world.Chain.SecondsABlock = 1_000;
        world.Chain.Mine();
        Assert.Contains("deadline", (await world.UntilAsync(act, IntentStage.Failed)).Reason, StringComparison.Ordinal);
    }

    // A policy stands in the call data as it is.
    private static bool Holds(SignedTransaction transaction, ReadOnlySpan<byte> policy) => transaction.Transaction.Data.Span.IndexOf(policy) >= 0;

    private static PublishAct Publish(MirrorWorld world, string text)
        => new(world.People.Header(world.People.Manufacturer, RegistryKind.PolicyRegistry), [.. System.Text.Encoding.UTF8.GetBytes(text)]);

    private static async Task SubmittedAsync(MirrorWorld world, PublishAct act)
    {
        var receipt = await world.SubmitAsync(act, world.People.Manufacturer);
        Assert.Equal((IntentVerdict.Accepted, ""), (receipt.Verdict, receipt.Detail));
    }

    // The lane's own view has no event to wait for: asked again until it fits, for at most 20 seconds.
    private static async Task EventuallyAsync(Func<Task<bool>> fits)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await fits())
        {
            await Task.Delay(20, patience.Token);
        }
    }
}
