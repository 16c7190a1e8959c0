using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.History;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Tests.DevChain;
using Pythia.Tests.Support;
using ConsentKind = Pythia.Contracts.Registries.ConsentKind;

namespace Pythia.Tests.Ledgers;

/// <summary>What integrators read: lists of an address in pages, histories, and consents whose time is over.</summary>
public sealed class ListTests : IAsyncLifetime
{
    private readonly LedgerViews _views = new(MirrorWorld.ChainId);
    private MirrorWorld _world = null!;

    private TestPeople People => _world.People;

    private string Alice => $"{People.Alice.Address}";

    public async Task InitializeAsync() => _world = await MirrorWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task List_AfterGrantSaleAndRevocation_HoldsWhatBelongsToEach()
    {
        var (kept, sold) = (await _world.ClaimedDeviceAsync(People.Alice), await _world.ClaimedDeviceAsync(People.Alice));
        var grant = Grant(kept, "lock:open");
        await _world.CarryOutAsync(grant, People.Alice);
        await _world.CarryOutAsync(new TransferAct(Header(), sold.Id, People.Bob.Address, 1, 0), People.Alice);
        _world.Chain.Mine(_world.Registries.EventsOf(
            new RevokeAct(People.Header(People.Alice, RegistryKind.ConsentRegistry), kept.Id, grant.Terms.Grantee, grant.Terms.Scope)));
        await _world.FollowedAsync();

        Assert.Equal([$"{kept.Id}"], await IdsAsync(Alice, OwnerIndexKind.Devices));
        Assert.Equal([$"{sold.Id}"], await IdsAsync($"{People.Bob.Address}", OwnerIndexKind.Devices));
        foreach (var (address, kind) in ((string, OwnerIndexKind)[])[(Alice, OwnerIndexKind.Consents), ($"{People.Service.Address}", OwnerIndexKind.Granted)])
        {
            var item = Assert.Single(await _views.ListAsync(_world.Grains, address, kind));
            Assert.Equal(($"{grant.ConsentId}", 3, "revocation"), (item.Id, item.Status, item.EndedBy));
        }

        Assert.Equal(2, (await IdsAsync($"{People.Manufacturer.Address}", OwnerIndexKind.Batches)).Count);
    }

    [Fact]
    public async Task List_ThousandsOfBatches_SplitsAndStaysInOrderAcrossPages()
    {
        var roots = await RegisterAsync(0, 2_500);
        var maker = $"{People.Manufacturer.Address}";

        var listed = await IdsAsync(maker, OwnerIndexKind.Batches, 200);
        Assert.Equal(roots.Order(StringComparer.Ordinal), listed);
        Assert.True(_world.Storage.Records.Keys.Count(k => k.StartsWith("owner-index/", StringComparison.Ordinal) && k.Contains(maker, StringComparison.Ordinal)) >= 16);

        // And they go as they came.
        _world.Chain.Reorganise(1);
        await _world.FollowedAsync();
        Assert.Empty(await IdsAsync(maker, OwnerIndexKind.Batches, 200));
    }

    [Fact]
    public async Task List_DiesBetweenTheStepsOfASplit_LosesNothing()
    {
        var maker = $"{People.Manufacturer.Address}";
        var before = await RegisterAsync(0, 900);

        // Five of the sixteen pages are stored, then storage is gone until after the next start.
        var stored = 0;
        var failed = new TaskCompletionSource();
        _world.Storage.FailsOn = (name, _) =>
        {
            var fails = name == "owner-index" && Interlocked.Increment(ref stored) > 5;
            if (fails)
            {
                failed.TrySetResult();
            }

            return fails;
        };
        var (roots, logs) = Batches(900, 300);
        _world.Chain.Mine(logs);
        await failed.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(before.Concat(roots).Order(StringComparer.Ordinal), await IdsAsync(maker, OwnerIndexKind.Batches, 200));
        await _world.StopHostAsync();
        _world.Storage.FailsOn = (_, _) => false;
        await _world.StartHostAsync();
        await _world.FollowedAsync();

        Assert.Equal(before.Concat(roots).Order(StringComparer.Ordinal), await IdsAsync(maker, OwnerIndexKind.Batches, 200));
    }

    [Fact]
    public async Task Adopt_OfAnEarlierSplitThanWasHeard_ChangesNothing()
    {
        var maker = $"{People.Manufacturer.Address}";
        var roots = await RegisterAsync(0, 1_200);
        var page = _world.Grains.GetGrain<IOwnerIndexGrain>(OwnerIndex.KeyOf(MirrorWorld.ChainId, maker, OwnerIndexKind.Batches) + "0");
        await page.AdoptAsync(1, []);

        Assert.Equal(roots.Order(StringComparer.Ordinal), await IdsAsync(maker, OwnerIndexKind.Batches, 200));
    }

