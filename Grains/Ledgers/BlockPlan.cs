using System.Collections.Immutable;
using Pythia.Contracts.Registries;
using Pythia.Enclave;
using Pythia.Ethereum;
using Pythia.Grains.Consents;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Ledgers;

/// <summary>What a block says, and to whom: read once, then journalled and told.</summary>
internal sealed record BlockPlan
{
    public required DeliveredBlock Block { get; init; }

    /// <summary>What each mirrored grain is told, by its kind and id; no events for one that is told of the block's time alone.</summary>
    public required IReadOnlyDictionary<(SubjectKind Kind, string Id), ImmutableArray<LedgerEvent>> Events { get; init; }

    public required ImmutableArray<RoutedOutcome> Outcomes { get; init; }

    /// <summary>Nonces that their signers consumed so that no act can. Which intents these are, lanes know.</summary>
    public required ImmutableArray<(LedgerEvent Event, IntentCancelled Happened)> Cancelled { get; init; }

    /// <summary>Consents that end in an hour to come, by hour.</summary>
    public required ILookup<ulong, string> Endings { get; init; }

    public required ToldBlock Told { get; init; }

    /// <param name="block">As the enclave read it.</param>
    /// <param name="router">Of its chain.</param>
    /// <param name="branch">Under which it is told.</param>
    /// <param name="over">Consents whose hour the block has passed.</param>
    public static BlockPlan Of(VerifiedBlock block, LedgerRouter router, LedgerBranch branch, IEnumerable<string> over)
    {
        var hash = Hex.Format(block.Hash.Span);
        var read = block.Logs
            .Select(l => Event(block, hash, l))
            .Select(e => (Event: e, Happened: router.Read(e)))
            .Where(r => r.Happened is not null)
            .Select(r => (r.Event, Happened: r.Happened!))
            .ToArray();

        var events = read
            .SelectMany(r => LedgerRouter.SubjectsOf(r.Happened).Select(s => (Subject: s, r.Event)))
            .GroupBy(t => t.Subject, t => t.Event)
            .ToDictionary(g => g.Key, g => g.ToImmutableArray());
        foreach (var consent in over)
        {
            events.TryAdd((SubjectKind.Consent, consent), []);
        }

        ImmutableArray<RoutedOutcome> outcomes =
            [.. read.Select(r => LedgerRouter.OutcomeOf(r.Happened, r.Event.Position, branch)).OfType<RoutedOutcome>()];
        var lists = read.SelectMany(r => LedgerRouter.ListsOf(r.Happened)).Distinct().GroupBy(l => (l.Address, l.Kind), l => l.Id);
        var told = new ToldBlock(
            block.Number,
            hash,
            [.. events.Keys.GroupBy(s => s.Kind, s => s.Id).Select(g => new ToldSubjects(g.Key, [.. g]))],
            [.. outcomes.Select(o => o.Digest)],
            [.. lists.Select(g => new ToldList(g.Key.Address, g.Key.Kind, [.. g]))],
            branch.Number);
        return new BlockPlan
        {
            Block = new DeliveredBlock(block.Number, hash, block.UnixSeconds, events.Count > 0 || outcomes.Length > 0),
            Events = events,
            Outcomes = outcomes,
            Cancelled = [.. read.Where(r => r.Happened is IntentCancelled).Select(r => (r.Event, (IntentCancelled)r.Happened))],
            Endings = read.Select(r => r.Happened).OfType<ConsentGranted>()
                .Where(e => ExpiryHours.IsKept(e.Terms.NotAfter))
                .ToLookup(e => ExpiryHours.Of(e.Terms.NotAfter), e => $"{e.ConsentId}"),
            Told = told,
        };
    }

    /// <summary>With the intents whose nonce was cancelled.</summary>
    /// <param name="outcomes">Theirs.</param>
    /// <param name="journalled">Digests that were journalled for this block before; whoever was told once is told when it leaves the chain.</param>
    public BlockPlan With(IReadOnlyCollection<RoutedOutcome> outcomes, IEnumerable<string> journalled)
    {
        ImmutableArray<string> told = [.. Told.Outcomes.Concat(outcomes.Select(o => o.Digest)).Concat(journalled).Distinct()];
        return this with
        {
            Outcomes = [.. Outcomes, .. outcomes],
            Told = Told with { Outcomes = told },
            Block = Block with { HasNews = Block.HasNews || told.Length > 0 },
        };
    }

    private static LedgerEvent Event(VerifiedBlock block, string hash, VerifiedLog log) => new(
        new LedgerPosition(block.Number, hash, block.UnixSeconds, (uint)log.LogIndex, Hex.Format(log.TransactionHash.Span)),
        Hex.Format(log.Address.Span),
        [.. log.Topics.SelectMany(t => t.ToArray())],
        [.. log.Data.Span]);
}
