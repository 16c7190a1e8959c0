using System.Globalization;
using Microsoft.Data.Sqlite;
using Orleans.Runtime;
using Orleans.Storage;

namespace Pythia.Embedded.Sqlite;

/// <summary>States of grains in SQLite files. An etag is a number that no other write to its file has, then or later.</summary>
internal sealed class SqliteGrainStorage(string name, SqliteShards shards, IGrainStorageSerializer serializer)
    : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    private const string Insert = """
        INSERT INTO grain_state (store, name, grain, etag, data) VALUES ($store, $name, $grain, $etag, $data) ON CONFLICT DO NOTHING
        """;

    private const string Update = """
        UPDATE grain_state SET etag = $etag, data = $data WHERE grain = $grain AND name = $name AND store = $store AND etag = $held
        """;

    private const string Delete = "DELETE FROM grain_state WHERE grain = $grain AND name = $name AND store = $store AND etag = $held";
    private const string SelectEtag = "SELECT etag FROM grain_state WHERE grain = $grain AND name = $name AND store = $store";
    private const string Select = "SELECT etag, data FROM grain_state WHERE grain = $grain AND name = $name AND store = $store";

    public void Participate(ISiloLifecycle lifecycle)
        => lifecycle.Subscribe<SqliteGrainStorage>(
            ServiceLifecycleStage.RuntimeStorageServices,
            _ =>
            {
                shards.Open();
                return Task.CompletedTask;
            },
            _ =>
            {
                shards.Close();
                return Task.CompletedTask;
            });

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var record = shards.Of(grainId).Read(connection => Find(connection, stateName, grainId.ToString()));
        grainState.RecordExists = record is not null;
        grainState.ETag = record?.Etag;
        grainState.State = record is null ? default : serializer.Deserialize<T>(new BinaryData(record.Data));
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        => WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        // Made in the grain's turn: later changes are not in it.
        var data = Bytes(serializer.Serialize(grainState.State!));
        var held = grainState.ETag;
        grainState.ETag = await shards.Of(grainId).WriteAsync(new SqliteWrite<string>(
            (file, commands) => Store(file, commands, stateName, grainId, held, data), cancellationToken));
        grainState.RecordExists = true;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        => ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var held = grainState.ETag;
        await shards.Of(grainId).WriteAsync(new SqliteWrite<bool>((_, commands) => Remove(commands, stateName, grainId, held), cancellationToken));
        grainState.ETag = null;
        grainState.RecordExists = false;
        grainState.State = default;
    }

    // A BLOB parameter is written whole, so the array must be no longer than the data.
    private static byte[] Bytes(BinaryData data)
        => System.Runtime.InteropServices.MemoryMarshal.TryGetArray(data.ToMemory(), out var whole)
            && whole.Array is { } array && whole.Offset == 0 && whole.Count == array.Length
                ? array
                : data.ToArray();

    private string Store(SqliteDatabase file, SqliteCommands commands, string stateName, GrainId grainId, string? held, byte[] data)
    {
        var grain = grainId.ToString();
        var etag = file.NextEtag();
        var changed = held is null
            ? commands.Run(Insert, ("$store", name), ("$name", stateName), ("$grain", grain), ("$etag", etag), ("$data", data))
            : commands.Run(Update, ("$store", name), ("$name", stateName), ("$grain", grain), ("$etag", etag), ("$data", data), ("$held", Number(held)));
        return changed == 1 ? etag.ToString(CultureInfo.InvariantCulture) : throw Conflict(commands, stateName, grain, held);
    }

    private bool Remove(SqliteCommands commands, string stateName, GrainId grainId, string? held)
    {
        var grain = grainId.ToString();
        var isAsHeld = held is null
            ? commands.Number(SelectEtag, ("$store", name), ("$name", stateName), ("$grain", grain)) is null
            : commands.Run(Delete, ("$store", name), ("$name", stateName), ("$grain", grain), ("$held", Number(held))) == 1;
        return isAsHeld ? true : throw Conflict(commands, stateName, grain, held);
    }

    private InconsistentStateException Conflict(SqliteCommands commands, string stateName, string grain, string? held)
    {
        var stored = commands.Number(SelectEtag, ("$store", name), ("$name", stateName), ("$grain", grain))?.ToString(CultureInfo.InvariantCulture);
        return new InconsistentStateException(
            $"state '{stateName}' of '{grain}' in '{name}': etag {held ?? "none"} found, {stored ?? "none"} expected", stored, held);
    }

    private static long Number(string etag) => long.TryParse(etag, CultureInfo.InvariantCulture, out var number) ? number : -1;

    private Record? Find(SqliteConnection connection, string stateName, string grain)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Select;
        command.Parameters.AddWithValue("$grain", grain);
        command.Parameters.AddWithValue("$name", stateName);
        command.Parameters.AddWithValue("$store", name);
        using var reader = command.ExecuteReader();
        return reader.Read()
            ? new Record(reader.GetInt64(0).ToString(CultureInfo.InvariantCulture), (byte[])reader.GetValue(1))
            : null;
    }

    private sealed record Record(string Etag, byte[] Data);
}
