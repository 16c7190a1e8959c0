using System.ComponentModel.DataAnnotations;
using System.Numerics;

namespace Pythia.Contracts.Transactions;

/// <summary>The two fees of a transaction, in wei a unit of gas.</summary>
public readonly record struct FeeQuote(BigInteger MaxFeePerGasWei, BigInteger MaxPriorityFeePerGasWei);

/// <summary>Why no fees can be offered.</summary>
public enum FeeVerdict
{
    Offered = 0,

    /// <summary>The block's base fee alone is above the cap: wait, or raise the cap.</summary>
    BaseFeeAboveCap = 1,

    /// <summary>A replacement would need more than the cap allows.</summary>
    ReplacementAboveCap = 2,
}

/// <summary>How much a transaction offers, with caps that hold whatever a node says.</summary>
public sealed record FeePolicy
{
    /// <summary>Nodes take a replacement that offers at least a tenth more on both fees; this is an eighth.</summary>
    private const int BumpNumerator = 9;
    private const int BumpDenominator = 8;

    /// <summary>Most to pay for a unit of gas, in gwei; 1 to 100,000, default 200.</summary>
    [Range(1, 100_000)]
    public int MaxFeePerGasGwei { get; init; } = 200;

    /// <summary>Most to tip for a unit of gas, in gwei; 0 to 10,000, default 5.</summary>
    [Range(0, 10_000)]
    public int MaxPriorityFeePerGasGwei { get; init; } = 5;

    /// <summary>The tip where the node names none, in gwei; 0 to 10,000, default 1.</summary>
    [Range(0, 10_000)]
    public int DefaultPriorityFeePerGasGwei { get; init; } = 1;

    /// <summary>How many full blocks in a row (an eighth more base fee each) the offer outlasts; 0 to 20, default 6, which doubles it.</summary>
    [Range(0, 20)]
    public int OutlastsFullBlocks { get; init; } = 6;

    /// <summary>What to offer in the block behind one with this base fee.</summary>
    /// <param name="baseFeePerGasWei">From a block's header.</param>
    /// <param name="suggestedPriorityFeePerGasWei">A node's word; taken up to the cap.</param>
    public FeeVerdict TryQuote(BigInteger baseFeePerGasWei, BigInteger? suggestedPriorityFeePerGasWei, out FeeQuote quote)
    {
        quote = default;
        var cap = Gwei(MaxFeePerGasGwei);
        if (baseFeePerGasWei.Sign < 0 || baseFeePerGasWei > cap) return FeeVerdict.BaseFeeAboveCap;

        var outlasting = baseFeePerGasWei;
        for (var block = 0; block < OutlastsFullBlocks; block++) outlasting = RaiseByAnEighth(outlasting);

        var tip = BigInteger.Clamp(suggestedPriorityFeePerGasWei ?? Gwei(DefaultPriorityFeePerGasGwei), BigInteger.Zero, Gwei(MaxPriorityFeePerGasGwei));
        var fee = BigInteger.Min(outlasting + tip, cap);
        quote = new FeeQuote(fee, BigInteger.Min(tip, fee));
        return FeeVerdict.Offered;
    }

    /// <summary>The least that replaces a transaction with these fees; for one that waits too long or has to be cancelled.</summary>
    /// <remarks>Both fees must rise, so the tip may pass its own cap here; what is paid for a unit of gas never passes the cap of the whole fee.</remarks>
    public FeeVerdict TryBump(FeeQuote waiting, out FeeQuote quote)
    {
        quote = new FeeQuote(RaiseByAnEighth(waiting.MaxFeePerGasWei), RaiseByAnEighth(waiting.MaxPriorityFeePerGasWei));
        return quote.MaxFeePerGasWei <= Gwei(MaxFeePerGasGwei) ? FeeVerdict.Offered : FeeVerdict.ReplacementAboveCap;
    }

    public static BigInteger Gwei(long gwei) => new BigInteger(gwei) * 1_000_000_000;

    // Rounded up, and at least one wei more: an eighth of 11, rounded down, would not be a tenth, and zero has to be outbid too.
    private static BigInteger RaiseByAnEighth(BigInteger wei)
        => BigInteger.Max(((wei * BumpNumerator) + BumpDenominator - 1) / BumpDenominator, wei + BigInteger.One);
}
