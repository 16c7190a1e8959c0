using Orleans.Runtime.MembershipService.SiloMetadata;
using Pythia.Silo.Hosting;
using Pythia.Silo.Options;

namespace Pythia.Silo;

/// <summary>All the C# that only real Orleans needs: clustering, storage, reminders, ports and ids come from configuration (section Orleans).</summary>
internal static class EngineSetup
{
    /// <summary>Gateways are programs of their own; a silo shows its health only.</summary>
    public static bool HostsGateway => false;

    // Which enclaves stand beside the silo follows from its settings; what the section says besides is the operator's.
    public static void Configure(ISiloBuilder silo, DataFolder folder, SiloSettings settings)
    {
        var metadata = settings.Configuration.GetSection("Orleans:Metadata").GetChildren().ToDictionary(entry => entry.Key, entry => entry.Value ?? "", StringComparer.Ordinal);
        metadata["enclave"] = string.Join(',', settings.EnclaveIds);
        silo.UseSiloMetadata(metadata);
    }
}
