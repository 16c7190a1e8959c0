using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace Pythia.Engine;

/// <summary>Runs the grains of these tests on two silos of Microsoft Orleans.</summary>
public sealed class EngineFixture : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    public IClusterClient Client => _cluster.Client;

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) =>
        {
            TestSilo.Configure(silo);

            // A reminder that was registered while the ring of silos settles is loaded by its new owner at the next refresh.
            silo.Configure<ReminderOptions>(options => options.RefreshReminderListPeriod = TimeSpan.FromSeconds(1));
        });
        builder.ConfigureClient(client =>
        {
            client.Services.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = TestSilo.ResponseTimeout);
            client.AddActivityPropagation();
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();
}
