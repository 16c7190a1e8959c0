using Pythia.Enclave;
using Pythia.Grains.Consents;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Grains.Storage;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Ledgers;

/// <summary>Tells the grains what happened in a block, or that it is gone. Grains are told side by side, so many at once at most; each
/// completes when it has stored what it was told. All may be called again.</summary>
internal sealed class LedgerDelivery(LedgerChain chain, string partition, IGrainFactory grains, int atOnce)
{
    private readonly LedgerRouter _router = new(chain);

    /// <summary>Reads what a block says, and whose time is over by it.</summary>
    /// <param name="block">As the enclave read it.</param>
    /// <param name="parent">The block below; null for the first.</param>
    /// <param name="branch">Under which it is told.</param>
    public async Task<BlockPlan> PlanAsync(VerifiedBlock block, DeliveredBlock? parent, LedgerBranch branch)
    {
        var over = new List<string>();
        if (parent is not null)
        {
            await Bounded.ForEachAsync(ExpiryHours.Between(parent.UnixSeconds, block.UnixSeconds), atOnce, async hour => over.AddRange(await EndedInAsync(hour)));
        }

        var plan = BlockPlan.Of(block, _router, branch, over);
        return plan.Cancelled.IsEmpty ? plan : await WithCancelledAsync(plan, branch);
    }

    /// <summary>Stores whom the block is told to. Before that, nobody is told.</summary>
    public Task JournalAsync(BlockPlan plan) => Slot(plan.Block.Number).StoreAsync(plan.Told);

    /// <summary>Tells a journalled block, in this order: a subject, then the lists that ask it, then the intents. Who sees an intent mined
    /// sees its effect.</summary>
    public async Task TellAsync(BlockPlan plan, LedgerBranch branch)
    {
        var block = plan.Block;
        await Bounded.ForEachAsync(plan.Endings, atOnce, g => Hour(g.Key).NoteAsync([.. g.Distinct()]));
        await Bounded.ForEachAsync(plan.Events, atOnce, one => Mirrored(one.Key.Kind, one.Key.Id).ApplyAsync(
            new BlockNews(branch, block.Number, block.Hash, block.UnixSeconds, one.Value)));
        await LookAgainAsync(plan.Told);
        await Bounded.ForEachAsync(plan.Outcomes, atOnce, async one =>
        {
            if (await Intent(one.Digest).ApplyAsync(one.Outcome) is { } subject)
            {
                await grains.GetSubject(subject).SettleAsync(one.Digest);
            }
        });
    }

    /// <summary>Says to all who were told of a block, or half of them, that it has left the chain. Intents are open again when what goes with
    /// them is undone.</summary>
    public async Task TakeBackAsync(DeliveredBlock abandoned, LedgerBranch branch)
    {
        // Nothing is journalled of a block that nobody was told of.
        if (!abandoned.HasNews || await Slot(abandoned.Number).GetAsync() is not { } told || told.Hash != abandoned.Hash)
        {
            return;
        }

        var subjects = told.Subjects.SelectMany(s => s.Ids.Select(id => (s.Kind, Id: id)));
        await Bounded.ForEachAsync(subjects, atOnce, s => Mirrored(s.Kind, s.Id).RetractAsync(branch, abandoned.Number, abandoned.Hash));
        await LookAgainAsync(told);
        await Bounded.ForEachAsync(told.Outcomes, atOnce, digest => Intent(digest).RetractAsync(branch, abandoned.Hash));
    }

    /// <summary>Forgets the hours that were over at a block which can't be taken back any more.</summary>
    public Task ForgetHoursAsync(DeliveredBlock parent, DeliveredBlock block)
        => Bounded.ForEachAsync(ExpiryHours.Between(parent.UnixSeconds, block.UnixSeconds), atOnce, hour => Hour(hour).ClearAsync());

    // An intent whose nonce was cancelled can't be carried out any more. Only a lane knows which one a nonce belongs to; one that is with no
    // lane at the moment ends with its deadline.
    private async Task<BlockPlan> WithCancelledAsync(BlockPlan plan, LedgerBranch branch)
    {
        var outcomes = new List<RoutedOutcome>();
        foreach (var (e, cancelled) in plan.Cancelled)
        {
            foreach (var lane in chain.Lanes)
            {
                var relay = grains.GetGrain<IRelayGrain>(GrainKeys.Of(chain.ChainId, lane.Account.ToString()));
                if (await relay.FindByNonceAsync(e.Contract, cancelled.Signer.ToString(), cancelled.Nonce.ToString()) is { } digest)
                {
                    outcomes.Add(new(digest, new IntentOutcome(false, $"its signer cancelled nonce {cancelled.Nonce}", e.Position, branch)));
                }
            }
        }

        var before = await Slot(plan.Block.Number).GetAsync();
        return plan.With(outcomes, before?.Hash == plan.Block.Hash ? before.Outcomes : []);
    }

    private async Task<IEnumerable<string>> EndedInAsync(ulong hour)
    {
        var last = await Hour(hour).GetAsync();
        IEnumerable<string> ended = last.ConsentIds;
        for (var page = 0; page < last.Pages; page++)
        {
            ended = ended.Concat((await grains.GetGrain<IExpiryGrain>(GrainKeys.Of(chain.ChainId, $"{hour}", $"{page}")).GetAsync()).ConsentIds);
        }

        return ended;
    }

    private Task LookAgainAsync(ToldBlock told) => Bounded.ForEachAsync(
        told.Lists, atOnce, l => grains.GetGrain<IOwnerIndexGrain>(OwnerIndex.KeyOf(chain.ChainId, l.Address, l.Kind)).LookAgainAsync(l.Ids));

    private IMirroredGrain Mirrored(SubjectKind kind, string id) => grains.GetMirrored(new IntentSubject(kind, GrainKeys.Of(chain.ChainId, id)));

    private IIntentGrain Intent(string digest) => grains.GetGrain<IIntentGrain>(GrainKeys.Of(chain.ChainId, digest));

    private IExpiryGrain Hour(ulong hour) => grains.GetGrain<IExpiryGrain>(GrainKeys.Of(chain.ChainId, $"{hour}"));

    private ILedgerBlockGrain Slot(ulong block) => grains.GetGrain<ILedgerBlockGrain>(GrainKeys.Of(chain.ChainId, partition, $"{block % LedgerBlocks.Slots}"));
}
