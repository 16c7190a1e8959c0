using System.Collections.Immutable;
using System.Numerics;
using Microsoft.Extensions.Logging;
using Pythia.Contracts.Registries;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Telemetry;

namespace Pythia.Grains.Mirror;

/// <summary>One transaction of a lane, from its reserved nonce to its end.</summary>
public sealed partial class RelayGrain
{
    private async Task LookAfterAllAsync(LedgerView ledger, CancellationToken cancellationToken)
    {
        var closed = new List<ulong>();
        foreach (var batch in _book.Batches.ToArray())
        {
            if (batch.Nonce < _minedNonce)
            {
                if (await TryCloseAsync(batch, ledger, cancellationToken))
                {
                    closed.Add(batch.Nonce);
                }
            }
            else if (batch.IsSettled && batch.SentUnixMs == 0 && !IsGap(batch.Nonce))
            {
                await GiveUpAsync(batch); // others were faster, and nobody needs the nonce
            }
            else if (batch.Attempt is null)
            {
                await SignAndSendAsync(batch, cancellationToken);
            }
            else
            {
                await KeepAliveAsync(batch, cancellationToken);
            }
        }

        if (closed.Count > 0)
        {
            await _state.ApplyAsync(s => s.Close(closed, ledger.Head));
            closed.ForEach(_book.Close);
        }
    }

    /// <summary>The nonce is used. By one of our attempts: what the follower has brought no outcome for was refused before its nonce was
    /// looked at, and goes out again. By another transaction: everything goes out again. A contract takes an intent once in any case.</summary>
    /// <returns>Whether no outcome can come any more; what is left of the items is told when they may go out again.</returns>
    private async Task<bool> TryCloseAsync(LaneBatch batch, LedgerView ledger, CancellationToken cancellationToken)
    {
        if (batch.IsSettled)
        {
            return true;
        }

        var (minedIn, minedHash, hash) = (default(ulong?), default(string), default(Hash32));
        foreach (var attempt in await Batch(batch.Nonce).GetAsync())
        {
            var attemptHash = Hash32.Parse(attempt.TransactionHash);
            var hint = await _chain.Node.FindAsync(attemptHash, cancellationToken);
            if (hint is { Known: true, Block: null })
            {
                return false; // the node contradicts itself: look again
            }

            (minedIn, minedHash, hash) = hint.Block is { } block ? (block, hint.BlockHash, attemptHash) : (minedIn, minedHash, hash);
        }

        if (ledger.Cursor < (minedIn ?? ledger.Head))
        {
            return false; // outcomes may still come
        }

        if (minedIn is { } known && minedHash is not null && !await Ledger.HasDeliveredAsync(known, minedHash))
        {
            return false; // the follower stands on blocks that have left the chain, or the node does
        }

        if (minedIn is null && !batch.SeemsForeign)
        {
            batch.SeemsForeign = true; // the block may be newer than what the follower knows: once more
            return false;
        }

        await LeaveOverAsync(batch, minedIn, hash, cancellationToken);
        return true;
    }

    private async Task LeaveOverAsync(LaneBatch batch, ulong? minedIn, Hash32 hash, CancellationToken cancellationToken)
    {
        // The outcome may have come while nobody held the lane.
        foreach (var item in batch.Open)
        {
            if (await Intent(item.Digest).GetQueuedAsync() is null)
            {
                _book.Remove(item.Digest);
            }
        }

        if (batch.IsSettled)
        {
            return;
        }

        metrics.Retried(_chain.ChainId, _account, batch.Open.Count);
        LogLeftOver(_account, batch.Nonce, batch.Open.Count, minedIn?.ToString() ?? "a transaction that is not ours");
        if (minedIn is null)
        {
            await Batch(batch.Nonce).ClearAsync();
            return;
        }

        var reasons = await _chain.Node.GetItemFailuresAsync(hash, cancellationToken);
        foreach (var item in batch.Open)
        {
            var reason = reasons.GetValueOrDefault(batch.Digests.IndexOf(item.Digest), "");
            item.Again($"its contract left it without an outcome{(reason.Length > 0 ? $": {reason}" : "")} ({item.Attempts + 1} times, last in block {minedIn})", Options.ItemRetries, NowUnixMs);
        }
    }

