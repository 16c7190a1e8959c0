using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Host;

namespace Pythia.Enclave.Hosting;

/// <summary>Puts enclaves into a program: in its own process, in child processes, or somewhere that it only connects to.</summary>
public static class EnclaveHosting
{
    /// <summary>
    /// Adds the enclaves of the sections <see cref="EnclaveOptions.Section"/> and <see cref="EnclaveProcessOptions.Section"/>: the <see cref="EnclaveFleet"/>,
    /// and each as an <see cref="IEnclave"/>. A wrong or missing setting stops the start and is named; a stop waits for the enclaves to end and forget their
    /// keys. In the process itself an <see cref="IAttester"/> that is registered makes their quotes.
    /// </summary>
    public static IServiceCollection AddPythiaEnclave(this IServiceCollection services, IConfiguration configuration)
    {
        var section = configuration.GetSection(EnclaveProcessOptions.Section);
        services.AddOptions<EnclaveOptions>().Bind(configuration.GetSection(EnclaveOptions.Section)).ValidateOnStart();
        services.AddOptions<EnclaveProcessOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IValidateOptions<EnclaveOptions>, Validator>();
        services.AddSingleton<IValidateOptions<EnclaveProcessOptions>>(new ProcessValidator(configuration.GetSection(EnclaveOptions.Section)));
        services.AddSingleton(provider => new EnclaveFleet(
            provider.GetRequiredService<IOptions<EnclaveOptions>>(),
            provider.GetRequiredService<IOptions<EnclaveProcessOptions>>(),
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetService<IAttester>()));

        // How many there are is known before what they are is checked.
        var further = section.GetSection(nameof(EnclaveProcessOptions.Instances)).GetChildren().Count();
        foreach (var i in Enumerable.Range(0, 1 + further)) services.AddSingleton(provider => provider.GetRequiredService<EnclaveFleet>().Members[i].Enclave);
        return services.AddHostedService(provider => provider.GetRequiredService<EnclaveFleet>());
    }

    private sealed class Validator : IValidateOptions<EnclaveOptions>
    {
        public ValidateOptionsResult Validate(string? name, EnclaveOptions options)
            => EnclaveOptionsCheck.FindProblems(options) is { Count: > 0 } problems ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }

    private sealed class ProcessValidator(IConfiguration enclave) : IValidateOptions<EnclaveProcessOptions>
    {
        public ValidateOptionsResult Validate(string? name, EnclaveProcessOptions options)
            => EnclaveProcessCheck.FindProblems(options, enclave.Get<EnclaveOptions>() ?? new()) is { Count: > 0 } problems ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }
}
