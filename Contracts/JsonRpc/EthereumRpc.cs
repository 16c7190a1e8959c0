using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;

namespace Pythia.Contracts.JsonRpc;

/// <summary>The calls of Ethereum's JSON-RPC that this project makes, with their types (ethereum/execution-apis).</summary>
/// <remarks>All throw what <see cref="IJsonRpc.CallAsync"/> throws; an answer that is not of the type is <see cref="RpcUnavailableException"/>.</remarks>
public static class EthereumRpc
{
    public static Task<ulong> ChainIdAsync(this IJsonRpc rpc, CancellationToken cancellationToken = default)
        => ReadAsync(rpc, new RpcRequest("eth_chainId"), RpcJson.UInt64, cancellationToken);

    public static Task<ulong> BlockNumberAsync(this IJsonRpc rpc, CancellationToken cancellationToken = default)
        => ReadAsync(rpc, new RpcRequest("eth_blockNumber"), RpcJson.UInt64, cancellationToken);

    /// <summary>A block by name, number or hash, its transactions as hashes; null if the node has none such.</summary>
    public static Task<RpcBlock?> BlockAsync(this IJsonRpc rpc, BlockTag tag, CancellationToken cancellationToken = default)
    {
        var byHash = Hash32.TryParse(tag.ToString(), out var hash);
        var request = byHash ? new RpcRequest("eth_getBlockByHash", hash, false) : new RpcRequest("eth_getBlockByNumber", tag, false);
        return ReadOrNullAsync(rpc, request, RpcBlock.Read, cancellationToken);
    }

    /// <summary>Account and storage proofs (EIP-1186).</summary>
    public static Task<RpcAccountProof> ProofAsync(
        this IJsonRpc rpc, Address account, IEnumerable<Hash32> slots, BlockTag tag, CancellationToken cancellationToken = default)
        => ReadAsync(rpc, new RpcRequest("eth_getProof", account, slots.ToArray(), tag), RpcAccountProof.Read, cancellationToken);

    /// <summary>All receipts of a block in their order; null if the node does not have the block.</summary>
    public static async Task<ImmutableArray<RpcReceipt>?> BlockReceiptsAsync(this IJsonRpc rpc, BlockTag tag, CancellationToken cancellationToken = default)
    {
        var json = await rpc.CallAsync(new RpcRequest("eth_getBlockReceipts", tag), cancellationToken);
        return RpcJson.IsNull(json) ? null : Read("eth_getBlockReceipts", json, j => RpcJson.List(j, RpcReceipt.Read));
    }

    /// <summary>A transaction's receipt; null while it is not mined, and after a reorganisation has un-mined it.</summary>
    public static Task<RpcReceipt?> ReceiptAsync(this IJsonRpc rpc, Hash32 transactionHash, CancellationToken cancellationToken = default)
        => ReadOrNullAsync(rpc, new RpcRequest("eth_getTransactionReceipt", transactionHash), RpcReceipt.Read, cancellationToken);

    /// <summary>A transaction as the node tells of it, mined or waiting; null if it knows none such.</summary>
    public static async Task<JsonElement?> TransactionAsync(this IJsonRpc rpc, Hash32 transactionHash, CancellationToken cancellationToken = default)
    {
        var json = await rpc.CallAsync(new RpcRequest("eth_getTransactionByHash", transactionHash), cancellationToken);
        return RpcJson.IsNull(json) ? null : json;
    }

    /// <summary>The account's next nonce at that block.</summary>
    public static Task<ulong> TransactionCountAsync(this IJsonRpc rpc, Address account, BlockTag tag, CancellationToken cancellationToken = default)
        => ReadAsync(rpc, new RpcRequest("eth_getTransactionCount", account, tag), RpcJson.UInt64, cancellationToken);

    public static Task<BigInteger> BalanceAsync(this IJsonRpc rpc, Address account, BlockTag tag, CancellationToken cancellationToken = default)
        => ReadAsync(rpc, new RpcRequest("eth_getBalance", account, tag), RpcJson.Integer, cancellationToken);

    public static Task<byte[]> CodeAsync(this IJsonRpc rpc, Address account, BlockTag tag, CancellationToken cancellationToken = default)
        => ReadAsync(rpc, new RpcRequest("eth_getCode", account, tag), RpcJson.Bytes, cancellationToken);

