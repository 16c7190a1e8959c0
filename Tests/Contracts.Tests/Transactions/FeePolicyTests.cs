using System.Numerics;
using Pythia.Contracts.Transactions;
using Shouldly;

namespace Pythia.Contracts.Tests.Transactions;

public sealed class FeePolicyTests
{
    private static readonly FeePolicy Policy = new() { MaxFeePerGasGwei = 100, MaxPriorityFeePerGasGwei = 3 };

    [Fact]
    public void TryQuote_UsualBlock_OutlastsSixFullBlocks()
    {
        Policy.TryQuote(FeePolicy.Gwei(10), FeePolicy.Gwei(1), out var quote).ShouldBe(FeeVerdict.Offered);
        quote.MaxPriorityFeePerGasWei.ShouldBe(FeePolicy.Gwei(1));
        quote.MaxFeePerGasWei.ShouldBeGreaterThan(FeePolicy.Gwei(20) + FeePolicy.Gwei(1));
        quote.MaxFeePerGasWei.ShouldBeLessThan(FeePolicy.Gwei(23));
    }

    [Theory]
    [InlineData(90, 1_000_000)]
    [InlineData(100, 2)]
    [InlineData(0, 0)]
    public void TryQuote_WhateverTheNodeSays_StaysUnderTheCaps(long baseFeeGwei, long tipGwei)
    {
        Policy.TryQuote(FeePolicy.Gwei(baseFeeGwei), FeePolicy.Gwei(tipGwei), out var quote).ShouldBe(FeeVerdict.Offered);
        quote.MaxFeePerGasWei.ShouldBeLessThanOrEqualTo(FeePolicy.Gwei(100));
        quote.MaxPriorityFeePerGasWei.ShouldBeLessThanOrEqualTo(FeePolicy.Gwei(3));
        quote.MaxPriorityFeePerGasWei.ShouldBeLessThanOrEqualTo(quote.MaxFeePerGasWei);
    }

    [Fact]
    public void TryQuote_BaseFeeAboveTheCap_IsRefused()
        => Policy.TryQuote(FeePolicy.Gwei(101), null, out _).ShouldBe(FeeVerdict.BaseFeeAboveCap);

    [Fact]
    public void TryBump_UntilTheCap_RaisesBothByATenthAtLeast()
    {
        Policy.TryQuote(FeePolicy.Gwei(10), BigInteger.One, out var quote).ShouldBe(FeeVerdict.Offered);
        var bumps = 0;
        while (Policy.TryBump(quote, out var higher) is FeeVerdict.Offered)
        {
            (higher.MaxFeePerGasWei * 10).ShouldBeGreaterThanOrEqualTo(quote.MaxFeePerGasWei * 11);
            (higher.MaxPriorityFeePerGasWei * 10).ShouldBeGreaterThanOrEqualTo(quote.MaxPriorityFeePerGasWei * 11);
            quote = higher;
            bumps++;
        }

        bumps.ShouldBeGreaterThan(5);
        quote.MaxFeePerGasWei.ShouldBeLessThanOrEqualTo(FeePolicy.Gwei(100));
    }
}
