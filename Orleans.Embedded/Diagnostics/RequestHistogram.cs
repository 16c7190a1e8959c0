using System.Diagnostics.Metrics;

namespace Pythia.Embedded.Diagnostics;

/// <summary>How long callers waited for answers, as Orleans shows it: three counters, of buckets, calls and milliseconds.</summary>
internal sealed class RequestHistogram
{
    private const string Name = "orleans-app-requests-latency";
    private static readonly long[] BoundsMs = [1, 2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1_000, 1_500, 2_000, 5_000, 10_000, 15_000, long.MaxValue];
    private readonly long[] _buckets = new long[BoundsMs.Length];
    private readonly ObservableCounter<long> _sum;
    private long _count;
    private long _sumMs;

    public RequestHistogram(Meter meter)
    {
        meter.CreateObservableCounter(Name + "-bucket", () => BoundsMs.Select((bound, at) =>
            new Measurement<long>(Volatile.Read(ref _buckets[at]), new KeyValuePair<string, object?>("duration", $"{bound}ms"))));
        meter.CreateObservableCounter(Name + "-count", () => Volatile.Read(ref _count));
        _sum = meter.CreateObservableCounter(Name + "-sum", () => Volatile.Read(ref _sumMs));
    }

    /// <summary>Whether anybody listens; else nothing is measured.</summary>
    public bool Enabled => _sum.Enabled;

    public void Record(TimeSpan waited)
    {
        var ms = (long)waited.TotalMilliseconds;
        var at = 0;
        while (ms > BoundsMs[at])
        {
            at++;
        }

        Interlocked.Increment(ref _buckets[at]);
        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _sumMs, ms);
    }
}
