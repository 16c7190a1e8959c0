using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Placement;
using Orleans.Runtime.Hosting;
using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>The settings of the silo under test, the same on both engines.</summary>
internal static class TestSilo
{
    /// <summary>Short, since some tests wait for it to pass.</summary>
    public static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(5);

    public static void Configure(ISiloBuilder silo)
    {
        silo.Services.AddSingleton(TimeProvider.System);
        silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = ResponseTimeout);
        silo.Configure<GrainCollectionOptions>(options =>
        {
            options.CollectionQuantum = TimeSpan.FromSeconds(1);
            options.ClassSpecificCollectionAge[typeof(IdleGrain).FullName!] = TimeSpan.FromSeconds(2);
        });
        silo.Services.AddGrainStorage("fragile", static (_, _) => new FragileStorage());
        silo.AddGrainExtension<IPulseExtension, PulseExtension>();
        silo.AddActivityPropagation();
        silo.AddMemoryGrainStorage("pythia").AddMemoryGrainStorageAsDefault().UseInMemoryReminderService();
        silo.Services.AddPlacementFilter<OnlyHereStrategy, OnlyHereDirector>(ServiceLifetime.Singleton);
        silo.AddIncomingGrainCallFilter<MarkingFilter>();
        silo.AddOutgoingGrainCallFilter<CountingFilter>();
        silo.AddIncomingGrainCallFilter<FirstIncomingFilter>().AddIncomingGrainCallFilter<SecondIncomingFilter>().AddIncomingGrainCallFilter<MeddlingFilter>();
        silo.AddOutgoingGrainCallFilter<FirstOutgoingFilter>().AddOutgoingGrainCallFilter<SecondOutgoingFilter>();
    }
}
