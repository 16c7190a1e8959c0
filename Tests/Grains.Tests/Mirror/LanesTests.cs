using Pythia.Contracts.Registries;
using Pythia.Grains.Mirror;
using Pythia.Tests.Support;

namespace Pythia.Tests.Mirror;

/// <summary>Several paying accounts, and nonces that signers cancel.</summary>
public sealed class LanesTests
{
    [Fact]
    public async Task Submit_ManyWithThreeAccounts_AreSpreadOverAllAndCarriedOutOnce()
    {
        await using var world = await MirrorWorld.StartAsync(lanes: 3);
        var acts = Acts(world, 90, "spread");
        foreach (var act in acts)
        {
            await SubmittedAsync(world, act);
        }

        await MinedAsync(world, acts);
        var perLane = world.Chain.Sent.DistinctBy(t => t.Hash).GroupBy(t => t.Sender)
            .ToDictionary(g => g.Key, g => g.Sum(t => Relay.TryDecode(t.Transaction.Data.Span, out var items) ? items.Length : 0));
        Assert.Equal(3, perLane.Count);
        Assert.All(perLane.Values, count => Assert.InRange(count, 15, 50));
    }

    [Fact]
    public async Task Send_AccountThatCanNotPay_HandsItsIntentsToTheOthers()
    {
        await using var world = await MirrorWorld.StartAsync(lanes: 2);
        var poor = world.Lane.Account;
        world.Chain.OnSend = t => t.Sender == poor ? new SendReply(SendVerdict.NoFunds, "insufficient funds for gas * price + value") : null;
        var acts = Acts(world, 40, "funds");
        foreach (var act in acts)
        {
            await SubmittedAsync(world, act);
        }

        await MinedAsync(world, acts);
        Assert.Equal(LaneTrouble.OutOfFunds, (await world.Relay.GetAsync()).TroubleCode);
        await EmptyAsync(world.Relay);
        Assert.Equal(LaneRoom.SetAside, await world.Relay.GetRoomAsync());
        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));

        // Filled up again, it is used again.
        world.Chain.OnSend = _ => null;
        world.Time.Shift += TimeSpan.FromSeconds(31);
        world.Chain.ForgetSent();
        var later = Acts(world, 20, "filled");
        foreach (var act in later)
        {
            await SubmittedAsync(world, act);
        }

        await MinedAsync(world, later);
        Assert.Contains(world.Chain.Sent, t => t.Sender == poor);
    }

    [Fact]
    public async Task Enqueue_AccountThatIsSetAside_HandsOverAlsoWhatComesLaterAndSaysWhyAllTheWhile()
    {
        await using var world = await MirrorWorld.StartAsync(lanes: 2);
        var (poor, rich) = (world.Lane.Account, world.Lanes[1]);
        world.Chain.OnSend = t => t.Sender == poor ? new SendReply(SendVerdict.NoFunds, "insufficient funds") : throw new TimeoutException("no node answers");
        var acts = Acts(world, 2, "late");
        foreach (var act in acts)
        {
            await SubmittedAsync(world, act);
            await world.Intent(act).MoveAsync(poor.ToString());
            await EmptyAsync(world.Relay);
        }

        // As one that saw room there before: the first of these rounds has ended when the second intent is gone.
        foreach (var act in acts)
        {
            Assert.True(await world.Intent(act).MoveAsync(poor.ToString()));
            await EmptyAsync(world.Relay);
        }

        Assert.Equal((LaneTrouble.OutOfFunds, LaneRoom.SetAside), ((await world.Relay.GetAsync()).TroubleCode, await world.Relay.GetRoomAsync()));
        world.Chain.OnSend = t => t.Sender == poor ? new SendReply(SendVerdict.NoFunds, "insufficient funds") : null;
        await MinedAsync(world, acts);
        await EmptyAsync(world.RelayOf(rich));
        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Send_OnlyAccountCanNotPay_KeepsItsIntentsUntilItCan()
    {
        await using var world = await MirrorWorld.StartAsync();
        world.Chain.OnSend = _ => new SendReply(SendVerdict.NoFunds, "insufficient funds");
        var acts = Acts(world, 5, "poor");
        foreach (var act in acts)
        {
            await SubmittedAsync(world, act);
        }

        await EventuallyAsync(async () => (await world.Relay.GetAsync()).TroubleCode is LaneTrouble.OutOfFunds);
        world.Chain.OnSend = _ => null;
        world.Time.Shift += TimeSpan.FromSeconds(31);
        await MinedAsync(world, acts);
        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Restart_AccountThatIsNoLongerConfigured_LeavesItsIntentsToTheOthersOnce()
    {
        await using var world = await MirrorWorld.StartAsync();
        world.Chain.MinesAtOnce = false;
        var acts = Acts(world, 10, "removed");
        foreach (var act in acts)
        {
            await SubmittedAsync(world, act);
        }

        await world.UntilAsync(acts[0], IntentStage.AcceptedByNode);
        await world.StopHostAsync();
        world.Lanes = [new KeyLaneSigner(TestPeople.Key(77))];
        await world.StartHostAsync();

        // The old account's bytes may still be mined, before and after the new one's: a contract takes an intent once.
        await world.UntilAsync(acts[0], IntentStage.AcceptedByNode);
        world.Chain.MinesAtOnce = true;
        world.Chain.MinePool();
        await MinedAsync(world, acts);
        await world.FollowedAsync();
        Assert.Equal(10, world.Chain.CarriedOut.Count);
        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));
        Assert.Equal(LaneRoom.Closed, await world.Relay.GetRoomAsync());
    }

    [Fact]
    public async Task Follow_NonceThatItsSignerCancelled_FailsTheIntentWithThatReason()
    {
        await using var world = await MirrorWorld.StartAsync();
        world.Chain.OnSend = _ => throw new TimeoutException("no node answers");
        var act = Acts(world, 1, "cancelled")[0];
        await SubmittedAsync(world, act);

        world.Chain.Mine(world.Registries.Log(RegistryKind.PolicyRegistry, "IntentCancelled", act.Signer, act.Nonce));

        var view = await world.UntilAsync(act, IntentStage.Final);
        Assert.Equal(IntentStage.Failed, view.Stage);
        Assert.Equal($"its signer cancelled nonce {act.Nonce}", view.Reason);
        await EventuallyAsync(async () => (await world.Policy(act.PolicyId).GetAsync()).Pending == 0);
        await EmptyAsync(world.Relay);
    }

    [Fact]
    public async Task Follow_CancellationOfAnotherContractsNonce_LeavesTheIntentAlone()
    {
        await using var world = await MirrorWorld.StartAsync();
        world.Chain.OnSend = _ => throw new TimeoutException("no node answers");
        var act = Acts(world, 1, "kept")[0];
        await SubmittedAsync(world, act);

        world.Chain.Mine(world.Registries.Log(RegistryKind.ConsentRegistry, "IntentCancelled", act.Signer, act.Nonce));
        world.Chain.Mine(world.Registries.Log(RegistryKind.PolicyRegistry, "IntentCancelled", world.People.Bob.Address, act.Nonce));
        await world.FollowedAsync();
        Assert.True((await world.Intent(act).GetAsync()).Stage < IntentStage.Mined);

        world.Chain.OnSend = _ => null;
        await world.UntilAsync(act, IntentStage.Mined);
    }

    [Fact]
    public async Task Follow_CancellationLeavesTheChain_OpensTheIntentAgain()
    {
        await using var world = await MirrorWorld.StartAsync();
        world.Chain.Mine();
        world.Chain.OnSend = _ => throw new TimeoutException("no node answers");
        var act = Acts(world, 1, "cancelled for a while")[0];
        await SubmittedAsync(world, act);
        world.Chain.Mine(world.Registries.Log(RegistryKind.PolicyRegistry, "IntentCancelled", act.Signer, act.Nonce));
        await world.UntilAsync(act, IntentStage.Final);

        world.Chain.OnSend = _ => null;
        world.Chain.Reorganise(1);
        await world.FollowedAsync();
        await EventuallyAsync(async () => (await world.Intent(act).GetAsync()).Stage is IntentStage.Final);
        Assert.Equal("", (await world.Intent(act).GetAsync()).Reason);
        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));
    }

    private static PublishAct[] Acts(MirrorWorld world, int count, string text)
        => [.. Enumerable.Range(0, count).Select(i => new PublishAct(
            world.People.Header(world.People.Manufacturer, RegistryKind.PolicyRegistry), [.. System.Text.Encoding.UTF8.GetBytes($"{text} {i}")]))];

    private static async Task SubmittedAsync(MirrorWorld world, PublishAct act)
    {
        var receipt = await world.SubmitAsync(act, world.People.Manufacturer);
        Assert.Equal((IntentVerdict.Accepted, ""), (receipt.Verdict, receipt.Detail));
    }

    private static async Task MinedAsync(MirrorWorld world, PublishAct[] acts)
    {
        foreach (var act in acts)
        {
            await world.UntilAsync(act, IntentStage.Mined);
        }
    }

    // Intents are carried out, or are with another lane, before the lane that had them lets go of them.
    private static Task EmptyAsync(IRelayGrain lane) => EventuallyAsync(async () => await lane.GetAsync() is { Waiting: 0, UnderWay: 0 });

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
