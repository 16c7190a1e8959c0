using Pythia.Embedded;
using Pythia.Grains.Storage;

namespace Pythia.Tests.Support;

/// <summary>Storage that outlives a host: files in a folder.</summary>
internal static class DurableStorage
{
    /// <summary>The first file of each store.</summary>
    public static string[] Files(string folder) => [Path.Combine(folder, "grains.db"), Path.Combine(folder, "reminders.db")];

    public static void Configure(ISiloBuilder silo, string folder)
    {
        silo.AddSqliteGrainStorage(GrainStorage.Name, options => options.Path = Path.Combine(folder, "grains.db"));
        silo.UseSqliteReminderService(options => options.Path = Path.Combine(folder, "reminders.db"));
    }
}
