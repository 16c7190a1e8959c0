using Pythia.Gateway.Passports;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Gateway.Tests;

/// <summary>Who may have a platform quote how often.</summary>
public sealed class QuoteSharesTests
{
    [Fact]
    public void QuoteShares_OneAddressTakesAllItCan_LeavesTheOthersAndTheRenewalsTheirs()
    {
        var shares = new QuoteShares(600, new ManualTimeProvider());
        int Take(string? address) => Enumerable.Range(0, 200).Count(_ => shares.TryTake(address) is not null);

        // Ten seconds' worth: of 100 quotes 20 are for renewals, and 20 of the other 80 for one address.
        Take("192.0.2.1").ShouldBe(20);
        Take("192.0.2.2").ShouldBe(20);
        Take("192.0.2.3").ShouldBe(20);
        Take("192.0.2.4").ShouldBe(20);
        Take("192.0.2.5").ShouldBe(0);
        Take(null).ShouldBe(20);
    }

    [Fact]
    public void QuoteShares_WhatIsGivenBack_IsOfWhomItWasTakenFrom()
    {
        var shares = new QuoteShares(6, new ManualTimeProvider());
        var renewal = shares.TryTake(null)!;
        var asked = shares.TryTake("192.0.2.1")!;
        foreach (var one in renewal) one.GiveBack();
        shares.TryTake("192.0.2.1").ShouldBeNull();
        shares.TryTake("192.0.2.2").ShouldBeNull();
        foreach (var one in asked) one.GiveBack();
        shares.TryTake("192.0.2.1").ShouldNotBeNull();
    }

    [Fact]
    public void QuoteBudget_WhatIsTaken_ComesBackWithTimeOrWhenGivenBack()
    {
        var time = new ManualTimeProvider();
        var budget = new QuoteBudget(12, time);
        bool[] Take(int count) => [.. Enumerable.Range(0, count).Select(_ => budget.TryTake())];

        Take(3).ShouldBe([true, true, false]);
        budget.GiveBack();
        Take(2).ShouldBe([true, false]);
        time.Advance(TimeSpan.FromSeconds(5));
        Take(2).ShouldBe([true, false]);
        time.Advance(TimeSpan.FromHours(1));
        budget.GiveBack();
        Take(3).ShouldBe([true, true, false]);
    }
}
