using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Runtime.Hosting;
using Orleans.Storage;
using Pythia.Embedded.Sqlite;

namespace Pythia.Embedded;

/// <summary>Durable stores and reminders of the embedded engine.</summary>
public static class SqliteSiloBuilderExtensions
{
    private const string Reminders = "reminders";

    /// <summary>Adds a store in a SQLite file.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The name that grains ask for. An <see cref="IGrainStorageSerializer"/> keyed by it, or one without key, makes the bytes.</param>
    /// <param name="configure">At least the path.</param>
    public static ISiloBuilder AddSqliteGrainStorage(this ISiloBuilder builder, string name, Action<SqliteStorageOptions> configure)
    {
        AddOptions(builder, name, configure);
        builder.Services.AddGrainStorage(name, static (services, name) => new SqliteGrainStorage(
            name,
            services.GetRequiredService<SqliteFiles>().Get(name),
            services.GetKeyedService<IGrainStorageSerializer>(name)
                ?? services.GetService<IGrainStorageSerializer>()
                ?? throw new OrleansConfigurationException(
                    $"store '{name}' has no serializer: register an {nameof(IGrainStorageSerializer)} keyed '{name}' or without key")));
        return builder;
    }

    /// <summary>Keeps reminders in a SQLite file, so that they outlive the process.</summary>
    public static ISiloBuilder UseSqliteReminderService(this ISiloBuilder builder, Action<SqliteStorageOptions> configure)
    {
        AddOptions(builder, Reminders, configure);
        builder.AddReminders();
        builder.Services.AddSingleton<IReminderTable>(services => new SqliteReminderTable(services.GetRequiredService<SqliteFiles>().Get(Reminders)));
        return builder;
    }

    private static void AddOptions(ISiloBuilder builder, string name, Action<SqliteStorageOptions> configure)
    {
        builder.Services.AddOptions<SqliteStorageOptions>(name).Configure(configure).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.TryAddSingleton<SqliteFiles>();
        builder.Services.TryAddSingleton<IStorageFiles>(services => services.GetRequiredService<SqliteFiles>());
    }
}

/// <summary>The stores of a silo, by the full path of their first file.</summary>
internal sealed class SqliteFiles(IOptionsMonitor<SqliteStorageOptions> options) : IStorageFiles, IDisposable
{
    private readonly ConcurrentDictionary<string, SqliteShards> _stores = new();
    private int _disposed;

    public IReadOnlyList<StorageFileTrouble> FindTroubles()
        => [.. from store in _stores.Values from file in store.Files let words = file.Trouble where words is not null select new StorageFileTrouble(file.Path, words)];

    public SqliteShards Get(string name)
    {
        var own = options.Get(name);
        var store = _stores.GetOrAdd(Path.GetFullPath(own.Path), static (path, own) => new SqliteShards(path, own.Shards, own.MostWritesInCommit), own);
        return store.Files.Count == own.Shards
            ? store
            : throw new OrleansConfigurationException($"storage file '{own.Path}': {own.Shards} files configured for '{name}', {store.Files.Count} for another with the same path");
    }

    // Registered by two names, a container disposes of it twice.
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        foreach (var store in _stores.Values)
        {
            store.Dispose();
        }
    }
}
