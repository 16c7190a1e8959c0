using Pythia.Gateway.Health;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Gateway.Tests;

/// <summary>docs/operations/health.md holds each code as the program has it, and none that is not there.</summary>
public sealed class HealthPageTests
{
    [Fact]
    public void Page_Codes_AreTheProgramsOwn()
    {
        var rows = File.ReadLines(Path.Combine(SharedVectors.RepositoryRoot, "docs", "operations", "health.md"))
            .SkipWhile(line => line != "## Codes").TakeWhile(line => line != "## What to do").Where(line => line.StartsWith("| `", StringComparison.Ordinal));
        rows.ShouldBe(HealthCodes.All.Select(c => $"| `{c.Code}` | {(c.Level == HealthLevel.NotReady ? "not-ready" : "degraded")} | {c.Part} | {c.Meaning} |"));
    }
}
