using System.Collections.Immutable;

namespace Pythia.Enclave.Hosting;

/// <summary>
/// The whole environment of pythia-enclave: nothing of the host's is passed on. <c>Enclave/pythia.manifest.template</c> names the same, and a test holds
/// the two together. DOTNET_ numbers are hexadecimal.
/// </summary>
public static class EnclaveEnvironment
{
    public static ImmutableArray<KeyValuePair<string, string>> Variables { get; } =
    [
        // The heap's limit, and what is reserved for it: by default 256 GB.
        new("DOTNET_GCHeapHardLimit", "0x5000000"),
        new("DOTNET_GCRegionRange", "0x14000000"),
        new("DOTNET_gcServer", "0"),

        // Never 0 beside a heap limit: the collector then writes behind the end of its own tables (docs/decisions/039).
        new("DOTNET_gcConcurrent", "1"),

        // No second mapping of code (a memfd), no diagnostics socket, which would let the host look inside.
        new("DOTNET_EnableWriteXorExecute", "0"),
        new("DOTNET_EnableDiagnostics", "0"),
        new("DOTNET_TieredPGO", "0"),
        new("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1"),

        // glibc: one arena instead of eight a core, 64 MB of addresses each.
        new("MALLOC_ARENA_MAX", "1"),
    ];
}
