using System.Globalization;
using System.Text;

namespace Pythia.Gateway.Tests.Telemetry;

/// <summary>One line of a page of figures.</summary>
internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>Reads Prometheus' text format 0.0.4 and OpenMetrics 1.0 by their grammar, and nothing looser. Written from the specifications, apart
/// from what writes them.</summary>
internal sealed class Exposition
{
    private readonly Dictionary<string, string> _kinds = new(StringComparer.Ordinal);
    private readonly HashSet<string> _series = new(StringComparer.Ordinal);

    public List<Sample> Samples { get; } = [];

    public IReadOnlyDictionary<string, string> Kinds => _kinds;

    public Dictionary<string, string> Help { get; } = new(StringComparer.Ordinal);

    public static Exposition Read(string page, bool openMetrics)
    {
        if (!page.EndsWith('\n')) throw new FormatException("the last line has no line feed");

        var read = new Exposition();
        var lines = page[..^1].Split('\n');
        if (openMetrics && lines[^1] != "# EOF") throw new FormatException("no # EOF at the end");

        foreach (var line in openMetrics ? lines[..^1] : lines)
        {
            if (line.StartsWith("# ", StringComparison.Ordinal)) read.TakeComment(line.Split(' ', 4));
            else read.TakeSample(line, openMetrics);
        }

        return read;
    }

    public double Value(string name, params (string Label, string Value)[] labels)
        => Samples.Single(s => s.Name == name && labels.All(l => s.Labels.TryGetValue(l.Label, out var value) && value == l.Value)).Value;

    private void TakeComment(string[] parts)
    {
        switch (parts[1])
        {
            case "TYPE":
                if (!_kinds.TryAdd(parts[2], parts[3])) throw new FormatException($"{parts[2]}: a second TYPE");
                break;
            case "HELP":
                Help[parts[2]] = parts[3];
                break;
            case "UNIT":
                if (!parts[2].EndsWith("_" + parts[3], StringComparison.Ordinal)) throw new FormatException($"{parts[2]}: unit {parts[3]} is no suffix of the name");
                break;
            default:
                throw new FormatException($"unknown comment {string.Join(' ', parts)}");
        }
    }

    private void TakeSample(string line, bool openMetrics)
    {
        var at = 0;
        var name = ReadName(line, ref at);
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        if (line[at] == '{')
        {
            at++;
            while (line[at] != '}')
            {
                var label = ReadName(line, ref at);
                Expect(line, ref at, '=');
                if (!labels.TryAdd(label, ReadText(line, ref at))) throw new FormatException($"label {label} twice: {line}");
                if (line[at] == ',') at++;
            }

            at++;
        }

        Expect(line, ref at, ' ');
        if (!_series.Add(line[..at])) throw new FormatException($"series twice: {line}");
        Samples.Add(new(name, labels, ReadNumber(line[at..])));
        CheckFamily(name, labels, openMetrics);
    }

    private void CheckFamily(string name, Dictionary<string, string> labels, bool openMetrics)
    {
        var (family, suffix) = _kinds.ContainsKey(name) ? (name, "") : (name[..name.LastIndexOf('_')], name[name.LastIndexOf('_')..]);
        if (!_kinds.TryGetValue(family, out var kind)) throw new FormatException($"{name}: no TYPE before it");

        var fits = kind switch
        {
            "counter" => openMetrics ? suffix == "_total" : suffix.Length == 0 && name.EndsWith("_total", StringComparison.Ordinal),
            "gauge" => suffix.Length == 0,
            "histogram" => suffix is "_sum" or "_count" || (suffix == "_bucket" && labels.ContainsKey("le")),
            _ => false,
        };
        if (!fits) throw new FormatException($"{name}: not a sample of a {kind}");
    }

    private static string ReadName(string line, ref int at)
    {
        var from = at;
        while (at < line.Length && (char.IsAsciiLetterOrDigit(line[at]) || line[at] is '_' or ':')) at++;
        if (at == from || char.IsAsciiDigit(line[from])) throw new FormatException($"no name at {from}: {line}");
        return line[from..at];
    }

    private static string ReadText(string line, ref int at)
    {
        Expect(line, ref at, '"');
        var text = new StringBuilder();
        while (line[at] != '"')
        {
            if (line[at] != '\\') text.Append(line[at++]);
            else
            {
                text.Append(line[at + 1] switch { 'n' => '\n', '\\' => '\\', '"' => '"', var c => throw new FormatException($"escape \\{c}: {line}") });
                at += 2;
            }
        }

        at++;
        return text.ToString();
    }

    private static double ReadNumber(string text) => text switch
    {
        "NaN" => double.NaN,
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    private static void Expect(string line, ref int at, char expected)
    {
        if (line[at] != expected) throw new FormatException($"'{line[at]}' found, '{expected}' expected at {at}: {line}");
        at++;
    }
}
