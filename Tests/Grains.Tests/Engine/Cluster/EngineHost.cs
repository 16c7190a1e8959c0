using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.TestingHost;

namespace Pythia.Tests.Support;

/// <summary>A running silo of the cluster engine; stopping and starting anew is what a restart is.</summary>
public sealed class EngineHost : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;

    private EngineHost(InProcessTestCluster cluster) => _cluster = cluster;

    public IGrainFactory Grains => _cluster.Client;

    public IServiceProvider Services => _cluster.Silos[0].ServiceProvider;

    public static async Task<EngineHost> StartAsync(Action<ISiloBuilder> configure)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.UseSiloMetadata(new Dictionary<string, string> { ["enclave"] = "model,one,two" });
            configure(silo);
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new EngineHost(cluster);
    }

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();
}
