using System.Text.Json;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Vectors;

namespace Pythia.Tests.Quotes;

/// <summary>A folder of <c>shared/vectors/sgx-quotes</c>: a real quote, its collateral, and what was computed from them by others.</summary>
internal sealed record SharedCase(string Name, byte[] Quote, QuoteCollateral Collateral, DateTimeOffset Now, JsonElement Computed)
{
    public const string Folder = "sgx-quotes";

    /// <summary>Names of all cases; none where the folder is absent.</summary>
    public static string[] AllNames => SharedVectors.TryFind(Folder) is { } root
        ? [.. Directory.EnumerateDirectories(root).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)]
        : [];

    public static TheoryData<string> Names() => [.. AllNames];

    public static SharedCase Load(string name)
    {
        var folder = Path.Combine(SharedVectors.Find(Folder), name);
        using var stated = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        return new(
            name,
            File.ReadAllBytes(Path.Combine(folder, EvidenceFolder.QuoteFile)),
            EvidenceFolder.ReadCollateral(folder),
            DateTimeOffset.FromUnixTimeSeconds(stated.RootElement.GetProperty("now_unix").GetInt64()),
            stated.RootElement.GetProperty("computed").Clone());
    }
}
