using System.Numerics;
using System.Text.Json;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Registries;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;

namespace Pythia.Grains.Mirror;

/// <summary>A chain's nodes by JSON-RPC. Of several, all are handed each transaction, and what most of them say counts: a node may lag, forget
/// or lie (docs/decisions/027).</summary>
/// <param name="rpc">One node, or a <see cref="JsonRpcClient"/> of several.</param>
/// <param name="chainId">The chain that nodes must be of, where they are several; one of another chain is set aside.</param>
public sealed class ChainNode(IJsonRpc rpc, ulong? chainId = null) : IChainNode
{
    private const int ExecutionReverted = 3;
    private const ulong MostLagBlocks = 3;
    private static readonly TimeSpan SetAsideFor = TimeSpan.FromSeconds(30);

    private readonly JsonRpcClient? _several = rpc is JsonRpcClient { Nodes.Count: > 1 } client ? client : null;

    /// <inheritdoc/>
    public async Task<ulong> GetMinedNonceAsync(Address account, ulong? explained, CancellationToken cancellationToken)
    {
        if (_several is null)
        {
            return await rpc.TransactionCountAsync(account, BlockTag.Latest, cancellationToken);
        }

        var answers = await _several.AskAllAsync(new RpcRequest("eth_getTransactionCount", account, BlockTag.Latest), cancellationToken: cancellationToken);
        var named = answers.Where(a => a.Answer is { Error: null }).Select(a => (a.Node, Nonce: TryRead(a, RpcJson.UInt64))).Where(n => n.Nonce is not null).ToArray();
        if (named.Any(n => n.Nonce <= explained))
        {
            foreach (var (node, nonce) in named.Where(n => n.Nonce > explained))
            {
                _several.SetAside(node, $"nonce {nonce} of account {account} found, at most {explained} expected: no transaction of ours explains more, and another node does not name more", SetAsideFor);
            }

            named = [.. named.Where(n => n.Nonce <= explained)];
        }

        return MiddleOf(named.Select(n => n.Nonce!.Value))
            ?? throw new RpcUnavailableException("that answered", "no nonce of the account found, one expected");
    }

    /// <inheritdoc/>
    public async Task<SendReply> SendAsync(ReadOnlyMemory<byte> rawTransaction, CancellationToken cancellationToken)
    {
        if (!SignedTransaction.TryDecode(rawTransaction.Span, out var transaction))
        {
            return new SendReply(SendVerdict.Refused, "the stored bytes are no signed transaction");
        }

        if (_several is not null)
        {
            return await SendToAllAsync(_several, transaction, cancellationToken);
        }

        try
        {
            await rpc.SendAsync(transaction, cancellationToken);
            return new SendReply(SendVerdict.Accepted, "");
        }
        catch (RpcException e)
        {
            return new SendReply(NodeDialects.Judge(e.NodeMessage), e.NodeMessage);
        }
    }

    /// <inheritdoc/>
    public async Task<TransactionHint> FindAsync(Hash32 transactionHash, CancellationToken cancellationToken)
    {
        if (_several is null)
        {
            return HintOf(await rpc.TransactionAsync(transactionHash, cancellationToken));
        }

        var answers = await _several.AskAllAsync(new RpcRequest("eth_getTransactionByHash", transactionHash), cancellationToken: cancellationToken);
        var hints = answers.Where(a => a.Answer is { Error: null }).Select(a => HintOf(RpcJson.IsNull(a.Answer!.Result) ? null : a.Answer.Result)).ToArray();
        var mined = hints.Select(h => h.Block).OfType<ulong>().ToArray();
        var block = 2 * mined.Length > hints.Length ? MiddleOf(mined) : null;
        var hash = hints.Where(h => block is not null && h.Block == block).GroupBy(h => h.BlockHash, StringComparer.Ordinal).MaxBy(h => h.Count())?.Key;
        return new TransactionHint(hints.Any(h => h.Known), block, hash);
    }

