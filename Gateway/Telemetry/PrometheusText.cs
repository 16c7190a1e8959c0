using System.Globalization;
using System.Text;

namespace Pythia.Gateway.Telemetry;

/// <summary>Writes figures as Prometheus' text format 0.0.4 or OpenMetrics 1.0. They differ in where <c>_total</c> belongs, in units, in how a
/// bucket's bound is written, and in the end mark.</summary>
internal static class PrometheusText
{
    public const string TextMediaType = "text/plain; version=0.0.4; charset=utf-8";
    public const string OpenMetricsMediaType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// <param name="scrape">Observed series that this scrape has not seen are left out.</param>
    public static string Write(IEnumerable<MetricFamily> families, long scrape, bool openMetrics)
    {
        var page = new StringBuilder(16_384);
        foreach (var family in families)
        {
            var series = family.Series.Where(s => s.Series.ObservedAt is long.MaxValue || s.Series.ObservedAt == scrape).ToList();
            if (series.Count == 0) continue;

            WriteHead(page, family, openMetrics);
            foreach (var (labels, one) in series)
            {
                if (family.Kind == MetricKind.Histogram) WriteHistogram(page, family, labels, one, openMetrics);
                else WriteSample(page, family.Name.Name + (family.Kind == MetricKind.Counter ? "_total" : ""), labels, one.Value);
            }
        }

        if (openMetrics) page.Append("# EOF\n");
        return page.ToString();
    }

    private static void WriteHead(StringBuilder page, MetricFamily family, bool openMetrics)
    {
        var name = family.Name.Name + (family.Kind == MetricKind.Counter && !openMetrics ? "_total" : "");
        var kind = family.Kind switch { MetricKind.Counter => "counter", MetricKind.Gauge => "gauge", _ => "histogram" };
        page.Append("# TYPE ").Append(name).Append(' ').Append(kind).Append('\n');
        if (openMetrics && family.Name.Unit.Length > 0) page.Append("# UNIT ").Append(name).Append(' ').Append(family.Name.Unit).Append('\n');
        if (family.Help.Length == 0) return;

        page.Append("# HELP ").Append(name).Append(' ');
        TagSet.Escape(page, family.Help, quotes: openMetrics);
        page.Append('\n');
    }

    // Cumulative, and ending with +Inf, which is the count.
    private static void WriteHistogram(StringBuilder page, MetricFamily family, string labels, MetricSeries series, bool openMetrics)
    {
        var (buckets, sum) = series.Snapshot();
        var comma = labels.Length > 0 ? "," : "";
        var count = 0L;
        for (var i = 0; i < buckets.Length; i++)
        {
            count += buckets[i];
            var bound = i < family.Bounds.Count ? Bound(family.Bounds[i], openMetrics) : "+Inf";
            WriteSample(page, family.Name.Name + "_bucket", $"{labels}{comma}le=\"{bound}\"", count);
        }

        WriteSample(page, family.Name.Name + "_sum", labels, sum);
        WriteSample(page, family.Name.Name + "_count", labels, count);
    }

    private static void WriteSample(StringBuilder page, string name, string labels, double value)
    {
        page.Append(name);
        if (labels.Length > 0) page.Append('{').Append(labels).Append('}');
        page.Append(' ').Append(Number(value)).Append('\n');
    }

    // OpenMetrics: a bound is a float and shows it, so that 1 and 1.0 are not two series.
    private static string Bound(double value, bool openMetrics)
    {
        var text = Number(value);
        return openMetrics && text.All(c => char.IsAsciiDigit(c) || c == '-') ? text + ".0" : text;
    }

    private static string Number(double value)
        => double.IsNaN(value) ? "NaN"
            : double.IsPositiveInfinity(value) ? "+Inf"
            : double.IsNegativeInfinity(value) ? "-Inf"
            : value.ToString("R", CultureInfo.InvariantCulture);
}
