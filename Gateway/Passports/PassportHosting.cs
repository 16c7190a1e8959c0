using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pythia.Gateway.Settings;
using Pythia.Gateway.Telemetry;

namespace Pythia.Gateway.Passports;

/// <summary>Registers what passports need. A verifier's key and policy are read at the start: a wrong one stops it.</summary>
internal static class PassportHosting
{
    public static IServiceCollection AddPassports(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PassportOptions>, PassportOptionsCheck>());
        services.AddStrictOptions<PassportOptions>(configuration, PassportOptions.Section);
        services.AddSingleton(provider => new PassportVerifier(
            provider.GetRequiredService<IOptions<PassportOptions>>(), provider.GetRequiredService<TimeProvider>(), provider.GetService<IVerifierWay>()));
        services.AddSingleton<EvidenceSource>();
        services.AddSingleton(provider => new PassportDesk(
            provider.GetRequiredService<EvidenceSource>(),
            provider.GetRequiredService<PassportVerifier>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<PassportDesk>>(),
            provider.GetService<GatewayMetrics>()));
        services.AddHostedService<VerifierStart>();
        return services;
    }

    private sealed class VerifierStart(PassportVerifier verifier) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            _ = verifier.IsThere; // made by now, or the start has stopped
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
