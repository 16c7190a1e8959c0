using System.Collections.Immutable;
using Pythia.Enclave;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;
using Pythia.Grains.Storage;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Ledgers;

/// <summary>Tells the grains what happened in one block. A grain hears its events in the order of the chain; grains are told side by side,
/// so many at once at most. Outcomes come after the events that go with them: who sees an intent mined sees its effect.</summary>
internal sealed class LedgerDelivery(LedgerChain chain, IGrainFactory grains, int atOnce)
{
    private readonly LedgerRouter _router = new(chain);

    /// <summary>Completes when every grain has stored what it was told; throws when one has not, and may then be called again.</summary>
    /// <returns>The digests of the intents that had their outcome in the block.</returns>
    public async Task<ImmutableArray<string>> DeliverAsync(VerifiedBlock block, uint branch)
    {
        var events = block.Logs.Select(l => Event(block, l, branch)).ToArray();
        var told = events.SelectMany(e => _router.SubjectsOf(e).Select(s => (Subject: s, Event: e))).GroupBy(t => t.Subject);
        await Bounded.ForEachAsync(told, atOnce, async one =>
        {
            foreach (var (subject, e) in one)
            {
                await grains.GetSubject(subject).ApplyAsync(e);
            }
        });

        var outcomes = events.Select(_router.OutcomeOf).OfType<RoutedOutcome>().ToArray();
        await Bounded.ForEachAsync(outcomes, atOnce, async one =>
        {
            var intent = grains.GetGrain<IIntentGrain>(GrainKeys.Of(chain.ChainId, one.Digest));
            if (await intent.ApplyAsync(one.Outcome) is { } subject)
            {
                await grains.GetSubject(subject).SettleAsync(one.Digest);
            }
        });
        return [.. outcomes.Select(o => o.Digest)];
    }

    /// <summary>Opens the intents again whose outcome stood in a block that has left the chain.</summary>
    public Task RetractAsync(DeliveredBlock abandoned) => Bounded.ForEachAsync(
        abandoned.Outcomes, atOnce, digest => grains.GetGrain<IIntentGrain>(GrainKeys.Of(chain.ChainId, digest)).RetractAsync(abandoned.Hash));

    private static LedgerEvent Event(VerifiedBlock block, VerifiedLog log, uint branch) => new(
        new LedgerPosition(
            block.Number,
            Hex.Format(block.Hash.Span),
            block.UnixSeconds,
            (uint)log.LogIndex,
            Hex.Format(log.TransactionHash.Span),
            branch),
        Hex.Format(log.Address.Span),
        [.. log.Topics.SelectMany(t => t.ToArray())],
        [.. log.Data.Span]);
}

/// <summary>What the chain says became of an intent.</summary>
internal sealed record RoutedOutcome(string Digest, IntentOutcome Outcome);
