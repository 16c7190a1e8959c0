using System.Diagnostics;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>The verifier's slots are those of the compiled contracts.</summary>
public sealed class StorageLayoutTests
{
    [Fact]
    public async Task StorageLayout_Snapshots_GiveTheSameConstants()
    {
        var (exitCode, output) = await RunAsync("--check");
        exitCode.ShouldBe(0, output);
    }

    [Theory]
    [InlineData("\"label\": \"_consents\",\n      \"slot\": 4", "\"label\": \"_consents\",\n      \"slot\": 3", "MappingSlot = 4")]
    [InlineData("\"label\": \"grantEpoch\",\n          \"slot\": 0", "\"label\": \"grantEpoch\",\n          \"slot\": 1", "grantEpoch: slot 1 found, 0 expected")]
    [InlineData("\"bytes\": 64", "\"bytes\": 96", "96 bytes found, 64 expected")]
    [InlineData("\"label\": \"floor\"", "\"label\": \"ceiling\"", "floor not found")]
    public async Task StorageLayout_SnapshotChanged_IsRefused(string text, string changed, string expected)
    {
        var folder = Directory.CreateTempSubdirectory("pythia-layout-");
        try
        {
            foreach (var file in Directory.GetFiles(Path.Combine(SharedVectors.RepositoryRoot, "Contracts", "snapshots"), "*.layout.json"))
            {
                var content = await File.ReadAllTextAsync(file);
                if (Path.GetFileName(file).StartsWith("Consent", StringComparison.Ordinal)) content.ShouldContain(text);
                await File.WriteAllTextAsync(Path.Combine(folder.FullName, Path.GetFileName(file)), content.Replace(text, changed));
            }

            var (exitCode, output) = await RunAsync("--check", "--snapshots", folder.FullName);
            exitCode.ShouldBe(1);
            output.ShouldContain(expected);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("node", ["Contracts/tools/layout-constants.mjs", .. arguments])
        {
            WorkingDirectory = SharedVectors.RepositoryRoot,
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }
}
