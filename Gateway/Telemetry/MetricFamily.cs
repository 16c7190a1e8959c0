using System.Collections.Concurrent;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Pythia.Gateway.Telemetry;

/// <summary>All series of one metric. Recording is free of locks and allocations once a series is known; a bound keeps labels that somebody lets
/// grow from filling memory and scrapes: what goes beyond it is counted together, under <c>otel_metric_overflow="true"</c>.</summary>
internal sealed class MetricFamily(MetricName name, MetricKind kind, string help, IReadOnlyList<double> bounds, int mostSeries)
{
    /// <summary>As the OpenTelemetry SDK names it.</summary>
    public const string Overflow = "otel_metric_overflow=\"true\"";

    private readonly ConcurrentDictionary<TagSet, MetricSeries> _byTags = new(TagSet.Comparer.Instance);
    private readonly Dictionary<string, MetricSeries> _byLabels = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    public MetricName Name => name;

    public MetricKind Kind => kind;

    public string Help => help;

    public IReadOnlyList<double> Bounds => bounds;

    /// <summary>All series, by label.</summary>
    public IReadOnlyList<(string Labels, MetricSeries Series)> Series
    {
        get
        {
            lock (_gate) return [.. _byLabels.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => (s.Key, s.Value))];
        }
    }

    /// <summary>Where a measurement with these tags goes.</summary>
    public MetricSeries Find(ReadOnlySpan<Tag> tags)
        => _byTags.GetAlternateLookup<ReadOnlySpan<Tag>>().TryGetValue(tags, out var known) ? known : Make(tags);

    private MetricSeries Make(ReadOnlySpan<Tag> tags)
    {
        var labels = TagSet.ToLabels(tags);
        lock (_gate)
        {
            if (!_byLabels.TryGetValue(labels, out var series))
            {
                if (_byLabels.Count >= mostSeries) return Find(Overflow);

                series = Find(labels);
            }

            // The same labels may come in many orders and types of value; those are kept up to a bound of their own.
            if (_byTags.Count < 8 * mostSeries) _byTags.TryAdd(new TagSet(tags.ToArray()), series);
            return series;
        }
    }

    private MetricSeries Find(string labels)
    {
        if (!_byLabels.TryGetValue(labels, out var series)) _byLabels[labels] = series = new MetricSeries(bounds);
        return series;
    }
}

/// <summary>One line of a metric, or the lines of one histogram.</summary>
internal sealed class MetricSeries(IReadOnlyList<double> bounds)
{
    private readonly double[] _bounds = [.. bounds];
    private readonly long[] _buckets = new long[bounds.Count + 1];
    private readonly Lock _gate = new();
    private double _value;

    /// <summary>The scrape that observed it last; for observed instruments, whose series may vanish.</summary>
    public long ObservedAt { get; private set; } = long.MaxValue;

    public double Value => Volatile.Read(ref _value);

    /// <summary>Adds to a sum. A counter takes neither what would lower it nor what is no number.</summary>
    public void Add(double delta)
    {
        var before = Volatile.Read(ref _value);
        while (true)
        {
            var seen = Interlocked.CompareExchange(ref _value, before + delta, before);
            if (seen.Equals(before)) return;

            before = seen;
        }
    }

    /// <summary>Replaces the value.</summary>
    public void Set(double value) => Volatile.Write(ref _value, value);

    /// <summary>Replaces the value, or adds to it where the same scrape has observed it already: two instruments of one name.</summary>
    public void Observe(double value, long scrape, bool sums)
    {
        Set(sums && ObservedAt == scrape ? Value + value : value);
        ObservedAt = scrape;
    }

    /// <summary>Puts a measurement into its bucket: the first whose bound is not below it.</summary>
    public void Record(double value)
    {
        var at = Array.BinarySearch(_bounds, value);
        lock (_gate)
        {
            _buckets[at >= 0 ? at : ~at]++;
            _value += value;
        }
    }

    /// <summary>Counts of each bucket alone, the last one without bound, and the sum of all measurements; of one moment.</summary>
    public (long[] Buckets, double Sum) Snapshot()
    {
        lock (_gate) return ([.. _buckets], _value);
    }
}
