using System.Numerics;
using System.Text.Json;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Registries;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;

namespace Pythia.Grains.Mirror;

/// <summary>A chain's nodes by JSON-RPC.</summary>
public sealed class ChainNode(IJsonRpc rpc) : IChainNode
{
    private const int ExecutionReverted = 3;

    /// <inheritdoc/>
    public Task<ulong> GetMinedNonceAsync(Address account, CancellationToken cancellationToken)
        => rpc.TransactionCountAsync(account, BlockTag.Latest, cancellationToken);

    /// <inheritdoc/>
    public async Task<SendReply> SendAsync(ReadOnlyMemory<byte> rawTransaction, CancellationToken cancellationToken)
    {
        if (!SignedTransaction.TryDecode(rawTransaction.Span, out var transaction))
        {
            return new SendReply(SendVerdict.Refused, "the stored bytes are no signed transaction");
        }

        try
        {
            await rpc.SendAsync(transaction, cancellationToken);
            return new SendReply(SendVerdict.Accepted, "");
        }
        catch (RpcException e)
        {
            return new SendReply(Judge(e.NodeMessage), e.NodeMessage);
        }
    }

    /// <inheritdoc/>
    public async Task<TransactionHint> FindAsync(Hash32 transactionHash, CancellationToken cancellationToken)
    {
        var found = await rpc.TransactionAsync(transactionHash, cancellationToken);
        if (found is not { } transaction)
        {
            return new TransactionHint(false, null);
        }

        var block = transaction.TryGetProperty("blockNumber", out var number) && number.ValueKind is JsonValueKind.String
            ? Convert.ToUInt64(number.GetString(), 16)
            : default(ulong?);
        return new TransactionHint(true, block);
    }

    /// <inheritdoc/>
    public async Task<HeadHint> GetHeadAsync(CancellationToken cancellationToken)
    {
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

    /// <summary>What clients' words mean: geth, Nethermind, Besu, Erigon, Reth and anvil, none of which has a code for it.</summary>
    public static SendVerdict Judge(string message)
    {
        ReadOnlySpan<(string Words, SendVerdict Verdict)> dialects =
        [
            ("already known", SendVerdict.AlreadyKnown),
            ("already imported", SendVerdict.AlreadyKnown),
            ("alreadyknown", SendVerdict.AlreadyKnown),
            ("known transaction", SendVerdict.AlreadyKnown),
            ("already in pool", SendVerdict.AlreadyKnown),
            ("replacement transaction underpriced", SendVerdict.Underpriced),
            ("replacementnotallowed", SendVerdict.Underpriced),
            ("underpriced", SendVerdict.Underpriced),
            ("feetoolow", SendVerdict.Underpriced),
            ("nonce too low", SendVerdict.NonceTooLow),
            ("nonce_too_low", SendVerdict.NonceTooLow),
            ("oldnonce", SendVerdict.NonceTooLow),
            ("nonce below", SendVerdict.NonceTooLow),
            ("insufficient funds", SendVerdict.NoFunds),
            ("insufficientfunds", SendVerdict.NoFunds),
            ("upfront cost exceeds", SendVerdict.NoFunds),
        ];
        foreach (var (words, verdict) in dialects)
        {
            if (message.Contains(words, StringComparison.OrdinalIgnoreCase))
            {
                return verdict;
            }
        }

        return SendVerdict.Refused;
    }
}
