using Pythia.Contracts.Registries;
using Pythia.Grains;
using Pythia.Grains.Mirror;
using Pythia.Tests.Support;

namespace Pythia.Tests.Mirror;

/// <summary>What a lane keeps, where, and for how long.</summary>
public sealed class LaneTests
{
    [Fact]
    public async Task Store_FirstAttemptWhereAnotherStands_IsRefused()
    {
        await using var world = await MirrorWorld.StartAsync();
        var batch = BatchOf(world, 7);

        Assert.True(await batch.StoreAsync(Attempt("0x01", "0xe1"), null));
        Assert.True(await batch.StoreAsync(Attempt("0x01", "0xe1"), null));
        Assert.False(await batch.StoreAsync(Attempt("0x02", "0xe2"), null));
        Assert.False(await batch.StoreAsync(Attempt("0x02", "0xe2"), "0x03"));
        Assert.Equal("0x01", Assert.Single(await batch.GetAsync()).TransactionHash);
    }

    [Fact]
    public async Task Store_AttemptAfterTheNewest_KeepsOfTheEarlierOnlyItsHash()
    {
        await using var world = await MirrorWorld.StartAsync();
        var batch = BatchOf(world, 7);
        await batch.StoreAsync(Attempt("0x01", "0xe1", "0xe2"), null);

        Assert.True(await batch.StoreAsync(Attempt("0x02", "0xe1"), "0x01"));

        var attempts = await batch.GetAsync();
        Assert.Equal(["0x01", "0x02"], attempts.Select(a => a.TransactionHash));
        Assert.Equal([0, 3], attempts.Select(a => a.RawTransaction.Length));
        Assert.Equal([0, 1], attempts.Select(a => a.Digests.Length));
    }

    [Fact]
    public async Task Clear_StoredAttempts_LeavesNoRecord()
    {
        await using var world = await MirrorWorld.StartAsync();
        var batch = BatchOf(world, 7);
        await batch.StoreAsync(Attempt("0x01", "0xe1"), null);

        await batch.ClearAsync();

        Assert.Empty(await batch.GetAsync());
        Assert.DoesNotContain(world.Storage.Records.Keys, k => k.StartsWith("batch/", StringComparison.Ordinal));
        Assert.True(await batch.StoreAsync(Attempt("0x02", "0xe2"), null));
    }

