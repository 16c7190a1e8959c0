using System.Diagnostics;
using System.Text.RegularExpressions;
using Pythia.Vectors;
using Shouldly;
using YamlDotNet.RepresentationModel;

namespace Pythia.EndToEnd.Operations;

/// <summary>docs/operations/alerts.yml asks only for figures that docs/operations/monitoring.md and the code have.</summary>
public sealed partial class AlertTests
{
    private static readonly string Root = SharedVectors.RepositoryRoot;
    private static readonly string AlertsPath = Path.Combine(Root, "docs", "operations", "alerts.yml");

    private static readonly string[] PageNames =
        [.. File.ReadLines(Path.Combine(Root, "docs", "operations", "monitoring.md")).SkipWhile(l => l != "## Figures").TakeWhile(l => l != "## Traces")
            .Where(l => l.StartsWith("| `", StringComparison.Ordinal)).SelectMany(l => Quoted().Matches(l.Split('|')[1]).Select(m => m.Groups[1].Value))];

    [Fact]
    public void Page_Figures_AreThoseOfTheCode()
    {
        string[] folders = ["Contracts", "Enclave", "Gateway", "Grains", "Orleans.Embedded", "Silo"];
        var made = folders.SelectMany(f => Directory.EnumerateFiles(Path.Combine(Root, f), "*.cs", SearchOption.AllDirectories))
            .SelectMany(f => Instrument().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).Distinct().ToList();
        made.Count.ShouldBeGreaterThan(30);
        PageNames.Where(n => n.StartsWith("pythia.", StringComparison.Ordinal)).ShouldBe(made, ignoreOrder: true);
    }

    [Fact]
    public void Alerts_EveryMetric_IsOnThePage()
    {
        var rules = ReadRules();
        rules.Count.ShouldBeGreaterThan(10);
        foreach (var (alert, expression) in rules)
        {
            foreach (Match metric in Metric().Matches(Text().Replace(expression, "")))
            {
                var name = Suffix().Replace(metric.Value, "");
                PageNames.ShouldContain(n => name == Clean(n) || name.StartsWith(Clean(n) + "_", StringComparison.Ordinal), $"{alert}: {metric.Value}");
            }
        }
    }

    [Fact]
    public async Task Alerts_ByPromtool_AreSound()
    {
        var promtool = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "promtool")).FirstOrDefault(File.Exists);
        if (promtool is null) return; // where Debian's prometheus is not installed, the two tests above are all there is

        using var process = Process.Start(new ProcessStartInfo(promtool, ["check", "rules", AlertsPath]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var said = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, said);
    }

    private static List<(string Alert, string Expression)> ReadRules()
    {
        var yaml = new YamlStream();
        using var reader = new StreamReader(AlertsPath);
        yaml.Load(reader);
        var groups = (YamlSequenceNode)yaml.Documents[0].RootNode["groups"];
        return [.. groups.SelectMany(g => (YamlSequenceNode)g["rules"]).Select(r => (r["alert"].ToString(), r["expr"].ToString()))];
    }

    private static string Clean(string name) => name.Replace('.', '_');

    [GeneratedRegex("`([a-z_.]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex("""Create(?:Observable)?(?:Counter|Gauge|Histogram|UpDownCounter)(?:<\w+>)?\(\s*\x22(pythia\.[a-z_.]+)\x22""")]
    private static partial Regex Instrument();

    [GeneratedRegex(@"\b(pythia|http)_[a-z_]+")]
    private static partial Regex Metric();

    [GeneratedRegex("\"[^\"]*\"|http_response_status_code|http_route")]
    private static partial Regex Text();

    [GeneratedRegex("_(total|bucket|sum|count)$")]
    private static partial Regex Suffix();
}
