namespace Pythia.Grains.Mirror;

/// <summary>What clients' words for a refused transaction mean. The protocol has no codes for it (EIP-1474 names only −32003, "transaction
/// rejected"), so each client's texts are known here: geth core/txpool/errors.go and core/error.go, Nethermind AcceptTxResult (and the names it
/// gave before), Besu TransactionInvalidReason, Erigon txpoolcfg DiscardReason, Reth RpcInvalidTransactionError and RpcPoolError, anvil.</summary>
internal static class NodeDialects
{
    // The first that is found counts: what says more stands before what says less.
    private static readonly (string Words, SendVerdict Verdict)[] Known =
    [
        ("already known", SendVerdict.AlreadyKnown),                        // geth, Nethermind, Erigon, Reth
        ("alreadyknown", SendVerdict.AlreadyKnown),                         // Nethermind before
        ("already imported", SendVerdict.AlreadyKnown),                     // anvil, Reth, OpenEthereum
        ("already in pool", SendVerdict.AlreadyKnown),
        ("known transaction", SendVerdict.AlreadyKnown),                    // Besu, geth before
        ("existing txn with same hash", SendVerdict.AlreadyKnown),          // Erigon
        ("existing tx with same hash", SendVerdict.AlreadyKnown),           // Erigon before
        ("nonce too low", SendVerdict.NonceTooLow),                         // all
        ("nonce_too_low", SendVerdict.NonceTooLow),                         // Besu
        ("nonce is too low", SendVerdict.NonceTooLow),                      // OpenEthereum
        ("oldnonce", SendVerdict.NonceTooLow),                              // Nethermind before
        ("nonce below", SendVerdict.NonceTooLow),                           // Besu
        ("exceeds the configured cap", SendVerdict.TooBig),                 // geth, Reth: fee of the whole transaction
        ("exceeds block gas limit", SendVerdict.TooBig),                    // geth, Besu, Reth
        ("exceeds block's gas limit", SendVerdict.TooBig),                  // Reth
        ("exceeds_block_gas_limit", SendVerdict.TooBig),                    // Besu
        ("gas limit too high", SendVerdict.TooBig),                         // geth, Reth: EIP-7825
        ("gas limit is too high", SendVerdict.TooBig),                      // Erigon
        ("gaslimitexceeded", SendVerdict.TooBig),                           // Nethermind before
        ("gas limit reached", SendVerdict.TooBig),                          // Nethermind
        ("intrinsic gas too high", SendVerdict.TooBig),                     // anvil
        ("greater than the cap", SendVerdict.TooBig),                       // revm: EIP-7825
        ("oversized data", SendVerdict.TooBig),                             // geth, Erigon, Reth
        ("rlptoolong", SendVerdict.TooBig),                                 // Erigon
        ("transaction too large", SendVerdict.TooBig),                      // Nethermind
        ("maxtxsizeexceeded", SendVerdict.TooBig),                          // Nethermind before
        ("underpriced", SendVerdict.Underpriced),                           // all; a replacement too
        ("fee too low", SendVerdict.Underpriced),                           // Erigon
        ("feetoolow", SendVerdict.Underpriced),                             // Nethermind before
        ("replacementnotallowed", SendVerdict.Underpriced),                 // Nethermind before
        ("could not replace existing tx", SendVerdict.Underpriced),         // Erigon
        ("insufficient gas price to replace", SendVerdict.Underpriced),     // Reth
        ("less than block base fee", SendVerdict.Underpriced),              // geth, Reth, anvil
        ("below current base fee", SendVerdict.Underpriced),                // Besu
        ("below configured minimum", SendVerdict.Underpriced),              // Besu
        ("below minimum required priority fee", SendVerdict.Underpriced),   // Reth
        ("below chain minimum", SendVerdict.Underpriced),                   // Reth
        ("insufficient funds", SendVerdict.NoFunds),                        // geth, Nethermind, Erigon, Reth, anvil
        ("insufficientfunds", SendVerdict.NoFunds),                         // Nethermind before
        ("upfront cost exceeds", SendVerdict.NoFunds),                      // Besu
        ("upfront_cost_exceeds_balance", SendVerdict.NoFunds),              // Besu
        ("pool is full", SendVerdict.PoolFull),                             // geth, Reth, Erigon's sub-pools
        ("txpoolfull", SendVerdict.PoolFull),
        ("account limit exceeded", SendVerdict.PoolFull),                   // geth
        ("exceeded the maximum number of", SendVerdict.PoolFull),           // Reth
        ("spammer", SendVerdict.PoolFull),                                  // Erigon, Reth
        ("nonce too high", SendVerdict.PoolFull),                           // Nethermind, Reth
        ("nonce too far", SendVerdict.PoolFull),                            // Nethermind
        ("too distant from", SendVerdict.PoolFull),                         // Besu
        ("noncegap", SendVerdict.PoolFull),                                 // Nethermind before
        ("nonce gap", SendVerdict.PoolFull),
        ("lower nonce exists", SendVerdict.PoolFull),                       // Besu
        ("gapped nonce", SendVerdict.PoolFull),                             // geth
        ("in-flight transaction limit", SendVerdict.PoolFull),              // geth: delegated accounts
        ("syncing", SendVerdict.PoolFull),                                  // Nethermind
    ];

    /// <summary>What a node's refusal means; <see cref="SendVerdict.Refused"/> for words that are not known.</summary>
    public static SendVerdict Judge(string message)
    {
        foreach (var (words, verdict) in Known)
        {
            if (message.Contains(words, StringComparison.OrdinalIgnoreCase))
            {
                return verdict;
            }
        }

        return SendVerdict.Refused;
    }
}
