using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Pythia.Gateway.Telemetry;
using Shouldly;

namespace Pythia.Gateway.Tests.Telemetry;

/// <summary>What instruments measure is what a scrape says, in both formats, whatever labels, numbers and threads do.</summary>
public sealed class MetricsCollectorTests : IDisposable
{
    private const int MostSeries = 20;

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MetricsCollector _collector;
    private readonly Meter _meter;

    public MetricsCollectorTests()
    {
        var meters = _services.GetRequiredService<IMeterFactory>();
        _meter = meters.Create("Pythia.Test");
        _collector = new(MostSeries, meters, NullLogger<MetricsCollector>.Instance);
        _collector.Start();
    }

    public void Dispose()
    {
        _collector.Dispose();
        _services.Dispose();
    }

    [Theory]
    [InlineData(false, "t_calls_total")]
    [InlineData(true, "t_calls_total")]
    public void Scrape_Counter_IsTheSumByLabel(bool openMetrics, string name)
    {
        var counter = _meter.CreateCounter<long>("t.calls", "{call}", "Calls");
        counter.Add(2, new KeyValuePair<string, object?>("to", "a"));
        counter.Add(3, new KeyValuePair<string, object?>("to", "a"));
        counter.Add(7, new KeyValuePair<string, object?>("to", "b"));

        var page = Read(openMetrics);
        page.Value(name, ("to", "a")).ShouldBe(5);
        page.Value(name, ("to", "b")).ShouldBe(7);
        page.Kinds[openMetrics ? "t_calls" : "t_calls_total"].ShouldBe("counter");
    }

    [Theory]
    [InlineData("t.wait", "s", "t_wait_seconds")]
    [InlineData("t.wait_seconds", "s", "t_wait_seconds")]
    [InlineData("t.size", "By", "t_size_bytes")]
    [InlineData("t.share", "1", "t_share_ratio")]
    [InlineData("t.things", "{thing}", "t_things")]
    [InlineData("9.odd-näme", null, "_9_odd_n_me")]
    public void Scrape_NameAndUnit_AreThoseOfPrometheus(string instrument, string? unit, string name)
    {
        _meter.CreateGauge<double>(instrument, unit).Record(1);
        Read(true).Value(name).ShouldBe(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Scrape_HostileTexts_ComeBackAsTheyWere(bool openMetrics)
    {
        const string Hostile = "a\"b\\c\nd} 1\n# EOF\ne{x=\"y\"} 2 é€😀";
        _meter.CreateGauge<int>("t.hostile", null, "help \\ with\nall \"of\" it").Record(1, new("text", Hostile), new("9 bad-name", "x"), new("le", "z"), new("__own", "q"));

        var sample = Read(openMetrics).Samples.Single(s => s.Name == "t_hostile");
        sample.Labels["text"].ShouldBe(Hostile);
        sample.Labels["_9_bad_name"].ShouldBe("x");
        sample.Labels["key_le"].ShouldBe("z");
        sample.Labels["_own"].ShouldBe("q");
    }

    [Fact]
    public void Scrape_HalfASurrogate_IsReplaced()
    {
        _meter.CreateGauge<int>("t.half").Record(1, new KeyValuePair<string, object?>("text", "x\ud800y"));
        Read(true).Samples.Single(s => s.Name == "t_half").Labels["text"].ShouldBe("x\ufffdy");
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(1e300)]
    [InlineData(-0.1)]
    public void Scrape_OddNumberOfAGauge_ComesBack(double value)
    {
        _meter.CreateGauge<double>("t.odd").Record(value);
        Read(true).Value("t_odd").ShouldBe(value);
    }

    [Fact]
    public void Scrape_CounterGivenNonsense_NeverFallsNorBreaks()
    {
        var counter = _meter.CreateCounter<double>("t.sum");
        foreach (var value in new[] { 2.0, double.NaN, -1, double.PositiveInfinity, 3 }) counter.Add(value);
        Read(false).Value("t_sum_total").ShouldBe(5);
    }

    [Theory]
    [InlineData(false, "1", "2.5")]
    [InlineData(true, "1.0", "2.5")]
    public void Scrape_Histogram_IsCumulativeWithTheBoundInItsBucket(bool openMetrics, string one, string more)
    {
        var histogram = _meter.CreateHistogram("t.time", "s", "x", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2.5] });
        foreach (var value in new[] { 0.5, 1, 1.0000001, 2.5, 9, double.NaN }) histogram.Record(value);

        var page = Read(openMetrics);
        page.Value("t_time_seconds_bucket", ("le", one)).ShouldBe(2);
        page.Value("t_time_seconds_bucket", ("le", more)).ShouldBe(4);
        page.Value("t_time_seconds_bucket", ("le", "+Inf")).ShouldBe(5);
        page.Value("t_time_seconds_count").ShouldBe(5);
        page.Value("t_time_seconds_sum").ShouldBe(14.0000001, 1e-9);
    }

