using System.Globalization;
using Microsoft.Data.Sqlite;
using Orleans.Runtime;
using Pythia.Embedded.Runtime;

namespace Pythia.Embedded.Sqlite;

/// <summary>Reminders in SQLite files: they outlive the process.</summary>
internal sealed class SqliteReminderTable(SqliteShards shards) : IReminderTable
{
    private const string Columns = "SELECT grain, name, start_at, period, etag FROM reminder";

    private const string Upsert = """
        INSERT INTO reminder (grain, name, start_at, period, etag) VALUES ($grain, $name, $start, $period, $etag)
        ON CONFLICT DO UPDATE SET start_at = $start, period = $period, etag = $etag
        """;

    private const string Delete = "DELETE FROM reminder WHERE grain = $grain AND name = $name AND etag = $held";

    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        shards.Open();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken = default)
    {
        shards.Close();
        return Task.CompletedTask;
    }

    public Task<ReminderTableData> ReadRows(GrainId grainId)
        => Task.FromResult(new ReminderTableData(Rows(grainId, Columns + " WHERE grain = $grain", ("$grain", grainId.ToString()))));

    public Task<ReminderTableData> ReadRows(uint begin, uint end)
        => Task.FromResult(new ReminderTableData(shards.Files.SelectMany(file => file.Read(static connection => Rows(connection, Columns, []))).Where(row => ReminderRange.Contains(begin, end, row.GrainId))));

    public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName)
        => Task.FromResult(Rows(grainId, Columns + " WHERE grain = $grain AND name = $name", ("$grain", grainId.ToString()), ("$name", reminderName)).SingleOrDefault());

    public async Task<string?> UpsertRow(ReminderEntry entry)
    {
        var (grain, name, start, period) = (entry.GrainId.ToString(), entry.ReminderName, entry.StartAt.Ticks, entry.Period.Ticks);
        return entry.ETag = await shards.Of(entry.GrainId).WriteAsync(new SqliteWrite<string>(
            (file, commands) =>
            {
                var etag = file.NextEtag();
                commands.Run(Upsert, ("$grain", grain), ("$name", name), ("$start", start), ("$period", period), ("$etag", etag));
                return etag.ToString(CultureInfo.InvariantCulture);
            },
            CancellationToken.None));
    }

    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag)
    {
        var (grain, held) = (grainId.ToString(), long.Parse(eTag, CultureInfo.InvariantCulture));
        return shards.Of(grainId).WriteAsync(new SqliteWrite<bool>(
            (_, commands) => commands.Run(Delete, ("$grain", grain), ("$name", reminderName), ("$held", held)) == 1, CancellationToken.None));
    }

    public Task TestOnlyClearTable()
        => Task.WhenAll(shards.Files.Select(file => file.WriteAsync(new SqliteWrite<int>((_, commands) => commands.Run("DELETE FROM reminder"), CancellationToken.None))));

    private List<ReminderEntry> Rows(GrainId grain, string sql, params (string Name, object Value)[] values)
        => shards.Of(grain).Read(connection => Rows(connection, sql, values));

    private static List<ReminderEntry> Rows(SqliteConnection connection, string sql, (string Name, object Value)[] values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
        {
            command.Parameters.AddWithValue(name, value);
        }

        var rows = new List<ReminderEntry>();
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            rows.Add(new ReminderEntry
            {
                GrainId = GrainId.Parse(reader.GetString(0)),
                ReminderName = reader.GetString(1),
                StartAt = new DateTime(reader.GetInt64(2), DateTimeKind.Utc),
                Period = TimeSpan.FromTicks(reader.GetInt64(3)),
                ETag = reader.GetInt64(4).ToString(CultureInfo.InvariantCulture),
            });
        }

        return rows;
    }
}