    [Fact]
    public async Task Follow_SixtyFourFinalBlocksLater_TheBytesAreGone()
    {
        await using var world = await MirrorWorld.StartAsync();
        foreach (var text in new[] { "one", "two", "three" })
        {
            await world.CarryOutAsync(Publish(world, text), world.People.Manufacturer);
        }

        await world.FollowedAsync();
        Assert.Equal(3, Batches(world));

        // The lane closes a nonce when it looks again; from then on the blocks count.
        world.Chain.Mine();
        await EventuallyAsync(() => Lane(world).Contains("\"underWay\":[]", StringComparison.Ordinal));
        Assert.Equal(3, Batches(world));
        for (var i = 0; i < 66; i++)
        {
            world.Chain.Mine();
        }

        await EventuallyAsync(() => Batches(world) == 0);
        await EventuallyAsync(() => Lane(world).Contains("\"closed\":[]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Restart_AfterABlockLeftTheChainAndBeforeTheIntentIsSentAgain_CarriesItOutOnce()
    {
        await using var world = await MirrorWorld.StartAsync();
        var (kept, undone) = (Publish(world, "kept"), Publish(world, "undone"));
        await world.CarryOutAsync(kept, world.People.Manufacturer);
        await world.CarryOutAsync(undone, world.People.Manufacturer);
        await world.FollowedAsync();

        // Nothing can be sent any more: the intent is open again, its subject has settled it, and the silo dies.
        world.Chain.OnSend = _ => throw new TimeoutException("no node answers");
        world.Chain.Reorganise(1);
        await world.FollowedAsync();
        Assert.True((await world.Intent(undone).GetAsync()).Stage < IntentStage.Mined);
        await world.StopHostAsync();
        world.Chain.OnSend = _ => null;
        world.Storage.Forget(name => name.StartsWith("lane/", StringComparison.Ordinal));
        await world.StartHostAsync();

        await world.UntilAsync(undone, IntentStage.Mined);
        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Submit_ManyThatWait_StoresNoMoreInTheLane()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.BatchSize = 5);
        world.Chain.MinesAtOnce = false;
        var acts = Enumerable.Range(0, 100).Select(i => Publish(world, $"many {i}")).ToArray();
        foreach (var act in acts)
        {
            Assert.Equal(IntentVerdict.Accepted, (await world.SubmitAsync(act, world.People.Manufacturer)).Verdict);
        }

        await world.UntilAsync(acts[0], IntentStage.AcceptedByNode);
        Assert.Equal(100, await CountAsync(world));
        Assert.InRange(Lane(world).Length, 1, 600);

        world.Chain.MinesAtOnce = true;
        world.Chain.MinePool();
        foreach (var act in acts)
        {
            await world.UntilAsync(act, IntentStage.Mined);
        }

        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Submit_ToAFullMirror_IsBusyAndStoresNothing()
    {
        await using var world = await MirrorWorld.StartAsync(o => (o.LaneCapacity, o.BatchesUnderWay, o.BatchSize) = (100, 1, 1));
        world.Chain.MinesAtOnce = false;
        var acts = Enumerable.Range(0, 101).Select(i => Publish(world, $"full {i}")).ToArray();
        foreach (var act in acts)
        {
            Assert.Equal(IntentVerdict.Accepted, (await world.SubmitAsync(act, world.People.Manufacturer)).Verdict);
            await world.UntilAsync(acts[0], IntentStage.AcceptedByNode); // one is under way, 100 wait
        }

        var refused = Publish(world, "one too many");
        var records = world.Storage.Records.Count;
        var receipt = await world.SubmitAsync(refused, world.People.Manufacturer);
        Assert.Equal(IntentVerdict.Busy, receipt.Verdict);
        Assert.Contains("lanes full", receipt.Detail, StringComparison.Ordinal);
        Assert.Equal(records, world.Storage.Records.Count);

        world.Chain.MinesAtOnce = true;
        world.Chain.MinePool();
        foreach (var act in acts)
        {
            await world.UntilAsync(act, IntentStage.Mined);
        }

        await world.CarryOutAsync(refused, world.People.Manufacturer);
    }

    [Fact]
    public async Task Get_AfterARestart_TellsTheStageThatTheLaneStored()
    {
        await using var world = await MirrorWorld.StartAsync();
        world.Chain.MinesAtOnce = false;
        var act = Publish(world, "stage");
        await world.SubmitAsync(act, world.People.Manufacturer);
        var before = await world.UntilAsync(act, IntentStage.AcceptedByNode);

        world.Chain.OnSend = _ => throw new TimeoutException("no node answers");
        await world.RestartAsync();

        var after = await world.UntilAsync(act, IntentStage.AcceptedByNode);
        Assert.Equal((before.TransactionHash, before.AcceptedByNodeUnixMs), (after.TransactionHash, after.AcceptedByNodeUnixMs));
        Assert.True(after.AcceptedByNodeUnixMs > 0);
    }

    [Fact]
    public async Task Settle_WhatHadToComeFirst_SendsAtOnceWhatWaitedForItsDeadline()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.ItemRetries = 0);
        var (first, second) = (Ordered(world, 0), Ordered(world, 1));
        await world.SubmitAsync(second, world.People.Manufacturer);
        await world.UntilAsync(second, IntentStage.AcceptedByNode);
        await UntilAsync(world, l => l is { Waiting: 1, UnderWay: 0 }); // it was mined, and its contract left it

        await world.CarryOutAsync(first, world.People.Manufacturer);
        await world.UntilAsync(second, IntentStage.Mined);
        Assert.All(world.Chain.CarriedOut.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Send_WhatHasToComeFirstIsBehindInTheQueue_GoesOutInOrder()
    {
        await using var world = await MirrorWorld.StartAsync(o => (o.BatchesUnderWay, o.ItemRetries) = (1, 0));
        world.Chain.MinesAtOnce = false;
        var acts = new[] { Publish(world, "before"), Ordered(world, 2), Ordered(world, 1), Ordered(world, 0) };
        foreach (var act in acts)
        {
            await world.SubmitAsync(act, world.People.Manufacturer);
            await world.UntilAsync(acts[0], IntentStage.AcceptedByNode); // the others wait
        }

        world.Chain.MinesAtOnce = true;
        world.Chain.MinePool();
        foreach (var act in acts)
        {
            await world.UntilAsync(act, IntentStage.Mined);
        }

        Assert.Equal(4, world.Chain.Sent.Select(t => t.Hash).Distinct().Count()); // none was sent in vain
    }

    private static PublishAct Ordered(MirrorWorld world, ulong sequence) => new(
        world.People.Header(world.People.Manufacturer, RegistryKind.PolicyRegistry, nonce: KeyedNonce.Of(0, sequence)),
        [.. System.Text.Encoding.UTF8.GetBytes($"ordered {sequence}")]);

    private static async Task UntilAsync(MirrorWorld world, Func<LaneView, bool> fits)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while (!fits(await world.Relay.GetAsync()))
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private static StoredBatch Attempt(string hash, params string[] digests) => new(hash, [1, 2, 3], [.. digests], "2", "1");

    private static IBatchGrain BatchOf(MirrorWorld world, ulong nonce)
        => world.Grains.GetGrain<IBatchGrain>(GrainKeys.Of(MirrorWorld.ChainId, world.Lane.Account.ToString(), $"{nonce}"));

    private static int Batches(MirrorWorld world) => world.Storage.Records.Keys.Count(k => k.StartsWith("batch/", StringComparison.Ordinal));

    private static string Lane(MirrorWorld world)
        => System.Text.Encoding.UTF8.GetString(world.Storage.Records.Single(r => r.Key.StartsWith("lane/", StringComparison.Ordinal)).Value);

    private static async Task<int> CountAsync(MirrorWorld world)
    {
        var view = await world.Relay.GetAsync();
        return view.Waiting + view.UnderWay;
    }

    private static PublishAct Publish(MirrorWorld world, string text)
        => new(world.People.Header(world.People.Manufacturer, RegistryKind.PolicyRegistry), [.. System.Text.Encoding.UTF8.GetBytes(text)]);

    // The lane's own view has no event to wait for: asked again until it fits, for at most 15 seconds.
    private static async Task EventuallyAsync(Func<bool> fits)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while (!fits())
        {
            await Task.Delay(20, patience.Token);
        }
    }
}
