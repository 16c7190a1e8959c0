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
    private async Task LookAfterAsync(LaneBatch batch, LedgerView ledger, CancellationToken cancellationToken)
    {
        if (batch.Nonce < _minedNonce)
        {
            await CloseAsync(batch, ledger, cancellationToken);
        }
        else if (batch.TransactionHash is null)
        {
            await SignAndSendAsync(batch, cancellationToken);
        }
        else
        {
            await KeepAliveAsync(batch, cancellationToken);
        }
    }

    /// <summary>The nonce is used. By one of our attempts: what the follower has brought no outcome for was refused before its nonce was
    /// looked at, and goes out again. By another transaction: everything goes out again. A contract takes an intent once in any case.</summary>
    private async Task CloseAsync(LaneBatch batch, LedgerView ledger, CancellationToken cancellationToken)
    {
        if (batch.Items.IsEmpty)
        {
            await _state.ApplyAsync(s => LanePlan.Requeue(s, batch.Nonce, countAttempt: false, Options, NowUnixMs));
            return;
        }

        var minedIn = default(ulong?);
        foreach (var attempt in await Batch(batch.Nonce).GetAsync())
        {
            var hint = await _chain.Node.FindAsync(Hash32.Parse(attempt.TransactionHash), cancellationToken);
            if (hint is { Known: true, Block: null })
            {
                return; // the node contradicts itself: look again
            }

            minedIn ??= hint.Block;
        }

        if (ledger.Cursor < (minedIn ?? ledger.Head))
        {
            return; // outcomes may still come
        }

        metrics.Retried(_chain.ChainId, _account, batch.Items.Length);
        LogLeftOver(_account, batch.Nonce, batch.Items.Length, minedIn?.ToString() ?? "a transaction that is not ours");
        if (minedIn is null)
        {
            await Batch(batch.Nonce).AbandonAsync();
        }

        await _state.ApplyAsync(s => LanePlan.Requeue(s, batch.Nonce, countAttempt: minedIn is not null, Options, NowUnixMs));
    }

    /// <summary>Makes the transaction from what is stored, or for the first time: signed, then stored, then sent.</summary>
    /// <returns>False if the lane should not send more now.</returns>
    private async Task<bool> SignAndSendAsync(LaneBatch batch, CancellationToken cancellationToken)
    {
        var attempts = await Batch(batch.Nonce).GetAsync();
        if (!attempts.IsEmpty && !attempts[^1].Digests.AsSpan().SequenceEqual(batch.Digests.AsSpan()))
        {
            await AdoptAsync(batch, attempts[^1]);
            return await SendAsync(batch.Nonce, attempts[^1], cancellationToken);
        }

        if (!attempts.IsEmpty)
        {
            await MarkSignedAsync(batch, attempts[^1]);
            return await SendAsync(batch.Nonce, attempts[^1], cancellationToken);
        }

        var baseFee = await _chain.Node.GetBaseFeeAsync(cancellationToken);
        if (Options.Fees.TryQuote(baseFee, null, out var fees) is not FeeVerdict.Offered)
        {
            _trouble.Say(LaneTrouble.FeeAboveCap, $"base fee {baseFee} wei a gas found, at most {Options.Fees.MaxFeePerGasGwei} gwei expected: nothing is sent until it falls");
            return false;
        }

        return await SignAsync(batch, fees, cancellationToken);
    }

    private async Task<bool> SignAsync(LaneBatch batch, FeeQuote fees, CancellationToken cancellationToken)
    {
        var (to, data, gas) = await EncodeAsync(batch.Digests);
        var signed = lanes.Signer(_chain.ChainId, _account).Sign(new Eip1559Transaction
        {
            ChainId = _chain.ChainId,
            Nonce = batch.Nonce,
            MaxFeePerGasWei = fees.MaxFeePerGasWei,
            MaxPriorityFeePerGasWei = fees.MaxPriorityFeePerGasWei,
            GasLimit = gas,
            To = to,
            Data = data,
        });
        var attempt = new StoredBatch(
            signed.Hash.ToString(), signed.Raw, batch.Digests, fees.MaxFeePerGasWei.ToString(), fees.MaxPriorityFeePerGasWei.ToString());
        if (!await Batch(batch.Nonce).StoreAsync(attempt))
        {
            return false; // another activation was faster: its bytes are adopted on the next round
        }

        await MarkSignedAsync(batch, attempt);
        return await SendAsync(batch.Nonce, attempt, cancellationToken);
    }

    // An empty batch fills a gap in the nonces: a transaction of the account to itself.
    private async Task<(Address To, ReadOnlyMemory<byte> Data, ulong Gas)> EncodeAsync(ImmutableArray<string> digests)
    {
        if (digests.IsEmpty)
        {
            return (_address, ReadOnlyMemory<byte>.Empty, LanePlan.TransactionGas);
        }

        var intents = await LoadAsync(digests);
        var data = Relay.Encode(intents.Select(i => new RelayItem(Address.Parse(i.Target), i.GasLimit, i.CallData)));
        return (_chain.Contracts.Relay, data, LanePlan.GasOf(intents.Select(i => (i.GasLimit, i.GasUsage))));
    }

    private async Task MarkSignedAsync(LaneBatch batch, StoredBatch attempt)
    {
        await _state.ApplyAsync(s => LanePlan.Update(s, batch.Nonce, b => b with { TransactionHash = attempt.TransactionHash, SentUnixMs = 0 }));
        await AdvanceAsync(batch, IntentStage.Signed, attempt.TransactionHash);
    }

    private async Task<bool> SendAsync(ulong nonce, StoredBatch attempt, CancellationToken cancellationToken)
    {
        using var span = MirrorTraces.BeginSend(_chain.ChainId, nonce, attempt, attempt.Digests.Select(d => _queued.GetValueOrDefault(d)).OfType<QueuedIntent>());
        var reply = await _chain.Node.SendAsync(attempt.RawTransaction.AsMemory(), cancellationToken);
        MirrorTraces.EndSend(span, reply.Verdict);
        metrics.Sent(_chain.ChainId, _account, reply.Verdict);
        LogSent(_account, nonce, attempt.TransactionHash, reply.Verdict, reply.Detail);
        switch (reply.Verdict)
        {
            case SendVerdict.Accepted or SendVerdict.AlreadyKnown:
                await _state.ApplyAsync(s => LanePlan.Update(s, nonce, b => b with { SentUnixMs = NowUnixMs }));
                if (_state.Current.UnderWay.FirstOrDefault(b => b.Nonce == nonce) is { } batch)
                {
                    await AdvanceAsync(batch, IntentStage.AcceptedByNode, attempt.TransactionHash);
                }

                return true;
            case SendVerdict.Underpriced:
                return _state.Current.UnderWay.FirstOrDefault(b => b.Nonce == nonce) is { } cheap && await BumpAsync(cheap, cancellationToken);
            case SendVerdict.NonceTooLow:
                return false; // not tried again blindly: the next round asks the chain whose nonce it was
            default:
                _trouble.Say(LaneTroubles.Of(reply.Verdict), $"transaction {attempt.TransactionHash} (nonce {nonce}) was not taken: {reply.Verdict} {reply.Detail}");
                return false;
        }
    }

    /// <summary>What a node took may be forgotten (it is sent again) or stuck (it is replaced at a higher fee).</summary>
    private async Task KeepAliveAsync(LaneBatch batch, CancellationToken cancellationToken)
    {
        var hint = await _chain.Node.FindAsync(Hash32.Parse(batch.TransactionHash!), cancellationToken);
        if (hint.Block is not null)
        {
            return; // the follower brings the outcomes
        }

        if (!hint.Known || batch.SentUnixMs == 0)
        {
            if (batch.SentUnixMs > 0)
            {
                _trouble.Say(LaneTrouble.ForgottenByNode, $"transaction {batch.TransactionHash} (nonce {batch.Nonce}) was taken and is not known any more; it is sent again");
            }

            var attempts = await Batch(batch.Nonce).GetAsync();
            await SendAsync(batch.Nonce, attempts[^1], cancellationToken);
        }
        else if (batch.Nonce == _minedNonce && NowUnixMs - batch.SentUnixMs > Options.StuckAfterSeconds * 1_000L)
        {
            await BumpAsync(batch, cancellationToken);
        }
    }

    private async Task<bool> BumpAsync(LaneBatch batch, CancellationToken cancellationToken)
    {
        var attempts = await Batch(batch.Nonce).GetAsync();
        var last = new FeeQuote(BigInteger.Parse(attempts[^1].MaxFeePerGasWei), BigInteger.Parse(attempts[^1].MaxPriorityFeePerGasWei));
        var baseFee = await _chain.Node.GetBaseFeeAsync(cancellationToken);
        if (Options.Fees.TryBump(last, out var fees) is not FeeVerdict.Offered)
        {
            _trouble.Say(LaneTrouble.Stuck, $"nonce {batch.Nonce} is stuck at {last.MaxFeePerGasWei} wei a gas, and the cap of {Options.Fees.MaxFeePerGasGwei} gwei leaves no room to replace it");
            return false;
        }

        if (Options.Fees.TryQuote(baseFee, null, out var present) is FeeVerdict.Offered && present.MaxFeePerGasWei > fees.MaxFeePerGasWei)
        {
            fees = fees with { MaxFeePerGasWei = present.MaxFeePerGasWei };
        }

        metrics.Bumped(_chain.ChainId, _account);
        LogBumped(_account, batch.Nonce, last.MaxFeePerGasWei, fees.MaxFeePerGasWei);
        return await SignAsync(batch, fees, cancellationToken);
    }

    /// <summary>Bytes for other intents are stored under the nonce, and may be on their way: they stand, and ours wait again.</summary>
    private async Task AdoptAsync(LaneBatch batch, StoredBatch stored)
    {
        var items = ImmutableArray.CreateBuilder<LaneItem>();
        foreach (var digest in stored.Digests)
        {
            var known = await Intent(digest).GetAsync();
            if (known.Stage < IntentStage.Mined && await Intent(digest).GetQueuedAsync() is { } queued)
            {
                items.Add(LaneItem.Of(digest, queued));
            }
        }

        metrics.Adopted(_chain.ChainId, _account);
        LogAdopted(_account, batch.Nonce, stored.TransactionHash);
        await _state.ApplyAsync(s =>
        {
            var freed = LanePlan.Requeue(s, batch.Nonce, countAttempt: false, Options, NowUnixMs);
            var adopted = items.Where(i => !freed.UnderWay.Any(b => b.Items.Any(o => o.Digest == i.Digest))).ToImmutableArray();
            return freed with
            {
                Waiting = [.. freed.Waiting.Where(w => adopted.All(a => a.Digest != w.Digest))],
                UnderWay = [.. freed.UnderWay, new LaneBatch(batch.Nonce, adopted, stored.Digests, stored.TransactionHash, 0)],
            };
        });
    }

    [LoggerMessage(EventId = 4204, Level = LogLevel.Information, Message = "Lane {Account} nonce {Nonce}: {Hash} sent, {Verdict} {Detail}")]
    private partial void LogSent(string account, ulong nonce, string hash, SendVerdict verdict, string detail);

    [LoggerMessage(EventId = 4205, Level = LogLevel.Warning, Message = "Lane {Account} nonce {Nonce} was used in {MinedIn}; {Count} intents had no outcome and wait again")]
    private partial void LogLeftOver(string account, ulong nonce, int count, string minedIn);

    [LoggerMessage(EventId = 4206, Level = LogLevel.Warning, Message = "Lane {Account} nonce {Nonce} is stuck: fee {From} → {To} wei a gas")]
    private partial void LogBumped(string account, ulong nonce, BigInteger from, BigInteger to);

    [LoggerMessage(EventId = 4207, Level = LogLevel.Warning, Message = "Lane {Account} nonce {Nonce}: other bytes were stored before, {Hash}; they stand")]
    private partial void LogAdopted(string account, ulong nonce, string hash);
}
