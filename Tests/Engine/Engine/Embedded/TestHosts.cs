using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Pythia.Engine;

/// <summary>Silos of a test's own.</summary>
internal static class TestHosts
{
    /// <summary>With the settings of the suite and more.</summary>
    public static Task<IHost> StartAsync(Action<ISiloBuilder>? more = null)
        => StartBareAsync(silo =>
        {
            TestSilo.Configure(silo);
            more?.Invoke(silo);
        });

    /// <summary>With these settings alone.</summary>
    public static async Task<IHost> StartBareAsync(Action<ISiloBuilder> configure)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(configure);
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    public static IClusterClient Client(this IHost host) => host.Services.GetRequiredService<IClusterClient>();
}
