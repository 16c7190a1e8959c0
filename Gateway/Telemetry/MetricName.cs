using System.Diagnostics.Metrics;
using System.Text;

namespace Pythia.Gateway.Telemetry;

/// <summary>What a family of series is in the text formats.</summary>
internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>How an instrument's name and unit become a metric's name (OpenTelemetry, "Prometheus and OpenMetrics Compatibility").</summary>
/// <param name="Name">Without <c>_total</c>.</param>
/// <param name="Unit">As OpenMetrics names it; empty where the unit is a count of things.</param>
internal sealed record MetricName(string Name, string Unit)
{
    public static MetricName Of(string instrument, string? unit, MetricKind kind)
    {
        var name = Clean(instrument);
        var suffix = UnitOf(unit, kind);
        if (kind == MetricKind.Counter && name.EndsWith("_total", StringComparison.Ordinal)) name = name[..^"_total".Length];
        if (suffix.Length > 0 && !name.EndsWith("_" + suffix, StringComparison.Ordinal)) name = $"{name}_{suffix}";
        return new(name, suffix);
    }

    /// <summary>The kind of an instrument; null for one that has no place in the formats.</summary>
    public static MetricKind? KindOf(Instrument instrument)
    {
        var type = instrument.GetType();
        while (type is { IsGenericType: false }) type = type.BaseType;
        var definition = type?.GetGenericTypeDefinition();
        return definition == typeof(Counter<>) || definition == typeof(ObservableCounter<>) ? MetricKind.Counter
            : definition == typeof(Histogram<>) ? MetricKind.Histogram
            : definition == typeof(UpDownCounter<>) || definition == typeof(ObservableUpDownCounter<>) || definition == typeof(Gauge<>)
                || definition == typeof(ObservableGauge<>) ? MetricKind.Gauge
            : null;
    }

    /// <summary>A label's name: letters, digits and underscores, not a digit first, and none that the formats keep for themselves.</summary>
    public static string Label(string name)
    {
        var clean = Clean(name).Replace(':', '_');
        return clean is "le" or "quantile" ? $"key_{clean}" : clean;
    }

    // Runs of underscores become one, and so no name begins with the two that the formats keep for themselves.
    private static string Clean(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var letter in name)
        {
            var fits = char.IsAsciiLetterOrDigit(letter) || letter == ':';
            if (fits || text.Length == 0 || text[^1] != '_') text.Append(fits ? letter : '_');
        }

        if (text.Length == 0 || char.IsAsciiDigit(text[0])) text.Insert(0, '_');
        return text.ToString();
    }

    private static string UnitOf(string? unit, MetricKind kind) => unit switch
    {
        null or "" => "",
        "s" => "seconds",
        "ms" => "milliseconds",
        "By" => "bytes",
        "By/s" => "bytes_per_second",
        "1" => kind == MetricKind.Gauge ? "ratio" : "",
        "%" => "percent",
        _ when unit[0] == '{' => "",
        _ => Clean(unit),
    };
}
