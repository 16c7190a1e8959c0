using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Pythia.Grains.Ledgers;

namespace Pythia.Grains.Telemetry;

/// <summary>Figures of the followers, meter <c>Pythia.Ledger</c>, by chain.</summary>
public sealed class LedgerMetrics
{
    public const string MeterName = "Pythia.Ledger";

    private readonly ConcurrentDictionary<ulong, FollowerFigures> _followers = new();
    private readonly TimeProvider _time;
    private readonly Counter<long> _blocks;
    private readonly Counter<long> _events;
    private readonly Histogram<int> _reorgs;

    public LedgerMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create(MeterName);
        _blocks = meter.CreateCounter<long>("pythia.ledger.blocks", "{block}", "Blocks whose events were all delivered");
        _events = meter.CreateCounter<long>("pythia.ledger.events", "{event}", "Events in delivered blocks");
        _reorgs = meter.CreateHistogram(
            "pythia.ledger.reorg.depth", "{block}", "Blocks that were delivered and left the chain, by reorganisation",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 3, 5, 8, 16, 32, 64] });
        meter.CreateObservableGauge("pythia.ledger.cursor", () => Observe(f => f.Cursor), "{block}", "The last block whose events were all delivered");
        meter.CreateObservableGauge("pythia.ledger.head", () => Observe(f => f.Head), "{block}", "The newest verified head that the follower saw");
        meter.CreateObservableGauge("pythia.ledger.lag.blocks", () => Observe(f => Math.Max(0, f.Head - f.Cursor)), "{block}", "Blocks from cursor to head");
        meter.CreateObservableGauge("pythia.ledger.lag", () => Observe(LagSeconds), "s", "From the time of the cursor's block to now, by this host's clock");
        meter.CreateObservableGauge("pythia.ledger.trouble", ObserveTrouble, null, "1 where the follower is in the trouble named");
    }

    /// <summary>A block's events were all delivered.</summary>
    public void Delivered(ulong chain, int events)
    {
        if (_blocks.Enabled) _blocks.Add(1, Chain(chain));
        if (_events.Enabled) _events.Add(events, Chain(chain));
    }

    /// <summary>The follower stepped back.</summary>
    public void Reorganised(ulong chain, int depthBlocks)
    {
        if (_reorgs.Enabled) _reorgs.Record(depthBlocks, Chain(chain));
    }

    /// <summary>Where a follower stands; it shows nothing once <see cref="Gone"/>.</summary>
    /// <param name="cursorUnixSeconds">Time of the cursor's block; 0 where none was delivered.</param>
    public void Show(ulong chain, ulong cursor, ulong cursorUnixSeconds, ulong head, LedgerTrouble trouble)
        => _followers[chain] = new((long)cursor, (long)cursorUnixSeconds, (long)Math.Max(cursor, head), trouble);

    /// <summary>The follower's activation has ended.</summary>
    public void Gone(ulong chain) => _followers.TryRemove(chain, out _);

    private long LagSeconds(FollowerFigures figures)
        => figures.CursorUnixSeconds == 0 ? 0 : Math.Max(0, _time.GetUtcNow().ToUnixTimeSeconds() - figures.CursorUnixSeconds);

    private IEnumerable<Measurement<long>> Observe(Func<FollowerFigures, long> figure)
        => _followers.Select(f => new Measurement<long>(figure(f.Value), Chain(f.Key)));

    private IEnumerable<Measurement<int>> ObserveTrouble()
        => from follower in _followers
           from code in Enum.GetValues<LedgerTrouble>()
           where code != LedgerTrouble.None
           select new Measurement<int>(follower.Value.Trouble == code ? 1 : 0, Chain(follower.Key), new("reason", TelemetryNames.Of(code)));

    private static KeyValuePair<string, object?> Chain(ulong chain) => new("chain", (long)chain);

    private sealed record FollowerFigures(long Cursor, long CursorUnixSeconds, long Head, LedgerTrouble Trouble);
}
