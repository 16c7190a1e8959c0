using Microsoft.Data.Sqlite;

namespace Pythia.Embedded.Sqlite;

/// <summary>What is in a storage file.</summary>
internal static class SqliteSchema
{
    /// <summary>Of the tables below. A file with a higher one is of a later version of this program, and is refused.</summary>
    public const int Version = 2;

    public static readonly string Tables = $"""
        CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS shard (store_id BLOB NOT NULL, number INTEGER NOT NULL, shards INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS last_etag (value INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS grain_state (
            store TEXT NOT NULL, name TEXT NOT NULL, grain TEXT NOT NULL, etag INTEGER NOT NULL, data BLOB NOT NULL,
            PRIMARY KEY (grain, name, store));
        CREATE TABLE IF NOT EXISTS reminder (
            grain TEXT NOT NULL, name TEXT NOT NULL, start_at INTEGER NOT NULL, period INTEGER NOT NULL, etag INTEGER NOT NULL,
            PRIMARY KEY (grain, name)) WITHOUT ROWID;
        INSERT INTO schema_version SELECT {Version} WHERE NOT EXISTS (SELECT 1 FROM schema_version);
        INSERT INTO last_etag SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM last_etag);
        """;

    public static ShardMark? ReadMark(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT store_id, number, shards FROM shard";
        using var reader = command.ExecuteReader();
        return reader.Read() ? new ShardMark(new Guid((byte[])reader.GetValue(0), bigEndian: true), reader.GetInt32(1), reader.GetInt32(2)) : null;
    }

    public static void WriteMark(SqliteConnection connection, ShardMark mark)
    {
        using var transaction = connection.BeginTransaction();
        using var command = connection.CreateCommand();
        command.CommandText = "DELETE FROM shard; INSERT INTO shard (store_id, number, shards) VALUES ($id, $number, $shards)";
        command.Parameters.AddWithValue("$id", mark.Store.ToByteArray(bigEndian: true));
        command.Parameters.AddWithValue("$number", mark.Number);
        command.Parameters.AddWithValue("$shards", mark.Shards);
        command.ExecuteNonQuery();
        transaction.Commit();
    }
}

/// <summary>Stands in each file of a store.</summary>
/// <param name="Store">Random, the same in all files of one store.</param>
/// <param name="Number">Of this file, from 0.</param>
/// <param name="Shards">How many files the store has: fixed when it was made, since it decides which grain is where.</param>
internal sealed record ShardMark(Guid Store, int Number, int Shards);
