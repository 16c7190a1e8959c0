using Pythia.Embedded;
using Pythia.Grains.Storage;

namespace Pythia.Tests.Support;

/// <summary>Storage that outlives a host: files in a folder.</summary>
internal static class DurableStorage
{
    public static void Configure(ISiloBuilder silo, string folder)
    {
        silo.AddSqliteGrainStorage(GrainStorage.Name, options => options.Path = Path.Combine(folder, "grains.db"));
        silo.UseSqliteReminderService(options => options.Path = Path.Combine(folder, "reminders.db"));
    }
}
