using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Pythia.Benchmarks.Measuring;

/// <summary>What was measured, as a page of Markdown.</summary>
internal sealed class Report
{
    private readonly StringBuilder _text = new();

    public override string ToString() => _text.ToString();

    /// <summary>Names the machine and the day.</summary>
    public void Begin(string name, DateTimeOffset at)
        => _text.AppendLine(CultureInfo.InvariantCulture, $"# {name}").AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"{at:yyyy-MM-dd} · {Processor()}, {Environment.ProcessorCount} cores · {RuntimeInformation.OSDescription} · {RuntimeInformation.FrameworkDescription}")
            .AppendLine().AppendLine("Machines are shared and noisy: the ratio, taken round by round in one run, is what counts; × 1.00 is the peer.").AppendLine();

    /// <summary>A table of contestants.</summary>
    public void Add(string title, string what, IReadOnlyList<Result> results)
    {
        _text.AppendLine(CultureInfo.InvariantCulture, $"## {title}").AppendLine().AppendLine(what).AppendLine()
            .AppendLine("| | a second, median | lowest – highest | bytes each | ratio |").AppendLine("| --- | ---: | ---: | ---: | ---: |");
        foreach (var r in results)
            _text.AppendLine(CultureInfo.InvariantCulture, $"| {r.Name} | {Round(r.PerSecond)} | {Round(r.Lowest)} – {Round(r.Highest)} | {Round(r.BytesEach)} | × {r.Ratio:F2} |");
        _text.AppendLine();
    }

    /// <summary>A table of single values against a limit.</summary>
    public void Add(string title, string what, IReadOnlyList<Measured> values)
    {
        _text.AppendLine(CultureInfo.InvariantCulture, $"## {title}").AppendLine().AppendLine(what).AppendLine()
            .AppendLine("| | measured | held against | ratio |").AppendLine("| --- | ---: | ---: | ---: |");
        foreach (var v in values)
            _text.AppendLine(CultureInfo.InvariantCulture, $"| {v.Name} | {Round(v.Value)} {v.Unit} | {v.PeerName} {Round(v.Peer)} {v.Unit} | × {v.Value / v.Peer:F2} |");
        _text.AppendLine();
    }

    // Three digits say all that a shared machine knows.
    private static string Round(double value)
    {
        if (value == 0) return "0";

        var digits = 3 - (int)Math.Ceiling(Math.Log10(Math.Abs(value)));
        return digits > 0
            ? value.ToString($"F{Math.Min(digits, 3)}", CultureInfo.InvariantCulture)
            : (Math.Round(value / Math.Pow(10, -digits)) * Math.Pow(10, -digits)).ToString("N0", CultureInfo.InvariantCulture);
    }

    private static string Processor()
    {
        const string Info = "/proc/cpuinfo";
        var line = File.Exists(Info) ? File.ReadLines(Info).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}

/// <summary>A value and what it is held against.</summary>
internal sealed record Measured(string Name, double Value, string Unit, string PeerName, double Peer);
