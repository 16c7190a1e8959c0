using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Pythia.Engine;

/// <summary>Runs the grains of these tests on the engine of this repository.</summary>
public sealed class EngineFixture : IAsyncLifetime
{
    private IHost _host = null!;

    public IClusterClient Client => _host.Services.GetRequiredService<IClusterClient>();

    public async Task InitializeAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(TestSilo.Configure);
        _host = builder.Build();
        await _host.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
