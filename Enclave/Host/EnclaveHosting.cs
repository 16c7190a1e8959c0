using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pythia.Enclave.Attestation.Attesters;

namespace Pythia.Enclave.Host;

/// <summary>Puts an enclave into a program.</summary>
public static class EnclaveHosting
{
    /// <summary>
    /// Adds an in-process enclave as <see cref="IEnclave"/>, with options from the section <see cref="EnclaveOptions.Section"/>. A wrong or
    /// missing setting stops the start and is named; a stop waits for the follower of heads to end and forgets the keys. An <see cref="IAttester"/> that is registered makes its quotes.
    /// </summary>
    public static IServiceCollection AddPythiaEnclave(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<EnclaveOptions>().Bind(configuration.GetSection(EnclaveOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<EnclaveOptions>, EnclaveOptionsValidator>();
        services.AddSingleton(provider => new PythiaEnclave(
            provider.GetRequiredService<IOptions<EnclaveOptions>>().Value,
            provider.GetService<TimeProvider>(),
            provider.GetService<ILogger<PythiaEnclave>>(),
            provider.GetService<IAttester>()));
        services.AddSingleton<IEnclave>(provider => provider.GetRequiredService<PythiaEnclave>());
        services.AddHostedService<EnclaveService>();
        return services;
    }

    private sealed class EnclaveService(PythiaEnclave enclave) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => enclave.RunAsync(stoppingToken);
    }
}
