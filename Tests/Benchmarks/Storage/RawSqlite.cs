using System.Buffers.Binary;
using Microsoft.Data.Sqlite;

namespace Pythia.Benchmarks.Storage;

/// <summary>The peer of the store: one connection, a prepared statement, the same journal and the same care (WAL, synchronous=FULL).</summary>
internal sealed class RawSqlite : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _write;
    private readonly byte[] _row = new byte[StorageBenchmark.RowBytes];
    private long _next;

    public RawSqlite(string path)
    {
        _connection = new SqliteConnection($"Data Source={path}");
        _connection.Open();
        Run("PRAGMA journal_mode=WAL");
        Run("PRAGMA synchronous=FULL");
        Run("CREATE TABLE rows (id INTEGER PRIMARY KEY, data BLOB NOT NULL)");
        _write = _connection.CreateCommand();
        _write.CommandText = "INSERT INTO rows (id, data) VALUES ($id, $data) ON CONFLICT DO UPDATE SET data = $data";
        _write.Parameters.Add("$id", SqliteType.Integer);
        _write.Parameters.AddWithValue("$data", _row);
        _write.Prepare();
    }

    /// <summary>Writes rows until then, so many in a transaction, over a thousand ids.</summary>
    public long Write(Measuring.Deadline until, int rowsInCommit)
    {
        var written = 0L;
        while (!until.HasPassed)
        {
            using var transaction = _connection.BeginTransaction();
            _write.Transaction = transaction;
            for (var i = 0; i < rowsInCommit; i++)
            {
                // Other bytes each time: SQLite does not write a row that stays as it is.
                BinaryPrimitives.WriteInt64LittleEndian(_row, ++_next);
                _write.Parameters[0].Value = _next % 1_000;
                _write.ExecuteNonQuery();
            }

            transaction.Commit();
            written += rowsInCommit;
        }

        return written;
    }

    public void Dispose()
    {
        _write.Dispose();
        _connection.Dispose();
    }

    private void Run(string statement)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }
}