    /// <summary>Makes the transaction from what is stored, or for the first time: signed, then stored, then sent.</summary>
    /// <returns>False if the lane should not send more now.</returns>
    private async Task<bool> SignAndSendAsync(LaneBatch batch, CancellationToken cancellationToken)
    {
        if (await Batch(batch.Nonce).GetAsync() is [.., var stored])
        {
            // Of an earlier activation, or of a block that left the chain: they may be on their way, and stand.
            metrics.Adopted(_chain.ChainId, _account);
            LogAdopted(_account, batch.Nonce, stored.TransactionHash);
            var adopted = await AdoptAsync(batch.Nonce, stored, 0);
            await TellAsync(adopted);
            return await SendAsync(adopted, cancellationToken);
        }

        if (Options.Fees.TryQuote(_head.BaseFeePerGasWei, null, out var fees) is not FeeVerdict.Offered)
        {
            _trouble.Say(LaneTrouble.FeeAboveCap, $"base fee {_head.BaseFeePerGasWei} wei a gas found, at most {Options.Fees.MaxFeePerGasGwei} gwei expected: nothing is sent until it falls");
            return false;
        }

        return await TrySignAsync(batch, Make(batch.Nonce, batch.Open, fees), batch.Digests) && await SendAsync(batch, cancellationToken);
    }

    // Without items it fills a gap in the nonces: a transaction of the account to itself.
    private Eip1559Transaction Make(ulong nonce, IReadOnlyList<LaneItem> items, FeeQuote fees) => new()
    {
        ChainId = _chain.ChainId,
        Nonce = nonce,
        MaxFeePerGasWei = fees.MaxFeePerGasWei,
        MaxPriorityFeePerGasWei = fees.MaxPriorityFeePerGasWei,
        GasLimit = items.Count == 0 ? LanePlan.TransactionGas : LanePlan.GasOf(items.Select(i => i.Intent)),
        To = items.Count == 0 ? _address : _chain.Contracts.Relay,
        Data = items.Count == 0
            ? ReadOnlyMemory<byte>.Empty
            : Relay.Encode(items.Select(i => new RelayItem(Address.Parse(i.Intent.Target), i.Intent.GasLimit, i.Intent.CallData))),
    };

    /// <summary>Signs, and stores the bytes as the newest attempt under their nonce.</summary>
    /// <returns>False if another activation was faster: its bytes are adopted on the next round.</returns>
    private async Task<bool> TrySignAsync(LaneBatch batch, Eip1559Transaction transaction, ImmutableArray<string> digests)
    {
        var signed = lanes.Signer(_chain.ChainId, _account).Sign(transaction);
        var attempt = new StoredBatch(
            signed.Hash.ToString(), signed.Raw, digests, transaction.MaxFeePerGasWei.ToString(), transaction.MaxPriorityFeePerGasWei.ToString());
        if (!await Batch(batch.Nonce).StoreAsync(attempt, batch.Attempt?.TransactionHash))
        {
            batch.Attempt = null;
            return false;
        }

        (batch.Attempt, batch.Digests, batch.SentUnixMs, batch.Refusals) = (attempt, digests, 0, 0);
        await TellAsync(batch);
        return true;
    }

    private async Task<bool> SendAsync(LaneBatch batch, CancellationToken cancellationToken)
    {
        var attempt = batch.Attempt!;
        using var span = MirrorTraces.BeginSend(_chain.ChainId, batch.Nonce, attempt, batch.Open.Select(i => i.Intent));
        var reply = await _chain.Node.SendAsync(attempt.RawTransaction.AsMemory(), cancellationToken);
        MirrorTraces.EndSend(span, reply.Verdict);
        metrics.Sent(_chain.ChainId, _account, reply.Verdict);
        LogSent(_account, batch.Nonce, attempt.TransactionHash, reply.Verdict, reply.Detail);
        if (reply.Verdict is not (SendVerdict.Accepted or SendVerdict.AlreadyKnown))
        {
            return await MeetRefusalAsync(batch, reply, cancellationToken);
        }

        batch.Refusals = 0;
        if (reply.Verdict is SendVerdict.Accepted)
        {
            _setAsideUntilUnixMs = 0; // it can pay again
        }

        if (batch.SentUnixMs == 0)
        {
            // The time is of the first acceptance: a node that forgets does not put off the higher fee.
            var sent = NowUnixMs;
            await _state.ApplyAsync(s => s.With(new OpenNonce(batch.Nonce, sent)));
            batch.SentUnixMs = sent;
            await TellAsync(batch);
        }

        return true;
    }

