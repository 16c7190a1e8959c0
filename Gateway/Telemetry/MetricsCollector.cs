using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Pythia.Gateway.Telemetry;

/// <summary>Listens to this program's meters and keeps what a scrape needs: nothing is recorded anywhere until it is started.</summary>
public sealed partial class MetricsCollector : IDisposable
{
    // OpenTelemetry's own, for histograms whose author names none.
    private static readonly double[] DefaultBounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000];

    private readonly Dictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();
    private readonly IMeterFactory? _own;
    private readonly int _mostSeries;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private long _scrape;

    /// <param name="mostSeries">Of one metric; more are counted together.</param>
    /// <param name="own">Meters that another host of this process made are not listened to; null: all are.</param>
    /// <param name="logger">Events 2951 and 2952.</param>
    public MetricsCollector(int mostSeries, IMeterFactory? own, ILogger<MetricsCollector> logger)
    {
        (_mostSeries, _own, _logger) = (mostSeries, own, logger);
        _listener.InstrumentPublished = Publish;
        Listen(static (byte v) => v);
        Listen(static (short v) => v);
        Listen(static (int v) => v);
        Listen(static (long v) => v);
        Listen(static (float v) => v);
        Listen(static (double v) => v);
        Listen(static (decimal v) => (double)v);
    }

    /// <summary>The meters whose figures operators get: ours, the engine's, the web server's and the runtime's.</summary>
    public static bool IsKnown(string meter)
        => meter.StartsWith("Pythia.", StringComparison.Ordinal) || meter is "Microsoft.Orleans" or "System.Runtime"
            or "Microsoft.AspNetCore.Hosting" or "Microsoft.AspNetCore.RateLimiting" or "Microsoft.AspNetCore.Server.Kestrel";

    public void Start() => _listener.Start();

    /// <summary>Everything as of now. One scrape at a time; recording goes on meanwhile.</summary>
    public string Scrape(bool openMetrics)
    {
        lock (_gate)
        {
            _scrape++;
            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException e)
            {
                LogNotObserved(e); // one broken instrument must not hide the others
            }

            List<MetricFamily> families;
            lock (_families) families = [.. _families.Values.OrderBy(f => f.Name.Name, StringComparer.Ordinal)];
            return PrometheusText.Write(families, _scrape, openMetrics);
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Publish(Instrument instrument, MeterListener listener)
    {
        if (!IsKnown(instrument.Meter.Name) || MetricName.KindOf(instrument) is not { } kind) return;
        if (_own is not null && instrument.Meter.Scope is IMeterFactory other && !ReferenceEquals(other, _own)) return;

        var name = MetricName.Of(instrument.Name, instrument.Unit, kind);
        lock (_families)
        {
            if (!_families.TryGetValue(name.Name, out var family))
                _families[name.Name] = family = new MetricFamily(name, kind, instrument.Description ?? "", kind == MetricKind.Histogram ? BoundsOf(instrument) : [], _mostSeries);
            if (family.Kind == kind) listener.EnableMeasurementEvents(instrument, family);
            else LogTwice(instrument.Name, instrument.Meter.Name, family.Kind.ToString());
        }
    }

    private void Listen<T>(Func<T, double> toDouble)
        where T : struct
        => _listener.SetMeasurementEventCallback<T>((instrument, measurement, tags, state) => Take(instrument, toDouble(measurement), tags, state));

    private void Take(Instrument instrument, double value, ReadOnlySpan<Tag> tags, object? state)
    {
        if (state is not MetricFamily family) return;

        // What would make a counter fall, or a histogram's sum no number for ever, is a bug of whoever measured; it must not spoil the rest.
        var isWhole = family.Kind switch
        {
            MetricKind.Counter => value >= 0 && double.IsFinite(value),
            MetricKind.Histogram => double.IsFinite(value),
            _ => true,
        };
        if (!isWhole) return;

        var series = family.Find(tags);
        if (instrument.IsObservable) series.Observe(value, _scrape, sums: family.Kind == MetricKind.Counter);
        else if (family.Kind == MetricKind.Histogram) series.Record(value);
        else if (family.Kind == MetricKind.Counter || IsUpDown(instrument)) series.Add(value);
        else series.Set(value);
    }

    private static bool IsUpDown(Instrument instrument)
        => instrument is UpDownCounter<int> or UpDownCounter<long> or UpDownCounter<double> or UpDownCounter<float> or UpDownCounter<short> or UpDownCounter<byte> or UpDownCounter<decimal>;

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Instrument<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Instrument<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(b => (double)b)],
        Instrument<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(b => (double)b)],
        _ when instrument.Unit == "s" => [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
        _ => DefaultBounds,
    };

    [LoggerMessage(EventId = 2951, Level = LogLevel.Warning, Message = "A figure could not be observed")]
    private partial void LogNotObserved(Exception exception);

    [LoggerMessage(EventId = 2952, Level = LogLevel.Warning, Message = "Instrument {Instrument} of meter {Meter} is not shown: its name is taken by a {Kind}")]
    private partial void LogTwice(string instrument, string meter, string kind);
}
