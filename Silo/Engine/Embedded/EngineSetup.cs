using Microsoft.Extensions.DependencyInjection;
using Pythia.Embedded;
using Pythia.Gateway.Health;
using Pythia.Grains.Storage;
using Pythia.Silo.Engine;
using Pythia.Silo.Hosting;

namespace Pythia.Silo;

/// <summary>All the C# that only the engine of one process needs.</summary>
internal static class EngineSetup
{
    /// <summary>Silo, enclave and gateway are one process.</summary>
    public static bool HostsGateway => true;

    public static void Configure(ISiloBuilder silo, DataFolder folder)
    {
        silo.AddSqliteGrainStorage(GrainStorage.Name, options => options.Path = folder.PathOf("grains.db"));
        silo.UseSqliteReminderService(options => options.Path = folder.PathOf("reminders.db"));
        silo.Services.AddSingleton<IHealthPart, StorageFilesHealth>();
    }
}
