using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Host;

namespace Pythia.Enclave.Hosting;

/// <summary>Puts an enclave into a program: in its own process, in a child process, or somewhere that it only connects to.</summary>
public static class EnclaveHosting
{
    /// <summary>
    /// Adds an enclave as <see cref="IEnclave"/>, with options from the sections <see cref="EnclaveOptions.Section"/> and
    /// <see cref="EnclaveProcessOptions.Section"/>. A wrong or missing setting stops the start and is named; a stop waits for the enclave to end and
    /// forget its keys. In the process itself an <see cref="IAttester"/> that is registered makes its quotes.
    /// </summary>
    public static IServiceCollection AddPythiaEnclave(this IServiceCollection services, IConfiguration configuration)
    {
        var section = configuration.GetSection(EnclaveProcessOptions.Section);
        services.AddOptions<EnclaveOptions>().Bind(configuration.GetSection(EnclaveOptions.Section)).ValidateOnStart();
        services.AddOptions<EnclaveProcessOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IValidateOptions<EnclaveOptions>, Validator>();
        return (section.Get<EnclaveProcessOptions>() ?? new()).Mode switch
        {
            EnclaveMode.InProcess => AddInProcess(services),
            EnclaveMode.Process => AddProcess(services),
            _ => AddConnection(services),
        };
    }

    private static IServiceCollection AddInProcess(IServiceCollection services)
    {
        services.AddSingleton(provider => new PythiaEnclave(
            provider.GetRequiredService<IOptions<EnclaveOptions>>().Value,
            provider.GetService<TimeProvider>(),
            provider.GetService<ILogger<PythiaEnclave>>(),
            provider.GetService<IAttester>()));
        services.AddSingleton<IEnclave>(provider => provider.GetRequiredService<PythiaEnclave>());
        return services.AddHostedService<EnclaveService>();
    }

    private static IServiceCollection AddProcess(IServiceCollection services)
    {
        services.AddSingleton(provider => new EnclaveSupervisor(
            provider.GetRequiredService<IOptions<EnclaveOptions>>().Value,
            provider.GetRequiredService<IOptions<EnclaveProcessOptions>>().Value,
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetRequiredService<ILogger<EnclaveSupervisor>>()));
        services.AddSingleton<IEnclave>(provider => provider.GetRequiredService<EnclaveSupervisor>().Enclave);
        return services.AddHostedService(provider => provider.GetRequiredService<EnclaveSupervisor>());
    }

    private static IServiceCollection AddConnection(IServiceCollection services)
        => services.AddSingleton<IEnclave>(provider =>
        {
            var options = provider.GetRequiredService<IOptions<EnclaveProcessOptions>>().Value;
            return new SocketEnclave(SocketEnclave.Parse(options.EndPoint), TimeSpan.FromMilliseconds(options.PatienceMilliseconds), provider.GetService<TimeProvider>());
        });

    private sealed class EnclaveService(PythiaEnclave enclave) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => enclave.RunAsync(stoppingToken);
    }

    private sealed class Validator : IValidateOptions<EnclaveOptions>
    {
        public ValidateOptionsResult Validate(string? name, EnclaveOptions options)
            => EnclaveOptionsCheck.FindProblems(options) is { Count: > 0 } problems ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }
}
