using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Storage;
using Pythia.Enclave.Attestation.Collateral;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Pythia;
using Pythia.Grains.Storage;
using Pythia.Grains.Subjects;
using Pythia.Grains.Telemetry;

namespace Pythia.Grains;

/// <summary>Registers what the grains need beside the engine.</summary>
public static class PythiaGrainsExtensions
{
    /// <summary>
    /// Adds the grains' services, the state serializer of storage provider <see cref="GrainStorage.Name"/>, and what starts followers, lanes
    /// and sweeps with the silo. The host adds besides: a storage provider of that name, reminders, a <see cref="LedgerChain"/> for each
    /// chain (singletons), an <c>IEnclave</c> for each enclave beside this silo, and configuration section <c>Mirror</c> where defaults don't fit.
    /// </summary>
    public static IServiceCollection AddPythiaGrains(this IServiceCollection services, Action<MirrorOptions>? configure = null)
    {
        var options = services.AddOptions<MirrorOptions>().BindConfiguration("Mirror").ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.AddSingleton<IValidateOptions<MirrorOptions>, MirrorOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<MirrorMetrics>();
        services.AddSingleton<LedgerMetrics>();
        services.AddSingleton<LedgerChains>();
        services.AddSingleton<LedgerBeginnings>();
        services.AddSingleton<LaneDirectory>();
        services.AddSingleton<SubjectServices>();
        services.AddSingleton<IActReader, ActReader>();
        services.AddKeyedSingleton<IGrainStorageSerializer, PythiaStateSerializer>(GrainStorage.Name);
        services.AddHostedService<MirrorStarter>();
        return services.AddPythiaTier();
    }

    /// <summary>
    /// Adds what stands between enclaves beside this silo and those who ask them: their appraisal and the reports to the directory. The host adds an
    /// <c>IEnclave</c> for each, and sections <c>Attestation</c> and <c>Collateral</c> where defaults don't fit.
    /// </summary>
    public static IServiceCollection AddPythiaTier(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddOptions<AttestationOptions>().BindConfiguration(AttestationOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<CollateralOptions>().BindConfiguration(CollateralOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<AttestationSetup>();
        services.AddSingleton<EnclaveDirectory>();
        services.AddSingleton<EnclaveFigures>();
        services.AddSingleton<EnclaveAppraiser>();
        services.AddHostedService<EnclaveReporter>();
        services.AddHostedService<CollateralRefresher>();
        return services.AddGrainEngine();
    }
}
