using System.Collections.Immutable;

namespace Pythia.Grains.Mirror;

/// <summary>Decides what a lane does next: pure functions of its state, the chain's nonce and the time.</summary>
public static class LanePlan
{
    /// <summary>A transaction that does nothing (EIP-2028).</summary>
    public const ulong TransactionGas = 21_000;

    // Relay.sol: the call and the outcome's event with the longest reason.
    private const ulong OutcomeReserveGas = 24_000;

    /// <summary>The lowest nonce that is neither mined nor reserved. A nonce that was reserved and never sent is thereby used first.</summary>
    public static ulong NextFreeNonce(LaneState lane, ulong minedNonce)
    {
        var nonce = minedNonce;
        foreach (var reserved in lane.UnderWay.Select(b => b.Nonce).Order())
        {
            nonce += reserved == nonce ? 1UL : 0UL;
        }

        return nonce;
    }

    /// <summary>Whether a transaction with a higher nonce waits for <paramref name="nonce"/>.</summary>
    public static bool IsGap(LaneState lane, ulong nonce) => lane.UnderWay.Any(b => b.Nonce > nonce);

    /// <summary>Gas limit of a batch: what its items take, and room for the gas floor of the most demanding one whenever it comes. Never an
    /// estimate: a failure-tolerant batch estimates the failure. As <c>RelayGas.TransactionLimit</c>, from what the lane has stored.</summary>
    public static ulong GasOf(IEnumerable<(uint GasLimit, uint GasUsage)> items)
    {
        var (usage, most) = items.Aggregate((Usage: 0UL, Most: 0UL), (sum, i) => (sum.Usage + i.GasUsage, Math.Max(sum.Most, i.GasLimit)));
        return TransactionGas + usage + most + (most / 63) + OutcomeReserveGas;
    }

    /// <summary>The oldest items that may go out now and fit one transaction.</summary>
    /// <param name="chainUnixSeconds">Time of the newest block: what had to happen before is left to expire.</param>
    /// <param name="nowUnixMs">By the silo's clock.</param>
    public static ImmutableArray<LaneItem> Choose(LaneState lane, MirrorOptions options, ulong chainUnixSeconds, long nowUnixMs)
    {
        var chosen = ImmutableArray.CreateBuilder<LaneItem>();
        foreach (var item in lane.Waiting)
        {
            if (item.NotBeforeUnixMs > nowUnixMs || item.DeadlineUnixSeconds < chainUnixSeconds)
            {
                continue;
            }

            chosen.Add(item);
            if (chosen.Count > options.BatchSize || (chosen.Count > 1 && GasOf(chosen.Select(c => (c.GasLimit, c.GasUsage))) > (ulong)options.BatchGas))
            {
                chosen.RemoveAt(chosen.Count - 1);
                break;
            }
        }

        return chosen.ToImmutable();
    }

    /// <summary>Moves those of <paramref name="items"/> that still wait into a transaction with this nonce.</summary>
    public static LaneState Reserve(LaneState lane, ulong nonce, ImmutableArray<LaneItem> items)
    {
        var taken = items.Where(i => lane.Waiting.Any(w => w.Digest == i.Digest)).ToImmutableArray();
        return lane with
        {
            Waiting = [.. lane.Waiting.Where(w => taken.All(t => t.Digest != w.Digest))],
            UnderWay = [.. lane.UnderWay, new LaneBatch(nonce, taken, [.. taken.Select(t => t.Digest)], null, 0)],
        };
    }

    /// <summary>Whether the lane has this intent.</summary>
    public static bool Has(LaneState lane, string digest)
        => lane.Waiting.Any(w => w.Digest == digest) || lane.UnderWay.Any(b => b.Items.Any(i => i.Digest == digest));

    /// <summary>Takes an intent out, wherever it is.</summary>
    public static LaneState Remove(LaneState lane, string digest)
        => !Has(lane, digest) ? lane : lane with
        {
            Waiting = [.. lane.Waiting.Where(w => w.Digest != digest)],
            UnderWay = [.. lane.UnderWay.Select(b => b with { Items = [.. b.Items.Where(i => i.Digest != digest)] })],
        };

    /// <summary>Gives up a nonce; what is left of its items waits again, before the others.</summary>
    /// <param name="countAttempt">The transaction was mined and its items were left without an outcome.</param>
    public static LaneState Requeue(LaneState lane, ulong nonce, bool countAttempt, MirrorOptions options, long nowUnixMs)
    {
        var left = lane.UnderWay.Where(b => b.Nonce == nonce).SelectMany(b => b.Items).Select(i => Again(i, countAttempt, options, nowUnixMs));
        return lane with
        {
            Waiting = [.. left, .. lane.Waiting],
            UnderWay = [.. lane.UnderWay.Where(b => b.Nonce != nonce)],
        };
    }

    // 2, 8, 32 … seconds; after the last retry it only waits for its deadline, since its signer may still go to the contract.
    private static LaneItem Again(LaneItem item, bool countAttempt, MirrorOptions options, long nowUnixMs)
    {
        if (!countAttempt)
        {
            return item;
        }

        var attempts = item.Attempts + 1;
        var notBefore = attempts > options.ItemRetries ? long.MaxValue : nowUnixMs + (2_000L << (2 * (attempts - 1)));
        return item with { Attempts = attempts, NotBeforeUnixMs = notBefore };
    }

    /// <summary>Changes the transaction with this nonce, if it is still there.</summary>
    public static LaneState Update(LaneState lane, ulong nonce, Func<LaneBatch, LaneBatch> change)
        => lane with { UnderWay = [.. lane.UnderWay.Select(b => b.Nonce == nonce ? change(b) : b)] };
}
