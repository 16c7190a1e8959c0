using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;
using Pythia.Tests.DevChain;
using Shouldly;

namespace Pythia.Contracts.Tests.DevChain;

/// <summary>What a development chain can be told: going back, forgetting, waiting.</summary>
public sealed class AnvilRpcTests(AnvilFixture chain) : IClassFixture<AnvilFixture>
{
    [Fact]
    public async Task RevertAsync_AfterASnapshot_BringsTheOldChainBack()
    {
        var snapshot = await chain.Rpc.SnapshotAsync();
        var before = await chain.Rpc.BlockNumberAsync();
        await chain.Rpc.MineAsync(4);
        (await chain.Rpc.BlockNumberAsync()).ShouldBe(before + 4);
        await chain.Rpc.RevertAsync(snapshot);
        (await chain.Rpc.BlockNumberAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task ReorganiseAsync_BlockWithATransaction_UnminesIt()
    {
        using var key = await chain.FundedKeyAsync("reorganised");
        var receipt = await chain.SendAsync(key, Address.Zero, ReadOnlyMemory<byte>.Empty, 30_000);
        await chain.Rpc.MineAsync();
        var head = (await chain.Rpc.BlockAsync(BlockTag.Latest))!;
        await chain.Rpc.ReorganiseAsync(2);
        var newHead = (await chain.Rpc.BlockAsync(BlockTag.Latest))!;
        newHead.Number.ShouldBe(head.Number);
        newHead.Hash.ShouldNotBe(head.Hash);
        (await chain.Rpc.ReceiptAsync(receipt.TransactionHash)).ShouldBeNull();
        (await chain.Rpc.TransactionCountAsync(key.Address, BlockTag.Latest)).ShouldBe(0UL);
    }

    [Fact]
    public async Task AdvanceClockAsync_AnHour_IsInTheNextBlock()
    {
        var before = (await chain.Rpc.BlockAsync(BlockTag.Latest))!.UnixSeconds;
        await chain.Rpc.AdvanceClockAsync(TimeSpan.FromHours(1));
        await chain.Rpc.MineAsync();
        (await chain.Rpc.BlockAsync(BlockTag.Latest))!.UnixSeconds.ShouldBeGreaterThanOrEqualTo(before + 3600);
    }

    [Fact]
    public async Task SetAutomineAsync_Off_TransactionWaitsUntilMined()
    {
        using var key = await chain.FundedKeyAsync("waiting");
        await chain.Rpc.SetAutomineAsync(on: false);
        try
        {
            var signed = new Eip1559Transaction
            {
                ChainId = chain.ChainId,
                Nonce = 0,
                MaxPriorityFeePerGasWei = FeePolicy.Gwei(1),
                MaxFeePerGasWei = FeePolicy.Gwei(10),
                GasLimit = 21_000,
                To = Address.Zero,
            }.Sign(key);
            await chain.Rpc.SendAsync(signed);
            (await chain.Rpc.ReceiptAsync(signed.Hash)).ShouldBeNull();
            (await chain.Rpc.TransactionCountAsync(key.Address, BlockTag.Pending)).ShouldBe(1UL);
            (await chain.Rpc.TransactionCountAsync(key.Address, BlockTag.Latest)).ShouldBe(0UL);
            await chain.Rpc.MineAsync();
            (await chain.Rpc.ReceiptAsync(signed.Hash))!.Succeeded.ShouldBeTrue();
        }
        finally
        {
            await chain.Rpc.SetAutomineAsync(on: true);
        }
    }
}
