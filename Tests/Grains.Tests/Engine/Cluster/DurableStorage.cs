using System.Collections.Concurrent;
using Orleans.Runtime.Hosting;
using Pythia.Grains.Storage;

namespace Pythia.Tests.Support;

/// <summary>Storage that outlives a host: in this process, by folder.</summary>
internal static class DurableStorage
{
    private static readonly ConcurrentDictionary<string, TestStorage> Stores = new();

    public static void Configure(ISiloBuilder silo, string folder)
    {
        silo.Services.AddGrainStorage(GrainStorage.Name, (_, _) => Stores.GetOrAdd(folder, _ => new TestStorage(new PythiaStateSerializer())));
        silo.UseInMemoryReminderService();
    }
}
