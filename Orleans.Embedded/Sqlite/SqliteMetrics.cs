using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Pythia.Embedded.Sqlite;

/// <summary>Figures of durable storage, meter <c>Pythia.Storage</c>, by file name: one a shard, none a grain. Cost nothing where nobody listens.</summary>
internal static class SqliteMetrics
{
    public const string MeterName = "Pythia.Storage";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Writes = Meter.CreateCounter<long>("pythia.storage.writes", "{write}", "States and reminders written, by result");

    private static readonly Histogram<int> Group = Meter.CreateHistogram(
        "pythia.storage.commit.writes", "{write}", "Writes that went to the disk in one commit",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024] });

    private static readonly Histogram<double> Sync = Meter.CreateHistogram(
        "pythia.storage.sync.duration", "s", "The commit itself: until the operating system says that it is on the disk",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5] });

    public static long Now() => Sync.Enabled ? Stopwatch.GetTimestamp() : 0;

    /// <param name="started">When the commit itself began: <see cref="Now"/>.</param>
    public static void Committed(string file, int writes, long started)
    {
        var tag = new KeyValuePair<string, object?>("file", file);
        if (started != 0) Sync.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tag);
        if (Group.Enabled) Group.Record(writes, tag);
        if (Writes.Enabled) Writes.Add(writes, tag, new("result", "stored"));
    }

    public static void Failed(string file, int writes)
    {
        if (Writes.Enabled) Writes.Add(writes, new("file", file), new("result", "failed"));
    }
}
