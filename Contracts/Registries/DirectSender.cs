using System.Numerics;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>The block's base fee is above what may be offered: wait, or raise the cap.</summary>
public sealed class FeeAboveCapException(string message) : InvalidOperationException(message);

/// <summary>Sends transactions of one account, one after the other, and waits for each: how an owner acts without us, and how contracts are deployed.</summary>
/// <remarks>For few transactions by one process. Intents of others go through the mirror, which survives crashes and reorganisations.</remarks>
public sealed class DirectSender(IJsonRpc rpc, EthereumKey key, ulong chainId, FeePolicy fees, TimeProvider time)
{
    private static readonly TimeSpan ReceiptPoll = TimeSpan.FromMilliseconds(50);

    public Address Address => key.Address;

    /// <summary>Sends and waits until it is mined.</summary>
    /// <param name="to">Null creates a contract.</param>
    /// <param name="gasLimit">Null asks the node; a call that would revert is then refused before anything is sent.</param>
    /// <returns>The receipt; <see cref="RpcReceipt.Succeeded"/> says whether it reverted.</returns>
    /// <exception cref="FeeAboveCapException">Nothing is sent while blocks are so dear.</exception>
    /// <exception cref="RpcException">The node refused it, or the estimate says that it reverts.</exception>
    /// <exception cref="RpcUnavailableException">Whether the node took it is unknown.</exception>
    public async Task<RpcReceipt> SendAsync(
        Address? to, ReadOnlyMemory<byte> data, BigInteger valueWei = default, ulong? gasLimit = null, CancellationToken cancellationToken = default)
    {
        var head = await rpc.BlockAsync(BlockTag.Latest, cancellationToken)
            ?? throw new RpcUnavailableException("that answered", "no latest block found, one expected");
        var verdict = fees.TryQuote(head.BaseFeePerGasWei ?? BigInteger.Zero, suggestedPriorityFeePerGasWei: null, out var quote);
        if (verdict is not FeeVerdict.Offered) throw new FeeAboveCapException($"base fee {head.BaseFeePerGasWei} wei found, at most {fees.MaxFeePerGasGwei} gwei expected");

        var gas = gasLimit ?? await EstimateAsync(to, data, valueWei, cancellationToken);
        var signed = new Eip1559Transaction
        {
            ChainId = chainId,
            Nonce = await rpc.TransactionCountAsync(key.Address, BlockTag.Pending, cancellationToken),
            MaxFeePerGasWei = quote.MaxFeePerGasWei,
            MaxPriorityFeePerGasWei = quote.MaxPriorityFeePerGasWei,
            GasLimit = gas,
            To = to,
            ValueWei = valueWei,
            Data = data,
        }.Sign(key);
        await rpc.SendAsync(signed, cancellationToken);
        return await ReceiptAsync(signed.Hash, cancellationToken);
    }

    // A fifth more than the estimate: state may move between the two. Unused gas comes back.
    private async Task<ulong> EstimateAsync(Address? to, ReadOnlyMemory<byte> data, BigInteger valueWei, CancellationToken cancellationToken)
    {
        var call = new RpcCall { From = key.Address, To = to, Data = data, ValueWei = valueWei };
        return Math.Min(await rpc.EstimateGasAsync(call, cancellationToken) * 6 / 5, RelayGas.MostOfTransaction);
    }

    private async Task<RpcReceipt> ReceiptAsync(Hash32 hash, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await rpc.ReceiptAsync(hash, cancellationToken) is { } receipt) return receipt;
            await Task.Delay(ReceiptPoll, time, cancellationToken);
        }
    }
}
