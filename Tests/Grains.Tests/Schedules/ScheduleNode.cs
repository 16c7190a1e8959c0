using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Transactions;
using Pythia.Enclave;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;
using Pythia.Tests.Support;

namespace Pythia.Tests.Schedules;

/// <summary>How the node behaves at present.</summary>
public enum NodeMood
{
    Well,

    /// <summary>Refuses connections.</summary>
    Down,

    /// <summary>Takes a call, carries it out or not, and never answers.</summary>
    Silent,

    /// <summary>Says ok and forgets.</summary>
    Forgetful,

    /// <summary>Carries a call out, and its answer is lost.</summary>
    LosesAnswers,

    /// <summary>Knows only blocks that are three old, and no transaction in them.</summary>
    Lags,

    /// <summary>Refuses every transaction in words that nobody knows.</summary>
    Refuses,

    /// <summary>Says that every nonce is used.</summary>
    SaysNonceTooLow,

    /// <summary>Says that every transaction offers too little.</summary>
    SaysUnderpriced,
}

/// <summary>What the node and the enclave of a world do wrong, for all hosts alike.</summary>
public sealed class Weather
{
    public NodeMood Node { get; set; }

    /// <summary>The enclave refuses to read blocks.</summary>
    public bool EnclaveIsBlind { get; set; }
}

/// <summary>One host's way to the node.</summary>
public sealed class ScheduleNode(ScheduleChain chain, Weather weather, HostLife life, TimeProvider time) : IChainNode
{
    private const int LagBlocks = 3;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    public Task<ulong> GetMinedNonceAsync(Address account, ulong? explained, CancellationToken cancellationToken)
        => AskAsync("eth_getTransactionCount", mood => chain.NonceOf(account, mood is NodeMood.Lags ? LagBlocks : 0), cancellationToken);

    public Task<SendReply> SendAsync(ReadOnlyMemory<byte> rawTransaction, CancellationToken cancellationToken)
    {
        Assert.True(SignedTransaction.TryDecode(rawTransaction.Span, out var transaction));
        return AskAsync($"eth_sendRawTransaction {transaction.Transaction.Nonce} {transaction.Hash}", mood => mood switch
        {
            NodeMood.Forgetful => new SendReply(SendVerdict.Accepted, ""),
            NodeMood.Refuses => new SendReply(SendVerdict.Refused, "the moon is in the wrong quarter"),
            NodeMood.SaysNonceTooLow => new SendReply(SendVerdict.NonceTooLow, "nonce too low"),
            NodeMood.SaysUnderpriced => new SendReply(SendVerdict.Underpriced, "transaction underpriced"),
            _ => chain.Take(transaction),
        }, cancellationToken);
    }

    public Task<TransactionHint> FindAsync(Hash32 transactionHash, CancellationToken cancellationToken)
        => AskAsync($"eth_getTransactionByHash {transactionHash}", mood =>
        {
            var hint = chain.Find(transactionHash);
            return mood is NodeMood.Lags && hint.Block + LagBlocks > chain.Head.Number ? new TransactionHint(true, null) : hint;
        }, cancellationToken);

    public Task<HeadHint> GetHeadAsync(CancellationToken cancellationToken)
        => AskAsync("eth_getBlockByNumber", _ => new HeadHint(chain.BaseFeeWei, 60_000_000), cancellationToken);

    public Task<IReadOnlyDictionary<int, string>> GetItemFailuresAsync(Hash32 transactionHash, CancellationToken cancellationToken)
        => AskAsync<IReadOnlyDictionary<int, string>>($"eth_getTransactionReceipt {transactionHash}", _ => new Dictionary<int, string>(), cancellationToken);

    public Task<bool> HasCodeAsync(Address address, CancellationToken cancellationToken) => AskAsync("eth_getCode", _ => false, cancellationToken);

    public Task<byte[]?> CallAsync(Address to, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
        => AskAsync("eth_call", _ => default(byte[]), cancellationToken);

    private async Task<T> AskAsync<T>(string method, Func<NodeMood, T> answer, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var mood = weather.Node;
        if (mood is NodeMood.Down)
        {
            life.Refuse(method);
            throw new RpcUnavailableException("model", "connection refused");
        }

        var result = life.Step(method, () => answer(mood));
        await Task.Yield();
        if (mood is NodeMood.Silent)
        {
            await Task.Delay(Silence, time, cancellationToken);
        }

        life.Refuse(method);
        return mood is NodeMood.LosesAnswers or NodeMood.Silent ? throw new RpcUnavailableException("model", $"{method}: no answer") : result;
    }
}

/// <summary>One host's enclave.</summary>
public sealed class ScheduleEnclave(ScheduleChain chain, ulong chainId, Weather weather, HostLife life) : IEnclave
{
    public ValueTask<EnclaveIdentity> IdentifyAsync(CancellationToken cancellationToken = default)
        => new(ModelIdentity.Of("model", chainId));

    public ValueTask<EnclaveAttestation> AttestAsync(ReadOnlyMemory<byte> nonce, ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default)
        => ValueTask.FromException<EnclaveAttestation>(new EnclaveException(EnclaveFault.NotAttested, "a model makes no quotes"));

    public ValueTask<EnclaveRevocation> RevokeOwnKeyAsync(ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default)
        => ValueTask.FromException<EnclaveRevocation>(new EnclaveException(EnclaveFault.UnknownKey, "a model has no keys"));

    public ValueTask<EnclaveReply> AnswerAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default) => new(EnclaveReply.Answered(request));

    public ValueTask<EnclaveReply> ProveAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default) => new(EnclaveReply.Answered(request));

    public ValueTask<VerifiedHead?> HeadAsync(CancellationToken cancellationToken = default) => new(ScheduleChain.HeadOf(chain.Head.Verified));

    public async ValueTask<VerifiedHead> WaitForHeadAsync(ulong afterBlock, CancellationToken cancellationToken = default)
    {
        var head = await chain.WaitForHeadAsync(afterBlock, cancellationToken);
        life.Refuse("head");
        return head;
    }

    public async ValueTask<BlockLogsReply> ReadLogsAsync(ulong block, CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        if (weather.EnclaveIsBlind)
        {
            return BlockLogsReply.Refused(new EnclaveRefusal(RefusalReason.NodeUnavailable, "no node"));
        }

        var read = life.Step($"read block {block}", () => chain.Read(block));
        return read is null
            ? BlockLogsReply.Refused(new EnclaveRefusal(RefusalReason.BlockUnknown, $"block {block}"))
            : BlockLogsReply.Read(read);
    }

    public ValueTask<EnclaveHealth> HealthAsync(CancellationToken cancellationToken = default)
        => new(new EnclaveHealth(true, ScheduleChain.HeadOf(chain.Head.Verified), null, [], 0, 0));
}
