using Microsoft.Extensions.DependencyInjection;
using Pythia.Embedded;
using Pythia.Gateway.Health;
using Pythia.Grains.Storage;
using Pythia.Silo.Engine;
using Pythia.Silo.Hosting;
using Pythia.Silo.Options;

namespace Pythia.Silo;

/// <summary>All the C# that only the engine of one process needs.</summary>
internal static class EngineSetup
{
    /// <summary>Silo, enclave and gateway are one process.</summary>
    public static bool HostsGateway => true;

    // One store for both: a reminder and its grain are in the same file.
    public static void Configure(ISiloBuilder silo, DataFolder folder, SiloSettings settings)
    {
        void Store(SqliteStorageOptions options) => (options.Path, options.Shards) = (folder.PathOf(EngineStorage.FileName), settings.Data.Shards);
        silo.AddSqliteGrainStorage(GrainStorage.Name, Store);
        silo.UseSqliteReminderService(Store);
        silo.Services.AddSingleton<IHealthPart, StorageFilesHealth>();
    }
}