    public static Task<Hash32> StorageAsync(this IJsonRpc rpc, Address account, Hash32 slot, BlockTag tag, CancellationToken cancellationToken = default)
        => ReadAsync(rpc, new RpcRequest("eth_getStorageAt", account, slot, tag), RpcJson.Word, cancellationToken);

    /// <summary>Sends a signed transaction to one node, once.</summary>
    /// <exception cref="RpcException">The node refused it: nonce too low, already known, fees too low, no funds.</exception>
    /// <exception cref="RpcUnavailableException">Whether the node took it is unknown, or it named another hash than ours.</exception>
    public static async Task SendAsync(this IJsonRpc rpc, SignedTransaction transaction, CancellationToken cancellationToken = default)
    {
        var hash = await ReadAsync(rpc, new RpcRequest("eth_sendRawTransaction", transaction.Raw), RpcJson.Hash32, cancellationToken);
        if (hash != transaction.Hash) throw new RpcUnavailableException("that took the transaction", $"hash {hash} found, {transaction.Hash} expected");
    }

    public static Task<ImmutableArray<RpcLog>> LogsAsync(this IJsonRpc rpc, RpcLogFilter filter, CancellationToken cancellationToken = default)
        => ReadAsync(rpc, new RpcRequest("eth_getLogs", filter), j => RpcJson.List(j, RpcLog.Read), cancellationToken);

    /// <summary>What the call would return at that block; nothing is changed.</summary>
    /// <exception cref="RpcException">It would revert; <see cref="RpcException.RevertData"/> says with what.</exception>
    public static Task<byte[]> CallContractAsync(this IJsonRpc rpc, RpcCall call, BlockTag tag, CancellationToken cancellationToken = default)
        => ReadAsync(rpc, new RpcRequest("eth_call", call, tag), RpcJson.Bytes, cancellationToken);

    /// <summary>The gas that the call would take now.</summary>
    /// <exception cref="RpcException">It would revert; <see cref="RpcException.RevertData"/> says with what.</exception>
    public static Task<ulong> EstimateGasAsync(this IJsonRpc rpc, RpcCall call, CancellationToken cancellationToken = default)
        => ReadAsync(rpc, new RpcRequest("eth_estimateGas", call), RpcJson.UInt64, cancellationToken);

    /// <summary>Base fees of the last blocks and of the next one, and tips at these percentiles.</summary>
    public static Task<RpcFeeHistory> FeeHistoryAsync(this IJsonRpc rpc, int blocks, double[] percentiles, CancellationToken cancellationToken = default)
        => ReadAsync(rpc, new RpcRequest("eth_feeHistory", blocks, BlockTag.Latest, percentiles), RpcFeeHistory.Read, cancellationToken);

    public static Task<BigInteger> GasPriceAsync(this IJsonRpc rpc, CancellationToken cancellationToken = default)
        => ReadAsync(rpc, new RpcRequest("eth_gasPrice"), RpcJson.Integer, cancellationToken);

    public static Task<BigInteger> MaxPriorityFeeAsync(this IJsonRpc rpc, CancellationToken cancellationToken = default)
        => ReadAsync(rpc, new RpcRequest("eth_maxPriorityFeePerGas"), RpcJson.Integer, cancellationToken);

    private static async Task<T> ReadAsync<T>(IJsonRpc rpc, RpcRequest request, Func<JsonElement, T> read, CancellationToken cancellationToken)
        => Read(request.Method, await rpc.CallAsync(request, cancellationToken), read);

    private static async Task<T?> ReadOrNullAsync<T>(IJsonRpc rpc, RpcRequest request, Func<JsonElement, T> read, CancellationToken cancellationToken)
        where T : class
    {
        var json = await rpc.CallAsync(request, cancellationToken);
        return RpcJson.IsNull(json) ? null : Read(request.Method, json, read);
    }

    private static T Read<T>(string method, JsonElement json, Func<JsonElement, T> read)
    {
        try
        {
            return read(json);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or OverflowException)
        {
            throw new RpcUnavailableException("that answered", $"{method}: {e.Message}", e);
        }
    }
}
