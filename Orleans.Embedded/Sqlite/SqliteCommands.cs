using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Pythia.Embedded.Sqlite;

/// <summary>The writer's statements, compiled once and bound by position: a write costs its bytes and little else.</summary>
internal sealed class SqliteCommands(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, Statement> _compiled = [];

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
    /// <param name="sql">One statement.</param>
    /// <param name="values">Texts, whole numbers and bytes; in the same order each time that the statement is run.</param>
    public int Run(string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        Step(sql, values, read: null);
        return raw.sqlite3_changes(connection.Handle);
    }

    /// <summary>The first column of the first row, a whole number, or null.</summary>
    public long? Number(string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        long? found = null;
        Step(sql, values, statement => found = raw.sqlite3_column_int64(statement, 0));
        return found;
    }

    public void Dispose()
    {
        foreach (var statement in _compiled.Values)
        {
            statement.Compiled.Dispose();
        }
    }

    private void Step(string sql, ReadOnlySpan<(string Name, object Value)> values, Action<sqlite3_stmt>? read)
    {
        if (!_compiled.TryGetValue(sql, out var statement))
        {
            _compiled[sql] = statement = Compile(sql, values);
        }

        try
        {
            for (var at = 0; at < values.Length; at++)
            {
                Check(Bind(statement.Compiled, statement.Positions[at], values[at].Value));
            }

            var result = raw.sqlite3_step(statement.Compiled);
            if (result == raw.SQLITE_ROW) read?.Invoke(statement.Compiled);
            else if (result != raw.SQLITE_DONE) Check(result);
        }
        finally
        {
            // What the step said is repeated here, and was judged above.
            _ = raw.sqlite3_reset(statement.Compiled);
            _ = raw.sqlite3_clear_bindings(statement.Compiled);
        }
    }

    private Statement Compile(string sql, ReadOnlySpan<(string Name, object Value)> values)
    {
        Check(raw.sqlite3_prepare_v2(connection.Handle, sql, out var compiled));
        var positions = new int[values.Length];
        for (var at = 0; at < values.Length; at++)
        {
            positions[at] = raw.sqlite3_bind_parameter_index(compiled, values[at].Name);
            if (positions[at] == 0) throw new ArgumentException($"parameter '{values[at].Name}' found, one of the statement's expected: {sql}", nameof(values));
        }

        return new Statement(compiled, positions);
    }

    private static int Bind(sqlite3_stmt statement, int position, object value) => value switch
    {
        string text => raw.sqlite3_bind_text(statement, position, Encoding.UTF8.GetBytes(text)), // its length counts: a key may hold a zero
        byte[] bytes => bytes.Length == 0 ? raw.sqlite3_bind_zeroblob(statement, position, 0) : raw.sqlite3_bind_blob(statement, position, bytes),
        long number => raw.sqlite3_bind_int64(statement, position, number),
        _ => throw new ArgumentException($"a value of {value.GetType()} found, text, bytes or a whole number expected", nameof(value)),
    };

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, connection.Handle);

    private sealed record Statement(sqlite3_stmt Compiled, int[] Positions);
}