    /// <summary>What a node took may be forgotten (it is sent again) or stuck (it is replaced at a higher fee).</summary>
    private async Task KeepAliveAsync(LaneBatch batch, CancellationToken cancellationToken)
    {
        var hint = await _chain.Node.FindAsync(Hash32.Parse(batch.Attempt!.TransactionHash), cancellationToken);
        if (hint.Block is not null)
        {
            return; // the follower brings the outcomes
        }

        if (batch.SentUnixMs > 0 && batch.Nonce == _minedNonce && NowUnixMs - batch.SentUnixMs > Options.StuckAfterSeconds * 1_000L
            && await BumpAsync(batch, cancellationToken))
        {
            return;
        }

        if (!hint.Known || batch.SentUnixMs == 0)
        {
            if (batch.SentUnixMs > 0)
            {
                _trouble.Say(LaneTrouble.ForgottenByNode, $"transaction {batch.Attempt.TransactionHash} (nonce {batch.Nonce}) was taken and is not known any more; it is sent again");
            }

            await SendAsync(batch, cancellationToken);
        }
    }

    /// <summary>Replaces the newest attempt by one for the same intents that offers more.</summary>
    private async Task<bool> BumpAsync(LaneBatch batch, CancellationToken cancellationToken)
    {
        if (!TryRaise(batch, out var fees))
        {
            return false;
        }

        metrics.Bumped(_chain.ChainId, _account);
        LogBumped(_account, batch.Nonce, BigInteger.Parse(batch.Attempt!.MaxFeePerGasWei), fees.MaxFeePerGasWei);
        if (!SignedTransaction.TryDecode(batch.Attempt.RawTransaction.AsSpan(), out var before))
        {
            throw new InvalidOperationException($"stored bytes of nonce {batch.Nonce} of lane {_account} are no signed transaction");
        }

        var again = before.Transaction with { MaxFeePerGasWei = fees.MaxFeePerGasWei, MaxPriorityFeePerGasWei = fees.MaxPriorityFeePerGasWei };
        return await TrySignAsync(batch, again, batch.Digests) && await SendAsync(batch, cancellationToken);
    }

    // What replaces the newest attempt, and is enough in the present.
    private bool TryRaise(LaneBatch batch, out FeeQuote fees)
    {
        var last = FeesOf(batch);
        if (Options.Fees.TryBump(last, out fees) is not FeeVerdict.Offered)
        {
            _trouble.Say(LaneTrouble.Stuck, $"nonce {batch.Nonce} is stuck at {last.MaxFeePerGasWei} wei a gas, and the cap of {Options.Fees.MaxFeePerGasGwei} gwei leaves no room to replace it");
            return false;
        }

        if (Options.Fees.TryQuote(_head.BaseFeePerGasWei, null, out var present) is FeeVerdict.Offered && present.MaxFeePerGasWei > fees.MaxFeePerGasWei)
        {
            fees = fees with { MaxFeePerGasWei = present.MaxFeePerGasWei };
        }

        return true;
    }

    private static FeeQuote FeesOf(LaneBatch batch)
        => new(BigInteger.Parse(batch.Attempt!.MaxFeePerGasWei), BigInteger.Parse(batch.Attempt.MaxPriorityFeePerGasWei));

    [LoggerMessage(EventId = 4204, Level = LogLevel.Information, Message = "Lane {Account} nonce {Nonce}: {Hash} sent, {Verdict} {Detail}")]
    private partial void LogSent(string account, ulong nonce, string hash, SendVerdict verdict, string detail);

    [LoggerMessage(EventId = 4205, Level = LogLevel.Warning, Message = "Lane {Account} nonce {Nonce} was used in {MinedIn}; {Count} intents had no outcome and wait again")]
    private partial void LogLeftOver(string account, ulong nonce, int count, string minedIn);

    [LoggerMessage(EventId = 4206, Level = LogLevel.Warning, Message = "Lane {Account} nonce {Nonce} is stuck: fee {From} → {To} wei a gas")]
    private partial void LogBumped(string account, ulong nonce, BigInteger from, BigInteger to);

    [LoggerMessage(EventId = 4207, Level = LogLevel.Warning, Message = "Lane {Account} nonce {Nonce}: other bytes were stored before, {Hash}; they stand")]
    private partial void LogAdopted(string account, ulong nonce, string hash);
}