    [Fact]
    public void Scrape_ObservedSeriesThatIsGone_IsNotShownAnyMore()
    {
        var lanes = new List<string> { "a", "b" };
        _meter.CreateObservableGauge("t.lanes", () => lanes.Select(l => new Measurement<int>(1, new KeyValuePair<string, object?>("lane", l))));
        Read(false).Samples.Count(s => s.Name == "t_lanes").ShouldBe(2);
        lanes.Remove("a");
        Read(false).Samples.Single(s => s.Name == "t_lanes").Labels["lane"].ShouldBe("b");
    }

    [Fact]
    public void Scrape_ObserverThatThrows_HidesNoOther()
    {
        _meter.CreateObservableGauge<int>("t.broken", int () => throw new InvalidOperationException("broken"));
        _meter.CreateObservableGauge("t.sound", () => 4);
        Read(false).Value("t_sound").ShouldBe(4);
    }

    [Fact]
    public void Scrape_MoreSeriesThanAllowed_AreCountedTogether()
    {
        var counter = _meter.CreateCounter<int>("t.many");
        for (var i = 0; i < 50 * MostSeries; i++) counter.Add(1, new KeyValuePair<string, object?>("who", i));

        var samples = Read(false).Samples.Where(s => s.Name == "t_many_total").ToList();
        samples.Count.ShouldBe(MostSeries + 1);
        samples.Single(s => s.Labels.ContainsKey("otel_metric_overflow")).Value.ShouldBe(49 * MostSeries);
        samples.Sum(s => s.Value).ShouldBe(50 * MostSeries);
    }

    [Fact]
    public void Scrape_SameLabelsInAnotherOrder_IsOneSeries()
    {
        var counter = _meter.CreateCounter<int>("t.order");
        counter.Add(1, new("a", "1"), new("b", true));
        counter.Add(1, new("b", true), new("a", "1"));
        var sample = Read(false).Samples.Single(s => s.Name == "t_order_total");
        sample.Value.ShouldBe(2);
        sample.Labels["b"].ShouldBe("true");
    }

    [Fact]
    public async Task Scrape_WhileManyThreadsMeasure_LosesNothing()
    {
        var counter = _meter.CreateCounter<long>("t.busy");
        var histogram = _meter.CreateHistogram<double>("t.busy.time", "s");
        var done = false;
        var scraping = Task.Run(() =>
        {
            while (!Volatile.Read(ref done)) Read(true);
        });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                counter.Add(1, new KeyValuePair<string, object?>("thread", t % 2));
                histogram.Record(0.01);
            }
        })));
        Volatile.Write(ref done, true);
        await scraping;

        var page = Read(true);
        page.Samples.Where(s => s.Name == "t_busy_total").Sum(s => s.Value).ShouldBe(80_000);
        page.Value("t_busy_time_seconds_count").ShouldBe(80_000);
    }

    [Fact]
    public void Scrape_OtherHostsAndOthersMeters_AreNotShown()
    {
        using var others = new ServiceCollection().AddMetrics().BuildServiceProvider();
        others.GetRequiredService<IMeterFactory>().Create("Pythia.Test").CreateCounter<int>("t.other").Add(1);
        _services.GetRequiredService<IMeterFactory>().Create("Someone.Else").CreateCounter<int>("t.else").Add(1);
        var page = Read(false);
        page.Samples.ShouldNotContain(s => s.Name == "t_other_total" || s.Name == "t_else_total");
    }

    [Fact]
    public void Record_KnownSeries_AllocatesNothing()
    {
        var counter = _meter.CreateCounter<long>("t.free");
        var tag = new KeyValuePair<string, object?>("to", "a");
        counter.Add(1, tag);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) counter.Add(1, tag);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Scrape_ByPromtool_IsSound()
    {
        _meter.CreateCounter<long>("t.tool", "{call}", "Calls").Add(1, new KeyValuePair<string, object?>("text", "a\"b\\c\nd"));
        _meter.CreateHistogram<double>("t.tool.time", "s", "Time").Record(0.2);
        if (FindPromtool() is not { } promtool) return; // where Debian's prometheus is not installed, the reader of these tests is all there is

        var start = new ProcessStartInfo(promtool, ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        process.StandardInput.Write(string.Join('\n', _collector.Scrape(false).Split('\n').Where(l => l.Contains("t_tool", StringComparison.Ordinal))) + "\n");
        process.StandardInput.Close();
        var said = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, said);
    }

    internal static string? FindPromtool()
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "promtool")).FirstOrDefault(File.Exists);

    private Exposition Read(bool openMetrics) => Exposition.Read(_collector.Scrape(openMetrics), openMetrics);
}