    [Fact]
    public async Task Put_ByAnActivationThatWasTakenForDead_LosesNoEntry()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        _world.Chain.Mine(_world.Registries.EventsOf(new FreezeAct(Header(), device.Id)));
        await _world.FollowedAsync();
        var (before, view) = (await _views.HistoryAsync(_world.Grains, SubjectKind.Device, $"{device.Id}"), await _world.Ledger.GetAsync());
        var page = _world.Grains.GetGrain<IHistoryPageGrain>($"{HistoryKeys.Of(MirrorWorld.ChainId, SubjectKind.Device, $"{device.Id}")}/0");
        var first = (await page.GetAsync())[..1];

        // The same again leaves what came after it; what an earlier branch said is refused.
        await page.PutAsync(new LedgerBranch(view.Branch, view.BeganAnewAt), 0, first);
        await Assert.ThrowsAnyAsync<Exception>(() => page.PutAsync(new LedgerBranch(view.Branch - 1, view.BeganAnewAt), 0, first));
        Assert.Equal(before.Select(e => e.Event), (await _views.HistoryAsync(_world.Grains, SubjectKind.Device, $"{device.Id}")).Select(e => e.Event));
        Assert.Equal(2, before.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(201)]
    public async Task List_LimitOutOfItsRange_IsRefused(int limit)
    {
        var root = _world.Grains.GetGrain<IOwnerIndexGrain>(OwnerIndex.KeyOf(MirrorWorld.ChainId, Alice, OwnerIndexKind.Devices));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => root.ListAsync(null, limit));
    }

    [Fact]
    public async Task History_OfADevice_SaysWhatHappenedInOrderAndWhatIsFinal()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        await _world.CarryOutAsync(new TransferAct(Header(), device.Id, People.Bob.Address, 1, 0), People.Alice);

        var entries = await _views.HistoryAsync(_world.Grains, SubjectKind.Device, $"{device.Id}");
        Assert.Equal(["DeviceClaimed", "DeviceTransferred"], entries.Select(e => e.Event));
        Assert.Equal([0L, 1L], entries.Select(e => e.Sequence));
        Assert.Equal(
            [("deviceId", $"{device.Id}"), ("from", Alice), ("to", $"{People.Bob.Address}"), ("epoch", "2")],
            entries[1].Fields.Select(f => (f.Name, f.Value)));
        Assert.Equal((await _world.Device(device).GetAsync()).Position, entries[1].Position);
        Assert.All(entries, e => Assert.True(e.IsFinal));
    }

    [Fact]
    public async Task History_NotFinalYet_SaysSo()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.FinalityDepthBlocks = 3);
        var device = await world.ClaimedDeviceAsync(world.People.Alice);
        Assert.False(Assert.Single(await _views.HistoryAsync(world.Grains, SubjectKind.Device, $"{device.Id}")).IsFinal);
        world.Chain.MineEmpty(3);
        await world.FollowedAsync();
        Assert.True(Assert.Single(await _views.HistoryAsync(world.Grains, SubjectKind.Device, $"{device.Id}")).IsFinal);
    }

    [Fact]
    public async Task History_MoreThanAPageAndAReorganisationAcrossItsEdge_IsOfTheChainAsItIs()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        for (var i = 0; i < 40; i++)
        {
            _world.Chain.Mine(_world.Registries.EventsOf(new FreezeAct(Header(), device.Id)));
        }

        // 100 entries in one block, over the edge of two pages; then they are others.
        _world.Chain.Mine([.. Enumerable.Range(0, 100).SelectMany(_ => _world.Registries.EventsOf(new FreezeAct(Header(), device.Id)))]);
        await _world.FollowedAsync();
        Assert.Equal(141, (await _views.HistoryAsync(_world.Grains, SubjectKind.Device, $"{device.Id}")).Count);
        _world.Chain.Reorganise(1, [.. Enumerable.Range(0, 30).SelectMany(_ => _world.Registries.EventsOf(new UnfreezeAct(Header(), device.Id, 1, 1)))]);
        await _world.FollowedAsync();

        var entries = await _views.HistoryAsync(_world.Grains, SubjectKind.Device, $"{device.Id}");
        Assert.Equal(["DeviceClaimed", .. Enumerable.Repeat("DeviceFrozen", 40), .. Enumerable.Repeat("DeviceUnfrozen", 30)], entries.Select(e => e.Event));
        Assert.Equal(Enumerable.Range(0, 71).Select(i => (long)i), entries.Select(e => e.Sequence));
    }

    [Fact]
    public async Task History_DiesBetweenPageAndSubject_DoublesNothing()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        var failures = 0;
        _world.Storage.FailsOn = (name, _) => name == "device" && Interlocked.Increment(ref failures) <= 2;
        _world.Chain.Mine(_world.Registries.EventsOf(new TransferAct(Header(), device.Id, People.Bob.Address, 1, 0)));
        await _world.FollowedAsync();

        Assert.True(failures > 2);
        var entries = await _views.HistoryAsync(_world.Grains, SubjectKind.Device, $"{device.Id}");
        Assert.Equal(["DeviceClaimed", "DeviceTransferred"], entries.Select(e => e.Event));
    }

    [Fact]
    public async Task History_OfAPolicysBytes_ShowsTheirDigest()
    {
        var act = new PublishAct(People.Header(People.Manufacturer, RegistryKind.PolicyRegistry), [.. new byte[2_000]]);
        await _world.CarryOutAsync(act, People.Manufacturer);

        var entry = Assert.Single(await _views.HistoryAsync(_world.Grains, SubjectKind.Policy, $"{act.PolicyId}"));
        Assert.Contains(entry.Fields, f => f.Value == $"2000 bytes, keccak256 {act.PolicyId}");
    }

    [Fact]
    public async Task Expiry_HourOfAConsentIsOverOnTheChain_IsWrittenDownOnceAndTakenBackWithItsBlock()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        var notAfter = _world.Chain.HeadUnixSeconds + 100;
        var grant = Grant(device, "lock:open", notAfter);
        await _world.CarryOutAsync(grant, People.Alice);

        _world.Chain.SecondsABlock = 5_000;
        _world.Chain.Mine();
        _world.Chain.Mine();
        await _world.FollowedAsync();
        Assert.Equal("time", (await _world.Consent(grant.ConsentId).GetAsync()).EndedBy);
        Assert.Equal("time", Assert.Single(await _views.ListAsync(_world.Grains, Alice, OwnerIndexKind.Consents)).EndedBy);
        var entries = await _views.HistoryAsync(_world.Grains, SubjectKind.Consent, $"{grant.ConsentId}");
        Assert.Equal(["ConsentGranted", "ConsentExpired"], entries.Select(e => e.Event));
        Assert.True(entries[1].Position.BlockUnixSeconds > notAfter);

        // The chain goes back, and its time with it.
        _world.Chain.SecondsABlock = 1;
        _world.Chain.Reorganise(2);
        await _world.FollowedAsync();
        Assert.Equal("", (await _world.Consent(grant.ConsentId).GetAsync()).EndedBy);
        Assert.Single(await _views.HistoryAsync(_world.Grains, SubjectKind.Consent, $"{grant.ConsentId}"));

        // And on again.
        _world.Chain.SecondsABlock = 5_000;
        _world.Chain.Mine();
        _world.Chain.SecondsABlock = 1;
        _world.Chain.MineEmpty(70);
        await _world.FollowedAsync();
        Assert.Equal("time", (await _world.Consent(grant.ConsentId).GetAsync()).EndedBy);
        Assert.DoesNotContain(_world.Storage.Records, r =>
            r.Key.StartsWith("expiry/", StringComparison.Ordinal) && System.Text.Encoding.UTF8.GetString(r.Value).Contains($"{grant.ConsentId}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Expiry_MoreConsentsInOneHourThanAPageHolds_AllHear()
    {
        var device = await _world.ClaimedDeviceAsync(People.Alice);
        var notAfter = _world.Chain.HeadUnixSeconds + 100;
        var grants = Enumerable.Range(0, 1_500).Select(i => Grant(device, $"scope {i}", notAfter)).ToArray();
        _world.Chain.Mine([.. grants[..800].SelectMany(_world.Registries.EventsOf)]);
        _world.Chain.Mine([.. grants[800..].SelectMany(_world.Registries.EventsOf)]);
        _world.Chain.SecondsABlock = 5_000;
        _world.Chain.Mine();
        await _world.FollowedAsync();

        foreach (var grant in grants)
        {
            Assert.Equal("time", (await _world.Consent(grant.ConsentId).GetAsync()).EndedBy);
        }
    }

    private async Task<List<string>> RegisterAsync(int first, int count)
    {
        var (roots, logs) = Batches(first, count);
        _world.Chain.Mine(logs);
        await _world.FollowedAsync();
        return roots;
    }

    private (List<string> Roots, ModelLog[] Logs) Batches(int first, int count)
    {
        var acts = Enumerable.Range(first, count)
            .Select(i => new RegisterBatchAct(
                People.Header(People.Manufacturer, RegistryKind.DeviceRegistry), Keccak256.HashData(BitConverter.GetBytes(i)), 1, "https://maker.example/batch.json"))
            .ToArray();
        return ([.. acts.Select(a => $"{a.Root}")], [.. acts.SelectMany(_world.Registries.EventsOf)]);
    }

    private async Task<List<string>> IdsAsync(string address, OwnerIndexKind kind, int limit = 3)
        => (await _views.ListAsync(_world.Grains, address, kind, limit)).ConvertAll(i => i.Id);

    private GrantAct Grant(TestDevice device, string scope, ulong? notAfter = null)
        => People.Grant(device, People.Alice, People.Service.Address, scope, ConsentKind.Command, new GrantEpochs(0, 1, 0), notAfter: notAfter);

    private ActHeader Header() => People.Header(People.Alice, RegistryKind.DeviceRegistry);
}
