using System.Collections.Immutable;
using Pythia.Contracts.Registries;

namespace Pythia.Grains.Mirror;

/// <summary>Decides what a lane does next: pure functions of what it holds, the chain's nonce and the time.</summary>
internal static class LanePlan
{
    /// <summary>A transaction that does nothing (EIP-2028).</summary>
    public const ulong TransactionGas = 21_000;

    // Relay.sol: the call and the outcome's event with the longest reason.
    private const ulong OutcomeReserveGas = 24_000;

    /// <summary>The lowest nonce that is neither mined nor reserved. A nonce that was reserved and never sent is thereby used first.</summary>
    /// <param name="reserved">In ascending order.</param>
    public static ulong NextFreeNonce(IEnumerable<ulong> reserved, ulong minedNonce)
    {
        var nonce = minedNonce;
        foreach (var taken in reserved)
        {
            nonce += taken == nonce ? 1UL : 0UL;
        }

        return nonce;
    }

    /// <summary>Gas limit of a batch: what its items take, and room for the gas floor of the most demanding one whenever it comes. Never an
    /// estimate: a failure-tolerant batch estimates the failure. As <c>RelayGas.TransactionLimit</c>, from what the lane has stored.</summary>
    public static ulong GasOf(IEnumerable<QueuedIntent> intents)
    {
        var (usage, most) = intents.Aggregate((Usage: 0UL, Most: 0UL), (sum, i) => (sum.Usage + i.GasUsage, Math.Max(sum.Most, i.GasLimit)));
        return GasOf(usage, most);
    }

    /// <summary>Most gas of a transaction: by the settings, by EIP-7825, and three quarters of a block, so that it need not wait for an empty one.</summary>
    public static ulong MostGas(MirrorOptions options, ulong blockGasLimit)
        => Math.Min(Math.Min((ulong)options.BatchGas, RelayGas.MostOfTransaction), blockGasLimit == 0 ? ulong.MaxValue : blockGasLimit / 4 * 3);

    /// <summary>The oldest items that may go out now and fit one transaction; one at least, however big.</summary>
    /// <param name="before">What has to be carried out before an item, by the order of its keyed nonces, and is in the lane; null for nothing. An item goes
    /// out behind it, not before it.</param>
    /// <param name="mostGas">Of the transaction.</param>
    /// <param name="chainUnixSeconds">Time of the newest block: what had to happen before is left to expire.</param>
    /// <param name="nowUnixMs">By the silo's clock.</param>
    public static ImmutableArray<LaneItem> Choose(IEnumerable<LaneItem> waiting, Func<LaneItem, LaneItem?> before, int mostItems, ulong mostGas, ulong chainUnixSeconds, long nowUnixMs)
    {
        var chosen = ImmutableArray.CreateBuilder<LaneItem>();
        var (usage, most) = (0UL, 0UL);
        foreach (var item in waiting)
        {
            if (item.NotBeforeUnixMs > nowUnixMs || item.Intent.DeadlineUnixSeconds < chainUnixSeconds)
            {
                continue;
            }

            if (before(item) is { Batch: null } first && !chosen.Contains(first))
            {
                continue;
            }

            (usage, most) = (usage + item.Intent.GasUsage, Math.Max(most, item.Intent.GasLimit));
            if (chosen.Count == mostItems || (chosen.Count > 0 && GasOf(usage, most) > mostGas))
            {
                break;
            }

            chosen.Add(item);
        }

        return chosen.ToImmutable();
    }

    private static ulong GasOf(ulong usage, ulong most) => TransactionGas + usage + most + (most / 63) + OutcomeReserveGas;
}
