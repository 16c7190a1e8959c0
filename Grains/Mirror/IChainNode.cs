using Pythia.Ethereum;

namespace Pythia.Grains.Mirror;

/// <summary>What the mirror asks of a chain's untrusted nodes. An answer only decides what is tried next; what happened is known from
/// verified receipts alone.</summary>
/// <remarks>Methods throw when no node answers in time; the caller tries again later.</remarks>
public interface IChainNode
{
    /// <summary><c>eth_getTransactionCount</c> at <c>latest</c>: the lowest nonce that no mined transaction has.</summary>
    /// <param name="explained">What the account's own transactions explain at most; null where nothing is known of them. Of several nodes, one that
    /// names more is set aside where another does not.</param>
    Task<ulong> GetMinedNonceAsync(Address account, ulong? explained, CancellationToken cancellationToken);

    /// <summary><c>eth_sendRawTransaction</c>, with what other clients' words for a refusal mean.</summary>
    Task<SendReply> SendAsync(ReadOnlyMemory<byte> rawTransaction, CancellationToken cancellationToken);

    /// <summary>What the node knows of a transaction.</summary>
    Task<TransactionHint> FindAsync(Hash32 transactionHash, CancellationToken cancellationToken);

    /// <summary>What the newest block says about the next one.</summary>
    Task<HeadHint> GetHeadAsync(CancellationToken cancellationToken);

    /// <summary>What the Relay said in a mined transaction of items that its targets did not take: reasons in words, by the item's place. For people.</summary>
    Task<IReadOnlyDictionary<int, string>> GetItemFailuresAsync(Hash32 transactionHash, CancellationToken cancellationToken);

    /// <summary>Whether there is code at the address, such as a wallet's.</summary>
    Task<bool> HasCodeAsync(Address address, CancellationToken cancellationToken);

    /// <summary><c>eth_call</c>; null when the call reverts.</summary>
    Task<byte[]?> CallAsync(Address to, ReadOnlyMemory<byte> data, CancellationToken cancellationToken);
}

/// <summary>What a node said to a transaction.</summary>
/// <param name="Verdict">What it means.</param>
/// <param name="Detail">The node's words; empty when accepted.</param>
public sealed record SendReply(SendVerdict Verdict, string Detail);

/// <summary>What a node's answer to a transaction means.</summary>
public enum SendVerdict
{
    /// <summary>Taken.</summary>
    Accepted,

    /// <summary>It has these very bytes already.</summary>
    AlreadyKnown,

    /// <summary>The nonce is used: by these bytes or by others; only the chain tells.</summary>
    NonceTooLow,

    /// <summary>Another transaction with this nonce waits, and the fee is not higher enough.</summary>
    Underpriced,

    /// <summary>The account can't pay.</summary>
    NoFunds,

    /// <summary>Anything else.</summary>
    Refused,

    /// <summary>The pool is full, or holds as many of the account as it takes, or wants an earlier nonce first: later it may take it.</summary>
    PoolFull,

    /// <summary>More gas, bytes or fee than the node lets one transaction have: a smaller one may pass.</summary>
    TooBig,
}

/// <summary>What the newest block says about the next one.</summary>
/// <param name="BaseFeePerGasWei">In wei for each gas.</param>
/// <param name="GasLimit">Of the whole block.</param>
public sealed record HeadHint(System.Numerics.BigInteger BaseFeePerGasWei, ulong GasLimit);

/// <summary>What a node knows of a transaction.</summary>
/// <param name="Known">It waits or is mined.</param>
/// <param name="Block">The block that holds it, or null.</param>
/// <param name="BlockHash">That block's hash, 0x and lower case; null where the node does not say it.</param>
public sealed record TransactionHint(bool Known, ulong? Block, string? BlockHash = null);
