using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Pythia.Embedded.Sqlite;

/// <summary>The writer's statements, compiled once.</summary>
internal sealed class SqliteCommands(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _compiled = [];

    /// <summary>False once an error has ended the transaction.</summary>
    public bool IsInTransaction => raw.sqlite3_get_autocommit(connection.Handle) == 0;

    public void Begin() => Run("BEGIN IMMEDIATE");

    public void Commit() => Run("COMMIT");

    /// <summary>SQLite may have rolled back by itself.</summary>
    public void TryRollBack()
    {
        try
        {
            Run("ROLLBACK");
        }
        catch (SqliteException)
        {
            // No transaction is open: nothing is left to undo.
        }
    }

    public void SetLastEtag(long value) => Run("UPDATE last_etag SET value = $value", ("$value", value));

    /// <summary>The number of rows that changed.</summary>
    public int Run(string sql, params ReadOnlySpan<(string Name, object Value)> values) => Prepared(sql, values).ExecuteNonQuery();

    /// <summary>The first column of the first row, or null.</summary>
    public object? Scalar(string sql, params ReadOnlySpan<(string Name, object Value)> values) => Prepared(sql, values).ExecuteScalar();

    public void Dispose()
    {
        foreach (var command in _compiled.Values)
        {
            command.Dispose();
        }
    }

    private SqliteCommand Prepared(string sql, ReadOnlySpan<(string Name, object Value)> values)
    {
        if (!_compiled.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            foreach (var (name, _) in values)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = name });
            }

            _compiled[sql] = command;
        }

        for (var at = 0; at < values.Length; at++)
        {
            command.Parameters[at].Value = values[at].Value;
        }

        return command;
    }
}
