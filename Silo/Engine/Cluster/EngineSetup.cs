using Orleans.Runtime.MembershipService.SiloMetadata;
using Pythia.Silo.Hosting;
using Pythia.Silo.Options;

namespace Pythia.Silo;

/// <summary>All the C# that only real Orleans needs: clustering, storage, reminders, ports and ids come from configuration (section Orleans).</summary>
internal static class EngineSetup
{
    /// <summary>Gateways are programs of their own; a silo shows its health only.</summary>
    public static bool HostsGateway => false;

    public static void Configure(ISiloBuilder silo, DataFolder folder, DataOptions data) => silo.UseSiloMetadata();
}
