using System.Runtime.InteropServices;

namespace Pythia.Contracts.DevChain;

/// <summary>The folder <c>Contracts/</c> of the project: its npm tools and what they compiled.</summary>
public sealed class ContractsFolder
{
    /// <summary>The folder at this path.</summary>
    /// <exception cref="DirectoryNotFoundException">It holds no <c>package.json</c>.</exception>
    public ContractsFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        if (!File.Exists(System.IO.Path.Combine(Path, "package.json"))) throw new DirectoryNotFoundException($"no package.json found in {Path}");
    }

    public string Path { get; }

    /// <summary>The folder <c>Contracts</c> in <paramref name="start"/> or in one above it.</summary>
    /// <param name="start">Null starts at the program's own folder.</param>
    /// <exception cref="DirectoryNotFoundException">There is none.</exception>
    public static ContractsFolder Find(string? start = null)
    {
        start ??= AppContext.BaseDirectory;
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            var candidate = System.IO.Path.Combine(folder.FullName, "Contracts");
            if (File.Exists(System.IO.Path.Combine(candidate, "package.json"))) return new ContractsFolder(candidate);
        }

        throw new DirectoryNotFoundException($"no folder above {start} holds Contracts/package.json");
    }

    /// <summary>A file or folder below this one.</summary>
    public string Combine(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>The program of one of Foundry's tools, from its npm package for this machine; no install script has to have run.</summary>
    /// <param name="tool">anvil, cast or forge.</param>
    /// <exception cref="FileNotFoundException">The package is not installed, or does not exist for this machine.</exception>
    public string FoundryProgram(string tool)
    {
        var system = OperatingSystem.IsWindows() ? "win32" : OperatingSystem.IsMacOS() ? "darwin" : "linux";
        var processor = RuntimeInformation.OSArchitecture is Architecture.Arm64 ? "arm64" : "amd64";
        var package = $"{tool}-{system}-{processor}";
        var program = Combine("node_modules", "@foundry-rs", package, "bin", OperatingSystem.IsWindows() ? $"{tool}.exe" : tool);
        return File.Exists(program)
            ? program
            : throw new FileNotFoundException($"{program} not found: run npm ci in {Path} (packages exist for Linux, macOS and Windows, x64 and, save Windows, arm64)", program);
    }
}
