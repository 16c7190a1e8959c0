using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Pythia.Grains.Ledgers;

/// <summary>At which branch the follower of each chain last began anew, as far as this silo has heard: a grain that was last told under an
/// earlier branch knows nothing that still holds. Safe for concurrent use.</summary>
public sealed partial class LedgerBeginnings(ILogger<LedgerBeginnings> logger)
{
    private readonly ConcurrentDictionary<ulong, uint> _beginnings = new();

    /// <summary>0 where nothing was heard.</summary>
    public uint Of(ulong chainId) => _beginnings.GetValueOrDefault(chainId);

    /// <summary>Takes what the follower says of itself; it only grows.</summary>
    public void Raise(ulong chainId, uint beganAnewAt)
    {
        if (!_beginnings.TryGetValue(chainId, out var known) || known < beganAnewAt)
        {
            _beginnings.AddOrUpdate(chainId, beganAnewAt, (_, present) => Math.Max(present, beganAnewAt));
        }
    }

    /// <summary>Asks the follower once in this silo's life; later it says so itself. A follower that can't be asked now leaves what is
    /// stored standing, and is asked again by the next grain that wakes.</summary>
    public async ValueTask EnsureAsync(ulong chainId, IGrainFactory grains)
    {
        if (_beginnings.ContainsKey(chainId))
        {
            return;
        }

        try
        {
            var ledger = grains.GetLedger(chainId);
            Raise(chainId, (await ledger.GetAsync()).BeganAnewAt);
        }
        catch (Exception e)
        {
            LogNotAsked(chainId, e);
        }
    }

    [LoggerMessage(EventId = 4304, Level = LogLevel.Warning, Message = "The follower of chain {Chain} could not be asked when it began; what is stored stands")]
    private partial void LogNotAsked(ulong chain, Exception exception);
}
