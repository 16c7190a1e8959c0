using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using Pythia.Embedded;

namespace Pythia.Compliance;

/// <summary>Memory, states kept as copies.</summary>
public sealed class MemoryStore : StoreHost
{
    public override bool KeepsOverRestart => false;

    protected override void Configure(ISiloBuilder silo)
    {
        silo.AddMemoryGrainStorage(Store);
        silo.UseInMemoryReminderService();
    }
}

/// <summary>SQLite files in a folder of their own.</summary>
public abstract class SqliteStore(int shards) : StoreHost
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pythia-compliance-");

    public override bool KeepsOverRestart => true;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    protected override void Configure(ISiloBuilder silo)
    {
        void Files(SqliteStorageOptions options) => (options.Path, options.Shards) = (Path.Combine(_folder.FullName, "grains.db"), shards);
        silo.Services.AddSingleton<IGrainStorageSerializer, Json>();
        silo.AddSqliteGrainStorage(Store, Files);
        silo.UseSqliteReminderService(Files);
    }

    private sealed class Json : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T input) => new(JsonSerializer.SerializeToUtf8Bytes(input));

        public T Deserialize<T>(BinaryData input) => JsonSerializer.Deserialize<T>(input)!;
    }
}

public sealed class OneFileStore() : SqliteStore(1);

public sealed class FiveFileStore() : SqliteStore(5);

public sealed class MemoryGrainStorageTests(MemoryStore store) : GrainStorageCompliance(store), IClassFixture<MemoryStore>;

public sealed class MemoryReminderTableTests(MemoryStore store) : ReminderTableCompliance(store), IClassFixture<MemoryStore>;

public sealed class OneFileGrainStorageTests(OneFileStore store) : GrainStorageCompliance(store), IClassFixture<OneFileStore>;

public sealed class OneFileReminderTableTests(OneFileStore store) : ReminderTableCompliance(store), IClassFixture<OneFileStore>;

public sealed class FiveFileGrainStorageTests(FiveFileStore store) : GrainStorageCompliance(store), IClassFixture<FiveFileStore>;

public sealed class FiveFileReminderTableTests(FiveFileStore store) : ReminderTableCompliance(store), IClassFixture<FiveFileStore>;
