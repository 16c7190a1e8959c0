using Microsoft.Extensions.Logging;

namespace Pythia.Grains.Mirror;

/// <summary>
/// What a lane does with a transaction that nodes don't take. It may not keep its nonce for ever, which would hold up the whole lane:
///  · too cheap: a higher fee;
///  · pool full: later;
///  · can't pay: later, and what was never taken by a node goes to other lanes;
///  · too big, or refused again and again for a reason that has no name: half of it under the same nonce, so that the item that does it is
///    alone in the end; that one waits and is tried again until its deadline.
/// Refused bytes may still be mined, if a node kept them after all: then the outcomes come as events, and a contract takes an intent once.
/// </summary>
public sealed partial class RelayGrain
{
    private const int RefusalsThatCount = 3;
    private const long SetAsideMs = 30_000;
    private const int BumpsAtOnce = 3;

    private int _bumps;

    /// <returns>Whether the lane may send more now.</returns>
    private async Task<bool> MeetRefusalAsync(LaneBatch batch, SendReply reply, CancellationToken cancellationToken)
    {
        switch (reply.Verdict)
        {
            case SendVerdict.NonceTooLow:
                _looksAgain = true; // not tried again blindly: the next round asks the chain whose nonce it was
                return false;
            case SendVerdict.Underpriced:
                return await MeetUnderpricedAsync(batch, reply, cancellationToken);
            case SendVerdict.NoFunds:
                Say(batch, reply);
                await SetAsideAsync(batch, _trouble.Words);
                return false;
            case SendVerdict.TooBig:
                Say(batch, reply);
                return await DivideAsync(batch, reply, cancellationToken);
            case SendVerdict.PoolFull:
                Say(batch, reply);
                return false;
            default:
                Say(batch, reply);
                return ++batch.Refusals >= RefusalsThatCount && await DivideAsync(batch, reply, cancellationToken);
        }
    }

    private void Say(LaneBatch batch, SendReply reply)
        => _trouble.Say(LaneTroubles.Of(reply.Verdict), $"transaction {batch.Attempt!.TransactionHash} (nonce {batch.Nonce}) was not taken: {reply.Verdict} {reply.Detail}");

    // A few steps at once, and the rest with the next blocks: a node that always says so must not drive the fee to its cap in a moment.
    private async Task<bool> MeetUnderpricedAsync(LaneBatch batch, SendReply reply, CancellationToken cancellationToken)
    {
        if (_bumps >= BumpsAtOnce)
        {
            Say(batch, reply);
            return false;
        }

        _bumps++;
        try
        {
            return await BumpAsync(batch, cancellationToken);
        }
        finally
        {
            _bumps--;
        }
    }

    /// <summary>Half of the items stay under the nonce, the others wait again. A single one waits by itself, and the nonce is closed by an empty
    /// transaction, or free again where nobody needs it.</summary>
    private async Task<bool> DivideAsync(LaneBatch batch, SendReply reply, CancellationToken cancellationToken)
    {
        var open = batch.Open;
        if (open.Count == 0 && batch.Digests.IsEmpty)
        {
            return false; // the empty transaction itself is refused: it is not for what is in it
        }

        LogDivided(_account, batch.Nonce, open.Count, reply.Detail);
        if (open.Count == 1)
        {
            open[0].Later($"nodes did not take it: {reply.Detail}", NowUnixMs);
        }

        if (open.Count <= 1 && batch.SentUnixMs == 0 && !IsGap(batch.Nonce))
        {
            await GiveUpAsync(batch);
            return true;
        }

        // What no node ever took needs no higher fee to be replaced.
        var fees = FeesOf(batch);
        if (batch.SentUnixMs > 0 && !TryRaise(batch, out fees))
        {
            return false;
        }

        var kept = open.Take(open.Count / 2).ToArray();
        var smaller = Make(batch.Nonce, kept, fees);
        if (!await TrySignAsync(batch, smaller, [.. kept.Select(i => i.Digest)]))
        {
            return false;
        }

        _book.Release(open.Skip(kept.Length).Where(i => i.Batch == batch));
        return await SendAsync(batch, cancellationToken);
    }

    // Nobody took the bytes and no higher nonce waits for this one.
    private async Task GiveUpAsync(LaneBatch batch)
    {
        await Batch(batch.Nonce).ClearAsync();
        await _state.ApplyAsync(s => s with { UnderWay = s.UnderWay.RemoveAll(o => o.Nonce == batch.Nonce) });
        _book.Close(batch.Nonce);
    }

    /// <summary>The account can't pay: new intents go to other lanes for a while, and so does what no node ever took, where another has room.</summary>
    private async Task SetAsideAsync(LaneBatch batch, string words)
    {
        (_setAsideUntilUnixMs, _setAsideWords) = (NowUnixMs + SetAsideMs, words);
        var others = await OthersWithRoomAsync();
        if (others.Count > 0 && batch.SentUnixMs == 0 && !IsGap(batch.Nonce))
        {
            await GiveUpAsync(batch);
        }

        await HandOverAsync(others);
    }

    /// <summary>While the account is set aside the trouble stands, and whoever saw room here before goes to others, too.</summary>
    private async Task StandAsideAsync()
    {
        if (IsSetAside)
        {
            _trouble.Say(LaneTrouble.OutOfFunds, _setAsideWords);
            if (_book.Waiting.Count > 0)
            {
                await HandOverAsync(await OthersWithRoomAsync());
            }
        }
    }

    private async Task<List<string>> OthersWithRoomAsync()
    {
        var others = new List<string>();
        foreach (var other in lanes.InOrder(_chain.ChainId, _account).Where(l => l != _account))
        {
            if (await GrainFactory.GetGrain<IRelayGrain>(GrainKeys.Of(_chain.ChainId, other)).GetRoomAsync() is LaneRoom.Free)
            {
                others.Add(other);
            }
        }

        return others;
    }

    private async Task HandOverAsync(List<string> others)
    {
        var moved = 0;
        foreach (var item in others.Count == 0 ? [] : _book.Waiting.ToArray())
        {
            if (await Intent(item.Digest).MoveAsync(others[moved % others.Count]))
            {
                _book.Remove(item.Digest);
                moved++;
            }
        }

        if (moved > 0)
        {
            LogHandedOver(_account, moved);
        }
    }

    [LoggerMessage(EventId = 4209, Level = LogLevel.Warning, Message = "Lane {Account} nonce {Nonce}: nodes don't take {Count} intents in one transaction ({Reason}); it is divided")]
    private partial void LogDivided(string account, ulong nonce, int count, string reason);

    [LoggerMessage(EventId = 4210, Level = LogLevel.Warning, Message = "Lane {Account} can't pay: {Count} intents went to other lanes")]
    private partial void LogHandedOver(string account, int count);
}
