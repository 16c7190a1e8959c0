using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Telemetry;

/// <summary>Figures of the mirror, meter <c>Pythia.Mirror</c>. Labels are chains, lanes (the operator's own accounts) and names of enums: never a
/// device, an owner or an intent. docs/operations/monitoring.md lists them.</summary>
public sealed class MirrorMetrics
{
    public const string MeterName = "Pythia.Mirror";

    private readonly ConcurrentDictionary<(ulong Chain, string Lane), LaneFigures> _lanes = new();
    private readonly Counter<long> _judged;
    private readonly Counter<long> _settled;
    private readonly Counter<long> _reopened;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _sends;
    private readonly Counter<long> _bumps;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _adopted;

    public MirrorMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _judged = meter.CreateCounter<long>("pythia.mirror.intents.judged", "{intent}", "Intents handed over, by verdict");
        _settled = meter.CreateCounter<long>("pythia.mirror.intents.settled", "{intent}", "Intents with an outcome: mined, or failed by cause");
        _reopened = meter.CreateCounter<long>("pythia.mirror.intents.reopened", "{intent}", "Intents whose block left the chain");
        _duration = meter.CreateHistogram(
            "pythia.mirror.intent.duration", "s", "From stored to an outcome seen in verified receipts",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400, 86_400] });
        _sends = meter.CreateCounter<long>("pythia.mirror.sends", "{transaction}", "Transactions handed to a node, by its verdict");
        _bumps = meter.CreateCounter<long>("pythia.mirror.fee_bumps", "{transaction}", "Transactions replaced at a higher fee");
        _retries = meter.CreateCounter<long>("pythia.mirror.retries", "{intent}", "Intents that a mined transaction left without an outcome and that wait again");
        _adopted = meter.CreateCounter<long>("pythia.mirror.adopted", "{transaction}", "Transactions of an earlier activation that were found stored and stand");
        meter.CreateObservableGauge("pythia.mirror.lane.waiting", () => Observe(l => l.Waiting), "{intent}", "Intents in no transaction");
        meter.CreateObservableGauge("pythia.mirror.lane.under_way", () => Observe(l => l.UnderWay), "{intent}", "Intents in transactions that are not mined");
        meter.CreateObservableGauge("pythia.mirror.lane.transactions", () => Observe(l => l.Transactions), "{transaction}", "Transactions whose nonce is reserved");
        meter.CreateObservableGauge("pythia.mirror.lane.trouble", ObserveTrouble, null, "1 where the lane is in the trouble named");
    }

    /// <summary>An intent was accepted or refused.</summary>
    public void Judged(ulong chain, IntentVerdict verdict)
    {
        if (_judged.Enabled) _judged.Add(1, Chain(chain), new("verdict", Name(verdict)));
    }

    /// <summary>The follower brought an outcome.</summary>
    /// <param name="seconds">Since it was stored; negative where that is not known.</param>
    public void Applied(ulong chain, bool carriedOut, double seconds)
    {
        Settle(chain, carriedOut ? "mined" : "failed", carriedOut ? "none" : "contract", seconds);
    }

    /// <summary>A deadline passed without an outcome.</summary>
    public void Expired(ulong chain, double seconds) => Settle(chain, "failed", "deadline", seconds);

    /// <summary>The block of an outcome left the chain.</summary>
    public void Reopened(ulong chain)
    {
        if (_reopened.Enabled) _reopened.Add(1, Chain(chain));
    }

    /// <summary>A node was handed a transaction.</summary>
    public void Sent(ulong chain, string lane, SendVerdict verdict)
    {
        if (_sends.Enabled) _sends.Add(1, Chain(chain), Lane(lane), new("verdict", Name(verdict)));
    }

    public void Bumped(ulong chain, string lane)
    {
        if (_bumps.Enabled) _bumps.Add(1, Chain(chain), Lane(lane));
    }

    public void Retried(ulong chain, string lane, int intents)
    {
        if (_retries.Enabled) _retries.Add(intents, Chain(chain), Lane(lane));
    }

    public void Adopted(ulong chain, string lane)
    {
        if (_adopted.Enabled) _adopted.Add(1, Chain(chain), Lane(lane));
    }

    /// <summary>What a lane holds now; it shows nothing once <see cref="Gone"/>.</summary>
    public void Show(ulong chain, string lane, int waiting, int underWay, int transactions, LaneTrouble trouble)
        => _lanes[(chain, lane)] = new(waiting, underWay, transactions, trouble);

    /// <summary>The lane's activation has ended.</summary>
    public void Gone(ulong chain, string lane) => _lanes.TryRemove((chain, lane), out _);

    private void Settle(ulong chain, string outcome, string cause, double seconds)
    {
        if (_settled.Enabled) _settled.Add(1, Chain(chain), new("outcome", outcome), new("cause", cause));
        if (_duration.Enabled && seconds >= 0) _duration.Record(seconds, Chain(chain), new("outcome", outcome));
    }

    private IEnumerable<Measurement<long>> Observe(Func<LaneFigures, long> figure)
        => _lanes.Select(l => new Measurement<long>(figure(l.Value), Chain(l.Key.Chain), Lane(l.Key.Lane)));

    // One series a trouble, all of them always there: an alert on a label that comes and goes is easily wrong.
    private IEnumerable<Measurement<int>> ObserveTrouble()
        => from lane in _lanes
           from code in Enum.GetValues<LaneTrouble>()
           where code != LaneTrouble.None
           select new Measurement<int>(lane.Value.Trouble == code ? 1 : 0, Chain(lane.Key.Chain), Lane(lane.Key.Lane), new("reason", Name(code)));

    private static string Name<TCode>(TCode code)
        where TCode : struct, Enum
        => TelemetryNames.Of(code);

    private static KeyValuePair<string, object?> Chain(ulong chain) => new("chain", (long)chain);

    private static KeyValuePair<string, object?> Lane(string lane) => new("lane", lane);

    private sealed record LaneFigures(int Waiting, int UnderWay, int Transactions, LaneTrouble Trouble);
}
