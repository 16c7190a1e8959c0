using System.Security.Cryptography;
using System.Text;

namespace Pythia.Contracts.DevChain;

/// <summary>The npm packages that <c>Contracts/package-lock.json</c> names.</summary>
public static class NodeModules
{
    private const string StampName = ".pythia-installed";
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs <c>npm ci</c> where what is installed is not what the lock file names; several processes take turns.</summary>
    /// <param name="progress">Gets npm's lines.</param>
    /// <returns>True if it had to install.</returns>
    /// <exception cref="InvalidOperationException">npm was not found or failed; the message holds its last lines.</exception>
    public static async Task<bool> EnsureAsync(ContractsFolder contracts, TimeProvider time, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        if (IsInstalled(contracts)) return false;

        await using var turn = await TakeTurnAsync(contracts, time, cancellationToken);
        if (IsInstalled(contracts)) return false;

        progress?.Report("installing npm packages (npm ci)");
        await NodeTool.RunAsync(contracts, OperatingSystem.IsWindows() ? "npm.cmd" : "npm", ["ci", "--no-audit", "--no-fund"], progress, cancellationToken);
        Directory.CreateDirectory(contracts.Combine("node_modules")); // npm makes none where there is nothing to install
        await File.WriteAllTextAsync(Stamp(contracts), LockFileHash(contracts), cancellationToken);
        return true;
    }

    /// <summary>Lets one process at a time change what is installed or compiled in this folder.</summary>
    internal static async Task<FileStream> TakeTurnAsync(ContractsFolder contracts, TimeProvider time, CancellationToken cancellationToken)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(contracts.Path)).AsSpan(0, 8));
        var path = Path.Combine(Path.GetTempPath(), $"pythia-contracts-{name}.lock");
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                // Another process has its turn; file locks raise no event.
                await Task.Delay(LockPoll, time, cancellationToken);
            }
        }
    }

    // Our own stamp holds the lock file's hash; npm's own record is newer than the lock file after an install by hand.
    private static bool IsInstalled(ContractsFolder contracts)
    {
        if (File.Exists(Stamp(contracts)) && File.ReadAllText(Stamp(contracts)) == LockFileHash(contracts)) return true;

        var record = contracts.Combine("node_modules", ".package-lock.json");
        return !File.Exists(Stamp(contracts))
            && File.Exists(record)
            && File.GetLastWriteTimeUtc(record) >= File.GetLastWriteTimeUtc(contracts.Combine("package-lock.json"));
    }

    private static string Stamp(ContractsFolder contracts) => contracts.Combine("node_modules", StampName);

    private static string LockFileHash(ContractsFolder contracts)
        => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(contracts.Combine("package-lock.json"))));
}

/// <summary>Compiles the contracts when their sources have changed; <c>tools/compile.mjs</c> knows whether they have.</summary>
public static class ContractCompiler
{
    /// <summary>Installs what is missing and compiles what has changed.</summary>
    /// <exception cref="InvalidOperationException">npm or the compiler failed; the message holds the last lines.</exception>
    public static async Task EnsureAsync(ContractsFolder contracts, TimeProvider time, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        await NodeModules.EnsureAsync(contracts, time, progress, cancellationToken);
        await using var turn = await NodeModules.TakeTurnAsync(contracts, time, cancellationToken);
        await NodeTool.RunAsync(contracts, "node", [contracts.Combine("tools", "compile.mjs")], progress, cancellationToken);
    }
}
