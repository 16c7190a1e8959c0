using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Statistics;
using Orleans.Timers;
using Pythia.Embedded.Diagnostics;

namespace Pythia.Embedded.Runtime;

/// <summary>The services of a silo.</summary>
internal static class SiloServices
{
    public static void Add(IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(SiloRuntime)))
        {
            return;
        }

        services.AddOptions();
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSerializer();
        services.AddSingleton<SiloLog>();
        services.AddMetrics();
        services.AddSingleton<SiloInstruments>();
        services.TryAddSingleton<IEnvironmentStatisticsProvider, ProcessStatistics>();
        services.AddSingleton<SiloRuntime>();
        services.AddSingleton<ILocalSiloDetails, SiloDetails>();
        services.AddSingleton<IClusterClient>(provider => provider.GetRequiredService<SiloRuntime>().Factory);
        services.AddSingleton<IGrainFactory>(provider => provider.GetRequiredService<SiloRuntime>().Factory);
        services.AddSingleton<ITimerRegistry, TimerRegistry>();
        services.AddSingleton<IGrainRuntime, GrainRuntime>();
        services.AddSingleton<IGrainContextAccessor, GrainContextAccessor>();
        services.AddTransient(provider => provider.GetRequiredService<IGrainContextAccessor>().GrainContext);
        services.AddSingleton<IPersistentStateFactory, PersistentStates>();
        services.AddSingleton<SiloLifecycle>();
        services.AddSingleton<ISiloLifecycleSubject>(provider => provider.GetRequiredService<SiloLifecycle>());
        services.AddSingleton<ISiloLifecycle>(provider => provider.GetRequiredService<SiloLifecycle>());
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<SiloRuntime>());
        services.AddHostedService<SiloHostedService>();
    }

    public static void AddReminders(IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(IReminderRegistry)))
        {
            return;
        }

        services.AddSingleton<ReminderService>();
        services.AddSingleton<IReminderRegistry>(provider => provider.GetRequiredService<ReminderService>());
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<ReminderService>());
    }
}

/// <summary>Starts and stops the silo with its host. A start that fails stops what had started.</summary>
internal sealed class SiloHostedService(SiloLifecycle lifecycle, IEnumerable<ILifecycleParticipant<ISiloLifecycle>> participants) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var participant in participants)
        {
            participant.Participate(lifecycle);
        }

        try
        {
            await lifecycle.StartAsync(cancellationToken);
        }
        catch
        {
            await lifecycle.StopAsync(CancellationToken.None);
            throw;
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => lifecycle.StopAsync(cancellationToken);
}
