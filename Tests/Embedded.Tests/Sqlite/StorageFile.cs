using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Storage;

namespace Pythia.Embedded.Tests.Sqlite;

/// <summary>A folder with one storage file, which silos of a test open one after the other.</summary>
public sealed class StorageFile(int shards = 1) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pythia-sqlite-");

    public string Path => System.IO.Path.Combine(_folder.FullName, "grains.db");

    /// <summary>Starts a silo whose store "pythia" and reminders are in the file.</summary>
    public Task<OpenStore> OpenAsync() => OpenAsync(Path, shards);

    public static async Task<OpenStore> OpenAsync(string path, int shards = 1)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo =>
        {
            silo.Services.AddKeyedSingleton<IGrainStorageSerializer, JsonBytes>("pythia");
            silo.AddSqliteGrainStorage("pythia", options => (options.Path, options.Shards) = (path, shards));
            silo.UseSqliteReminderService(options => (options.Path, options.Shards) = (path, shards));
        });
        var host = builder.Build();
        try
        {
            await host.StartAsync();
        }
        catch
        {
            host.Dispose();
            throw;
        }

        return new OpenStore(host);
    }

    /// <summary>The files as they are on the disk at this moment: what a crash would leave.</summary>
    public string CopyAsAfterCrash()
    {
        var copy = System.IO.Path.Combine(_folder.CreateSubdirectory("after-crash").FullName, "grains.db");
        foreach (var ending in new[] { "", "-wal" })
        {
            File.Copy(Path + ending, copy + ending);
        }

        return copy;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private sealed class JsonBytes : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T input) => new(JsonSerializer.SerializeToUtf8Bytes(input));

        public T Deserialize<T>(BinaryData input) => JsonSerializer.Deserialize<T>(input)!;
    }
}

/// <summary>A silo on a storage file.</summary>
public sealed class OpenStore(IHost host) : IAsyncDisposable
{
    public IGrainStorage Storage => host.Services.GetRequiredKeyedService<IGrainStorage>("pythia");

    public IReminderTable Reminders => host.Services.GetRequiredService<IReminderTable>();

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }

    public Task WriteAsync(string key, GrainState<Note> state) => Storage.WriteStateAsync("note", GrainId.Create("note", key), state);

    public async Task<GrainState<Note>> ReadAsync(string key)
    {
        var state = new GrainState<Note>();
        await Storage.ReadStateAsync("note", GrainId.Create("note", key), state);
        return state;
    }
}

public sealed record Note(string Text);
