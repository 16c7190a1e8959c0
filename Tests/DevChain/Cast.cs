using System.Diagnostics;
using Pythia.Contracts.DevChain;

namespace Pythia.Tests.DevChain;

/// <summary>Foundry's <c>cast</c>: another implementation to hold ours against.</summary>
public static class Cast
{
    /// <summary>Runs it and gives what it printed, trimmed.</summary>
    /// <exception cref="InvalidOperationException">It ended with another code than 0.</exception>
    public static async Task<string> RunAsync(ContractsFolder contracts, params string[] arguments)
    {
        var start = new ProcessStartInfo(contracts.FoundryProgram("cast"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["NO_COLOR"] = "1";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? (await output).Trim()
            : throw new InvalidOperationException($"cast {string.Join(' ', arguments)} ended with code {process.ExitCode}: {await error}");
    }
}
