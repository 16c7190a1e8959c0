using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;
using MirroredStatus = Pythia.Grains.Consents.ConsentStatus;

namespace Pythia.Tests.Schedules;

/// <summary>What must hold once all is well again and the chain has gone on, each said as a sentence where it does not.</summary>
public sealed class ScheduleChecks(Schedule schedule)
{
    private readonly ScheduleWorld _world = schedule.World;

    private IGrainFactory Grains => _world.Host!.Grains;

    /// <summary>Acknowledged intents that could have been carried out by now, and are open. One that had to wait for another is not meant.</summary>
    public async Task<int> CountOpenAsync()
    {
        var open = 0;
        foreach (var submission in schedule.Submissions.Where(s => s.IsAcknowledged && CanStillHappen(s.Act) && StandsAlone(s.Act)))
        {
            var view = await ScheduleWorld.Intent(Grains, submission.Act).GetAsync();
            open += view.Stage < IntentStage.Mined ? 1 : 0;
        }

        return open;
    }

    public async Task<List<string>> FindViolationsAsync()
    {
        var found = new List<string>();
        await CheckFollowerAsync(found);
        if (found.Count > 0)
        {
            return found; // nothing else can fit
        }

        var outcomes = OutcomesOnChain();
        foreach (var submission in schedule.Submissions.DistinctBy(s => s.Act.Digest(ScheduleWorld.ChainId)))
        {
            await CheckIntentAsync(submission, outcomes, found);
        }

        await CheckSubjectsAsync(found);
        await CheckQueuesAsync(found);
        return found;
    }

    private static bool StandsAlone(SignedAct act) => KeyedNonce.Split(act.Nonce).Sequence == 0;

    // Not overtaken by time, and next in its nonce's order.
    private bool CanStillHappen(SignedAct act)
    {
        var head = _world.Chain.Head;
        var (key, sequence) = KeyedNonce.Split(act.Nonce);
        return act.DeadlineUnixSeconds > head.Verified.UnixSeconds && head.State.Sequences.GetValueOrDefault((act.Registry, act.Signer, key)) == sequence;
    }

    private async Task CheckFollowerAsync(List<string> found)
    {
        var (head, view) = (_world.Chain.Head, await Grains.GetLedger(ScheduleWorld.ChainId).GetAsync());
        Expect(found, $"follower ({view.TroubleCode}: {view.Trouble})", (view.Cursor, view.CursorHash), (head.Number, Hex.Format(head.Verified.Hash.Span)));
    }

    private Dictionary<Hash32, List<(bool Done, ChainBlock Block)>> OutcomesOnChain()
    {
        var outcomes = new Dictionary<Hash32, List<(bool Done, ChainBlock Block)>>();
        foreach (var block in _world.Chain.Blocks)
        {
            foreach (var log in block.Verified.Logs)
            {
                Hash32[] topics = [.. log.Topics.Select(t => Hash32.FromSpan(t.Span))];
                Assert.True(RegistryEvents.TryDecode(topics, log.Data.Span, out var happened));
                if (happened is IntentCarriedOut or IntentFailed)
                {
                    var digest = happened is IntentCarriedOut done ? done.Digest : ((IntentFailed)happened).Digest;
                    outcomes.TryAdd(digest, []);
                    outcomes[digest].Add((happened is IntentCarriedOut, block));
                }
            }
        }

        return outcomes;
    }

    private async Task CheckIntentAsync(Submission submission, Dictionary<Hash32, List<(bool Done, ChainBlock Block)>> outcomes, List<string> found)
    {
        var act = submission.Act;
        var digest = act.Digest(ScheduleWorld.ChainId);
        var name = $"{(submission.IsAcknowledged ? "acknowledged " : "")}{act.PrimaryType} {digest}";
        var view = await ScheduleWorld.Intent(Grains, act).GetAsync();
        var onChain = outcomes.GetValueOrDefault(digest) ?? [];
        if (onChain.Count > 1)
        {
            found.Add($"{name}: {onChain.Count} outcomes on the chain");
        }
        else if (onChain is [var (done, block)])
        {
            Expect(found, $"{name}: stage", view.Stage, done ? IntentStage.Final : IntentStage.Failed);
            Expect(found, $"{name}: block", view.Position?.BlockHash, Hex.Format(block.Verified.Hash.Span));
            Expect(found, $"{name}: has a reason", view.Reason.Length > 0, !done);
        }
        else if (submission.IsAcknowledged || view.Stage is not IntentStage.Unknown)
        {
            Expect(found, $"{name}: stage without an outcome on the chain", view.Stage, IntentStage.Failed);
            Expect(found, $"{name}: has a reason", view.Reason.Length > 0, true);
            Expect(found, $"{name}: can still be carried out", CanStillHappen(act), false);
        }
    }

