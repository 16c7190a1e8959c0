using Pythia.Contracts.Registries;
using Shouldly;

namespace Pythia.Contracts.Tests.Registries;

public sealed class RelayGasTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(500)]
    [InlineData(5_000)]
    [InlineData(uint.MaxValue)]
    public void TransactionLimit_RevokeAllOfAnyLength_FitsATransaction(uint max)
        => RelayGas.TransactionLimit([new RevokeAllAct(Samples.Header, max)], _ => true).ShouldBeLessThanOrEqualTo(RelayGas.MostOfTransaction);

    [Theory]
    [MemberData(nameof(Samples.ActNames), MemberType = typeof(Samples))]
    public void FitsTransaction_EachAct_IsTrueWithALongWalletSignature(string name)
        => RelayGas.FitsTransaction(Samples.Act(name), 4_096).ShouldBeTrue();

    [Fact]
    public void FitsTransaction_MoreBytesThanNodesTake_IsFalse()
    {
        var content = new byte[RelayGas.MostBytesOfTransaction];
        RelayGas.FitsTransaction(new PublishAct(Samples.Header, [.. content]), 65).ShouldBeFalse();
        RelayGas.FitsTransaction(new PublishAct(Samples.Header, [.. content.AsSpan(content.Length / 2)]), 65).ShouldBeTrue();
        RelayGas.FitsTransaction(new FreezeAct(Samples.Header, Samples.Word(1)), content.Length).ShouldBeFalse();
    }

    // Calldata costs 16 a byte, and as much again is ample for copying it; a wallet may burn all that it is given.
    [Fact]
    public void UsageOf_WalletWithALongSignature_CoversItsBytesAndItsCap()
    {
        var act = new FreezeAct(Samples.Header, Samples.Word(1));
        RelayGas.UsageOf(act, signerIsWallet: true, 4_096).ShouldBeGreaterThan(RelayGas.UsageOf(act) / 5 * 4 + 200_000 + (32 * 4_096));
    }

    [Fact]
    public void TransactionLimit_ManyBigActs_NeverHoldsMoreBytesThanNodesTake()
    {
        var acts = Enumerable.Range(1, 50).Select(i => (SignedAct)new PublishAct(Samples.Header, [.. new byte[i * 1_000]])).ToArray();
        var fitting = Enumerable.Range(1, 50).Select(n => acts[..n]).TakeWhile(a => RelayGas.TransactionLimit(a) <= RelayGas.MostOfTransaction).Last();
        Relay.Encode(fitting.Select(a => RelayItem.Of(a, new byte[65]))).Length.ShouldBeInRange(32 * 1_024, RelayGas.MostBytesOfTransaction);
    }
}
