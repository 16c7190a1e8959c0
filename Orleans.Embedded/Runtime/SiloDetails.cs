using System.Net;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>Who this silo is.</summary>
    public interface ILocalSiloDetails
    {
        string Name { get; }

        string ClusterId { get; }

        string DnsHostName { get; }

        SiloAddress SiloAddress { get; }

        SiloAddress GatewayAddress { get; }
    }

    /// <summary>Keys of the clocks: register a keyed <see cref="TimeProvider"/> for one of them, or one without key for all.</summary>
    public static class TimeProviderNames
    {
        /// <summary>Grain timers.</summary>
        public const string Grains = "Orleans.Grains";

        /// <summary>Response time-outs.</summary>
        public const string Messaging = "Orleans.Messaging";

        /// <summary>Idle collection.</summary>
        public const string ActivationManagement = "Orleans.ActivationManagement";
    }
}

namespace Pythia.Embedded.Runtime
{
    /// <summary>The one silo: no port is open, so its address only tells it from none.</summary>
    internal sealed class SiloDetails(IOptions<SiloOptions> silo, IOptions<ClusterOptions> cluster) : ILocalSiloDetails
    {
        public string Name => silo.Value.SiloName;

        public string ClusterId => cluster.Value.ClusterId;

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress { get; } = SiloAddress.New(IPAddress.Loopback, 0, 1);

        public SiloAddress GatewayAddress => SiloAddress.Zero;
    }
}