    private async Task CheckSubjectsAsync(List<string> found)
    {
        var state = _world.Chain.Head.State;
        foreach (var id in ScheduleWorld.People.Devices)
        {
            var view = await Grains.GetGrain<IDeviceGrain>(ScheduleWorld.Key(id)).GetAsync();
            var device = state.Device(id);
            Expect(found, $"device {id}", (view.Status, view.Owner, view.Epoch), (device?.Status ?? DeviceStatus.Unclaimed, device?.Owner.ToString(), device?.Epoch ?? 0));
            Expect(found, $"device {id}: pending", view.Pending, 0);
        }

        foreach (var owner in ScheduleWorld.People.Owners.Select(k => k.Address))
        {
            var grain = Grains.GetGrain<IOwnerGrain>(ScheduleWorld.Key(owner));
            var (view, onChain) = (await grain.GetAsync(), state.Owner(owner));
            var devices = state.Devices.Values.Count(d => d.Owner == owner);
            Expect(found, $"owner {owner}", (view.GrantEpoch, view.OwnerEpoch, view.Devices), (onChain.GrantEpoch, (ulong)onChain.OwnerEpoch, devices));
            Expect(found, $"owner {owner}: pending", view.Pending, 0);
            var grantee = ScheduleWorld.People.Grantee.Address;
            Expect(found, $"owner {owner}: floor", await grain.GetGranteeFloorAsync(grantee.ToString()), onChain.Floors.GetValueOrDefault(grantee));
        }

        var consents = schedule.Submissions.Select(s => s.Act).Concat(schedule.Foreign).OfType<GrantAct>().Select(a => a.ConsentId)
            .Concat(_world.Chain.Blocks.SelectMany(b => b.State.Consents.Keys)).Distinct();
        foreach (var id in consents)
        {
            var view = await Grains.GetGrain<IConsentGrain>(ScheduleWorld.Key(id)).GetAsync();
            var consent = state.Consents.GetValueOrDefault(id);
            var status = (MirroredStatus)(int)(consent?.Status ?? Contracts.Registries.ConsentStatus.None);
            Expect(found, $"consent {id}", (view.Status, view.GrantEpoch, view.Owner), (status, consent?.GrantEpoch ?? 0, consent?.Owner.ToString()));
            Expect(found, $"consent {id}: pending", view.Pending, 0);
        }

        foreach (var id in ScheduleWorld.People.Policies.Select(p => RegistryIds.PolicyId(p.AsSpan())))
        {
            var (view, policy) = (await Grains.GetGrain<IPolicyGrain>(ScheduleWorld.Key(id)).GetAsync(), state.Policies.GetValueOrDefault(id));
            var status = policy is null ? PolicyStatus.Unknown : policy.IsDeprecated ? PolicyStatus.Deprecated : PolicyStatus.Published;
            Expect(found, $"policy {id}", (view.Status, view.Publisher), (status, policy?.Publisher.ToString()));
            Expect(found, $"policy {id}: pending", view.Pending, 0);
        }

        var maker = await Grains.GetGrain<IManufacturerGrain>(ScheduleWorld.Key(ScheduleWorld.People.Manufacturer.Address)).GetAsync();
        var list = await Grains.GetGrain<IOwnerIndexGrain>(
            OwnerIndex.KeyOf(ScheduleWorld.ChainId, ScheduleWorld.People.Manufacturer.Address.ToString(), OwnerIndexKind.Batches)).ListAsync(null, OwnerIndex.MostListed);
        var batches = state.Batches.Select(b => b.Root.ToString()).Order(StringComparer.Ordinal);
        Expect(found, "batches", string.Join(' ', list.Items.Select(b => b.Id)), string.Join(' ', batches));
        Expect(found, "manufacturer: batches", maker.Batches, state.Batches.Count);
        Expect(found, "manufacturer: pending", maker.Pending, 0);
    }

    private async Task CheckQueuesAsync(List<string> found)
    {
        var lane = await Grains.GetGrain<IRelayGrain>(ScheduleWorld.Key(ScheduleWorld.Lane.Account)).GetAsync();
        Expect(found, $"lane ({lane.Trouble})", (lane.Waiting, lane.UnderWay), (0, 0));
        for (var bucket = 0; bucket < OutboxSweepGrain.Buckets; bucket++)
        {
            // A note whose write was reported lost may stand in storage until the bucket is read again: memory tells whom it wakes.
            if (_world.Records.Read($"sweep/outbox-sweep/{ScheduleWorld.Key(bucket)}") is not null)
            {
                Expect(found, $"sweep {bucket} wakes", await Grains.GetGrain<IOutboxSweepGrain>(ScheduleWorld.Key(bucket)).SweepAsync(), 0);
            }
        }
    }

    private static void Expect<T>(List<string> found, string what, T value, T expected)
    {
        if (!EqualityComparer<T>.Default.Equals(value, expected))
        {
            found.Add($"{what}: {value} found, {expected} expected");
        }
    }
}
