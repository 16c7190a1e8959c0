using System.Diagnostics;

namespace Pythia.EndToEnd;

/// <summary>Benchmarks are run seldom; that they still run is seen here. How fast anything is, no test says.</summary>
public sealed class BenchmarkTests
{
    [Fact]
    public async Task Smoke_AllBenchmarks_RunAndHoldEachAgainstAPeer()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Pythia.Benchmarks.dll"));
        start.ArgumentList.Add("--smoke");
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.True(process.ExitCode == 0, await errors + output);
        var pages = output.Split("\n# ").Select(page => page.Split('\n')[0].TrimStart('#', ' ')).ToArray();
        Assert.Equal(["calls", "storage", "answers", "intents", "start", "memory", "quotes", "enclave"], pages);
        Assert.All(output.Split("\n# "), page => Assert.Contains("| × ", page, StringComparison.Ordinal));
    }
}
