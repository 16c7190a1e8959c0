using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Orleans.Runtime;
using SQLitePCL;

namespace Pythia.Embedded.Sqlite;

/// <summary>
/// One file: a writer thread that puts all writes which wait into one commit, and connections for readers. A write is done when its commit
/// is on the disk (WAL, synchronous=FULL), and what a reader then reads has it.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly string _connectionString;
    private readonly int _mostInCommit;
    private BlockingCollection<SqliteWrite> _queue = [];
    private FileStream? _lockFile;
    private SqliteConnection? _writer;
    private Thread? _thread;

    public SqliteDatabase(string path, int mostInCommit)
    {
        Path = path;
        _mostInCommit = mostInCommit;
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString();
    }

    public string Path { get; }

    /// <summary>Why the newest commit failed; null if it did not.</summary>
    public string? Trouble { get; private set; }

    /// <summary>The etag given last. Only the writer changes it.</summary>
    public long LastEtag { get; private set; }

    /// <summary>Whether nothing was ever stored in it.</summary>
    public bool IsUnused => LastEtag == 0;

    /// <summary>Opens the file and begins to write.</summary>
    /// <exception cref="DamagedStorageException">The file is no sound database.</exception>
    /// <exception cref="OrleansConfigurationException">Another process has it open, or another version wrote it.</exception>
    public void Open()
    {
        try
        {
            Start();
        }
        catch
        {
            Close();
            throw;
        }
    }

    /// <summary>Closes the file with everything in it that was queued. It can be opened again.</summary>
    public void Close()
    {
        _queue.CompleteAdding();
        _thread?.Join();
        _thread = null;
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }

        _writer?.Dispose();
        _writer = null;
        _lockFile?.Dispose();
        _lockFile = null;
    }

    public void Dispose()
    {
        Close();
        _queue.Dispose();
    }

    /// <summary>Which file of which store this is; null in a new file.</summary>
    public ShardMark? ReadMark() => Read(SqliteSchema.ReadMark);

    /// <summary>On the disk when this returns. Before anything else is written.</summary>
    public void WriteMark(ShardMark mark) => SqliteSchema.WriteMark(_writer!, mark);

    /// <summary>Queues a write. Its task is done when it is on the disk.</summary>
    public Task<TResult> WriteAsync<TResult>(SqliteWrite<TResult> write)
    {
        try
        {
            if (_thread is not null)
            {
                _queue.Add(write);
                return write.Done;
            }
        }
        catch (InvalidOperationException)
        {
            // Closed since.
        }

        throw new OrleansException($"storage file '{Path}' is not open");
    }

    /// <summary>Reads, on the calling thread.</summary>
    public TResult Read<TResult>(Func<SqliteConnection, TResult> read)
    {
        if (!_readers.TryTake(out var connection))
        {
            connection = Connect();
        }

        try
        {
            return read(connection);
        }
        catch (SqliteException exception) when (IsDamage(exception))
        {
            throw new DamagedStorageException(Path, exception.Message, exception);
        }
        finally
        {
            _readers.Add(connection);
        }
    }

    public long NextEtag() => ++LastEtag;

    private static bool IsDamage(SqliteException exception) => exception.SqliteErrorCode is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    private static long Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private void Start()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
        try
        {
            _lockFile = new FileStream(Path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new OrleansConfigurationException($"storage file '{Path}' is in use by another process: {exception.Message}", exception);
        }

        try
        {
            _writer = Connect();
            Check(_writer);
            Execute(_writer, SqliteSchema.Tables);
        }
        catch (SqliteException exception) when (IsDamage(exception))
        {
            throw new DamagedStorageException(Path, exception.Message, exception);
        }

        var version = Scalar(_writer, "SELECT version FROM schema_version");
        if (version != SqliteSchema.Version)
        {
            throw new OrleansConfigurationException($"storage file '{Path}': schema version {version} found, {SqliteSchema.Version} expected");
        }

        LastEtag = Scalar(_writer, "SELECT value FROM last_etag");
        _queue = [];
        _thread = new Thread(WriteAll) { IsBackground = true, Name = $"writer of {System.IO.Path.GetFileName(Path)}" };
        _thread.Start();
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            connection.Open();
            Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000;");
            return connection;
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            if (IsDamage(exception))
            {
                throw new DamagedStorageException(Path, exception.Message, exception);
            }

            throw;
        }
    }

    private void Check(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA quick_check(1)";
        if (command.ExecuteScalar() is string found && found != "ok")
        {
            throw new DamagedStorageException(Path, found);
        }
    }

    private void WriteAll()
    {
        var batch = new List<SqliteWrite>();
        using var commands = new SqliteCommands(_writer!);
        foreach (var first in _queue.GetConsumingEnumerable())
        {
            batch.Add(first);
            while (batch.Count < _mostInCommit && _queue.TryTake(out var next))
            {
                batch.Add(next);
            }

            Commit(batch, commands);
            batch.Clear();
        }
    }

    // All or nothing for the disk; a write that is refused (another etag) has changed nothing and is told so by itself.
    private void Commit(List<SqliteWrite> batch, SqliteCommands commands)
    {
        var etagBefore = LastEtag;
        try
        {
            commands.Begin();
            foreach (var write in batch)
            {
                write.Execute(this, commands);
            }

            commands.SetLastEtag(LastEtag);
            var started = SqliteMetrics.Now();
            commands.Commit();
            SqliteMetrics.Committed(System.IO.Path.GetFileName(Path), batch.Count, started);
            Trouble = null;
        }
        catch (Exception exception)
        {
            LastEtag = etagBefore;
            commands.TryRollBack();
            Trouble = exception.Message;
            SqliteMetrics.Failed(System.IO.Path.GetFileName(Path), batch.Count);
            foreach (var write in batch)
            {
                write.Fail(new OrleansException($"storage file '{Path}' took none of {batch.Count} writes: {exception.Message}", exception));
            }

            return;
        }

        foreach (var write in batch)
        {
            write.Succeed();
        }
    }
}