    /// <inheritdoc/>
    public async Task<HeadHint> GetHeadAsync(CancellationToken cancellationToken)
    {
        if (_several is not null && chainId is { } id)
        {
            await _several.CheckNodesAsync(id, MostLagBlocks, SetAsideFor, cancellationToken);
        }

        var head = await rpc.BlockAsync(BlockTag.Latest, cancellationToken);
        return new HeadHint(head?.BaseFeePerGasWei ?? BigInteger.Zero, head?.GasLimit ?? 0);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<int, string>> GetItemFailuresAsync(Hash32 transactionHash, CancellationToken cancellationToken)
    {
        var reasons = new Dictionary<int, string>();
        foreach (var log in (await rpc.ReceiptAsync(transactionHash, cancellationToken))?.Logs ?? [])
        {
            if (RegistryEvents.TryDecode(log.Topics, log.Data.AsSpan(), out var decoded) && decoded is ItemFailed failed && failed.Index <= int.MaxValue)
            {
                reasons[(int)failed.Index] = RegistryErrors.Describe(failed.Reason.AsSpan());
            }
        }

        return reasons;
    }

    /// <inheritdoc/>
    public async Task<bool> HasCodeAsync(Address address, CancellationToken cancellationToken)
        => (await rpc.CodeAsync(address, BlockTag.Latest, cancellationToken)).Length > 0;

    /// <inheritdoc/>
    public async Task<byte[]?> CallAsync(Address to, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        try
        {
            return await rpc.CallContractAsync(new RpcCall { To = to, Data = data }, BlockTag.Latest, cancellationToken);
        }
        catch (RpcException e) when (e.Code is ExecutionReverted || e.NodeMessage.Contains("revert", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
    }

    // A transaction is the same however often it comes, so every node gets it: one that forgets or keeps it to itself does not matter then.
    private static async Task<SendReply> SendToAllAsync(JsonRpcClient several, SignedTransaction transaction, CancellationToken cancellationToken)
    {
        var request = new RpcRequest("eth_sendRawTransaction", transaction.Raw);
        var answers = await several.AskAllAsync(request, a => ReplyOf(several, transaction, a) is { Verdict: SendVerdict.Accepted or SendVerdict.AlreadyKnown }, cancellationToken);
        return answers.Select(a => ReplyOf(several, transaction, a)).OfType<SendReply>().OrderBy(r => Array.IndexOf(WhatCounts, r.Verdict)).FirstOrDefault()
            ?? throw new RpcUnavailableException("that answered", "the transaction under another hash found");
    }

    // Taken by one is taken. Of refusals the one counts that costs least to follow, and that nobody says for all nodes counts last.
    private static readonly SendVerdict[] WhatCounts =
    [
        SendVerdict.Accepted, SendVerdict.AlreadyKnown, SendVerdict.PoolFull, SendVerdict.NoFunds, SendVerdict.TooBig, SendVerdict.Underpriced,
        SendVerdict.NonceTooLow, SendVerdict.Refused,
    ];

    private static SendReply? ReplyOf(JsonRpcClient several, SignedTransaction transaction, NodeAnswer answer)
    {
        if (answer.Answer is null)
        {
            return null;
        }

        if (answer.Answer.Error is { } refusal)
        {
            return new SendReply(NodeDialects.Judge(refusal.NodeMessage), $"node {answer.Node.Name}: {refusal.NodeMessage}");
        }

        if (TryRead(answer, RpcJson.Hash32) == transaction.Hash)
        {
            return new SendReply(SendVerdict.Accepted, "");
        }

        several.SetAside(answer.Node, $"it took {transaction.Hash} under another hash", SetAsideFor);
        return null;
    }

    private static TransactionHint HintOf(JsonElement? found)
    {
        if (found is not { } transaction)
        {
            return new TransactionHint(false, null);
        }

        var block = transaction.TryGetProperty("blockNumber", out var number) && number.ValueKind is JsonValueKind.String
            ? Convert.ToUInt64(number.GetString(), 16)
            : default(ulong?);
        return new TransactionHint(true, block, block is null ? null : HashOf(transaction));
    }

    private static string? HashOf(JsonElement transaction)
        => transaction.TryGetProperty("blockHash", out var hash) && hash.ValueKind is JsonValueKind.String ? hash.GetString()?.ToLowerInvariant() : null;

    private static T? TryRead<T>(NodeAnswer answer, Func<JsonElement, T> read)
        where T : struct
    {
        try
        {
            return read(answer.Answer!.Result);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or OverflowException)
        {
            return null;
        }
    }

    // Of an even number the upper one: a node that lags is outvoted by one that does not.
    private static ulong? MiddleOf(IEnumerable<ulong> values) => values.Order().ToArray() is { Length: > 0 } all ? all[all.Length / 2] : null;
}
