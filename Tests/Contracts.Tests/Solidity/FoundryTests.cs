using System.Diagnostics;
using System.Text.RegularExpressions;
using Pythia.Contracts.DevChain;
using Shouldly;

namespace Pythia.Contracts.Tests.Solidity;

/// <summary>The contracts' own tests and reviewed figures, so that one command passes all tests of the project.</summary>
public sealed partial class FoundryTests
{
    [Fact]
    public async Task Forge_EveryContractTest_Passes()
    {
        var (exitCode, output) = await RunAsync("tools/forge.mjs", "test");

        exitCode.ShouldBe(0, output);
        var summary = Summary().Match(output);
        summary.Success.ShouldBeTrue(output);
        int.Parse(summary.Groups["passed"].Value).ShouldBeGreaterThan(100);
        summary.Groups["failed"].Value.ShouldBe("0");
    }

    [Fact]
    public async Task Snapshots_AbiLayoutSizeAndGas_AreAsReviewed()
    {
        var (exitCode, output) = await RunAsync("tools/check.mjs");

        exitCode.ShouldBe(0, output);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var contracts = ContractsFolder.Find();
        await NodeModules.EnsureAsync(contracts, TimeProvider.System);
        await ContractCompiler.EnsureAsync(contracts, TimeProvider.System);
        var start = new ProcessStartInfo("node", arguments)
        {
            WorkingDirectory = contracts.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["NO_COLOR"] = "1";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }

    [GeneratedRegex(@"Ran \d+ test suites? .*: (?<passed>\d+) tests passed, (?<failed>\d+) failed")]
    private static partial Regex Summary();
}
