using Microsoft.Extensions.Logging;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Storage;

namespace Pythia.Grains.Mirror;

/// <summary>What outlives a lane's activation: the open nonces and their bytes. What waits is brought again by the sweeps.</summary>
public sealed partial class RelayGrain
{
    private const int GrainsAtOnce = 16;

    /// <summary>Once an activation: takes up the transactions of the nonces that are stored as open, and has everybody woken who may have had
    /// something waiting here.</summary>
    private async Task TakeUpAsync()
    {
        if (_isStored)
        {
            return;
        }

        foreach (var open in _state.Current.UnderWay.OrderBy(o => o.Nonce))
        {
            // One without bytes was never sent: its nonce is free again, and its intents are with their subjects.
            if (await Batch(open.Nonce).GetAsync() is [.., var attempt])
            {
                await TellAsync(await AdoptAsync(open.Nonce, attempt, open.SentUnixMs));
            }
        }

        await _state.ApplyAsync(s => s.UnderWay.All(o => _book.Batch(o.Nonce) is not null)
            ? s
            : s with { UnderWay = [.. s.UnderWay.Where(o => _book.Batch(o.Nonce) is not null)] });
        _isStored = true;
        _ = RecallAsync();
    }

    /// <summary>The bytes stored under a nonce stand: they are this lane's transaction there, with those of their intents that have no outcome.</summary>
    private async Task<LaneBatch> AdoptAsync(ulong nonce, StoredBatch attempt, long sentUnixMs)
    {
        var open = new (string Digest, QueuedIntent Intent)?[attempt.Digests.Length];
        await Bounded.ForEachAsync(Enumerable.Range(0, open.Length), GrainsAtOnce, async i =>
        {
            if (await Intent(attempt.Digests[i]).GetQueuedAsync() is { } queued)
            {
                open[i] = (attempt.Digests[i], queued);
            }
        });
        return _book.Adopt(nonce, attempt, sentUnixMs, [.. open.OfType<(string, QueuedIntent)>()]);
    }

    // Not awaited by the loop: those who are woken queue here.
    private async Task RecallAsync()
    {
        try
        {
            await Bounded.ForEachAsync(
                Enumerable.Range(0, OutboxSweepGrain.Buckets),
                GrainsAtOnce,
                bucket => GrainFactory.GetGrain<IOutboxSweepGrain>(GrainKeys.Of(_chain.ChainId, $"{bucket}")).SweepAsync());
        }
        catch (Exception e)
        {
            LogNotRecalled(_account, e);
        }
    }

    /// <summary>Bytes of closed nonces go once no reorganisation can bring their nonce back.</summary>
    private async Task ClearAsync(LedgerView ledger)
    {
        var old = _state.Current.Closed.Where(c => c.Block + LedgerState.Depth <= ledger.FinalBlock).ToArray();
        if (old.Length == 0)
        {
            return;
        }

        // One that was brought back is open again, and is closed again.
        var nonces = old.SelectMany(c => Range(c.Start, c.End)).Where(n => _book.Batch(n) is null);
        await Bounded.ForEachAsync(nonces, GrainsAtOnce, nonce => Batch(nonce).ClearAsync());
        await _state.ApplyAsync(s => s with { Closed = s.Closed.RemoveAll(c => old.Contains(c)) });
    }

    private static IEnumerable<ulong> Range(ulong start, ulong end)
    {
        for (var nonce = start; nonce < end; nonce++)
        {
            yield return nonce;
        }
    }

    [LoggerMessage(EventId = 4208, Level = LogLevel.Warning, Message = "Lane {Account}: not everybody who may have something waiting could be woken; the sweeps' reminders do it")]
    private partial void LogNotRecalled(string account, Exception exception);
}
