using Microsoft.Data.Sqlite;
using Orleans.Runtime;
using SQLitePCL;

namespace Pythia.Embedded.Sqlite;

/// <summary>
/// Copies stores while silos write to them, as all their files were at one moment. Works from any process that may write to the folder: the
/// operating system's locks on the files are all it needs, and they end with the process.
/// </summary>
/// <remarks>
/// <code>
/// 1. every file's write lock is taken, in one order: commits wait, for milliseconds
/// 2. a read transaction is begun on every file
/// 3. the write locks are let go: commits go on, and what is read stays as it was
/// 4. the pages are copied, file by file, and each copy is checked
/// </code>
/// Until the copy is done, the logs (<c>-wal</c>) grow with what is written meanwhile. Source: sqlite.org, "Online Backup API", "Write-Ahead
/// Logging" (a read transaction sees the snapshot of its first read; one writer at a time holds the log's write lock).
/// </remarks>
public static class SqliteBackup
{
    /// <summary>Version of the files' tables: a copy with a higher one is of a later version of this program.</summary>
    public const int SchemaVersion = SqliteSchema.Version;

    private const int PagesAtOnce = 256;

    // A commit in another process takes milliseconds; a checkpoint of a large log some more.
    private const int LockPatienceSeconds = 60;

    /// <summary>The paths of a store's files, of which <paramref name="path"/> is the first.</summary>
    /// <exception cref="OrleansConfigurationException">There is no store, or another version wrote it.</exception>
    /// <exception cref="DamagedStorageException">A file is missing, damaged or of another store.</exception>
    public static IReadOnlyList<string> FindFiles(string path)
    {
        if (!File.Exists(path)) throw new OrleansConfigurationException($"storage file '{path}': nothing found, a store expected");

        var first = ReadMark(path) ?? throw new DamagedStorageException(path, "no mark found, that of a store's first file expected");
        if (first.Number != 0) throw new OrleansConfigurationException($"storage file '{path}': file {first.Number} of a store found, file 0 expected");

        var files = Enumerable.Range(0, first.Shards).Select(number => SqliteShards.PathOf(path, number)).ToList();
        for (var number = 1; number < files.Count; number++)
        {
            if (!File.Exists(files[number])) throw new DamagedStorageException(files[number], $"no file found, file {number} of store {first.Store} expected");
            if (ReadMark(files[number]) != first with { Number = number }) throw new DamagedStorageException(files[number], $"another found, file {number} of store {first.Store} expected");
        }

        return files;
    }

    /// <summary>Copies stores, all as they were at one moment.</summary>
    /// <param name="paths">The first file of each.</param>
    /// <param name="folder">A folder without files of these names.</param>
    /// <param name="progress">Told now and then.</param>
    /// <param name="cancellationToken">Ends it; what was copied by then is the caller's to remove.</param>
    /// <returns>The names of the files in <paramref name="folder"/>, sound and on the disk.</returns>
    public static IReadOnlyList<string> Copy(IEnumerable<string> paths, string folder, IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
        => Copy(paths, folder, progress, whileHeld: null, cancellationToken);

    /// <param name="whileHeld">Called between 2. and 3., for tests.</param>
    internal static IReadOnlyList<string> Copy(
        IEnumerable<string> paths, string folder, IProgress<BackupProgress>? progress, Action? whileHeld, CancellationToken cancellationToken)
    {
        var files = paths.SelectMany(FindFiles).Order(StringComparer.Ordinal).ToList();
        var readers = new List<SqliteConnection>();
        try
        {
            BeginReading(files, readers, whileHeld);
            for (var at = 0; at < files.Count; at++)
            {
                CopyPages(readers[at], files[at], Path.Combine(folder, Path.GetFileName(files[at])), progress, cancellationToken);
                readers[at].Dispose();
            }

            return [.. files.Select(file => Path.GetFileName(file))];
        }
        finally
        {
            foreach (var reader in readers)
            {
                reader.Dispose();
            }
        }
    }

    // 1. to 3.
    private static void BeginReading(List<string> files, List<SqliteConnection> readers, Action? whileHeld)
    {
        var writers = new List<SqliteConnection>();
        try
        {
            foreach (var file in files)
            {
                writers.Add(Connect(file));
                Run(writers[^1], "BEGIN IMMEDIATE");
            }

            foreach (var file in files)
            {
                readers.Add(Connect(file));
                Run(readers[^1], "BEGIN");
                Run(readers[^1], "SELECT COUNT(*) FROM schema_version");
            }

            whileHeld?.Invoke();
        }
        finally
        {
            // Closing rolls back; nothing was changed.
            foreach (var writer in writers)
            {
                writer.Dispose();
            }
        }
    }

    // 4. The backup reads in the transaction that its source is in already.
    private static void CopyPages(SqliteConnection source, string file, string copy, IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
    {
        using var target = Connect(copy, create: true);
        using (var backup = raw.sqlite3_backup_init(target.Handle, "main", source.Handle, "main"))
        {
            if (backup.IsInvalid) throw new SqliteException($"'{copy}': {raw.sqlite3_errmsg(target.Handle).utf8_to_string()}", raw.sqlite3_errcode(target.Handle));

            var result = raw.SQLITE_OK;
            while (result == raw.SQLITE_OK)
            {
                cancellationToken.ThrowIfCancellationRequested();
                result = raw.sqlite3_backup_step(backup, PagesAtOnce);
                var all = raw.sqlite3_backup_pagecount(backup);
                progress?.Report(new BackupProgress(Path.GetFileName(file), all - raw.sqlite3_backup_remaining(backup), all));
            }

            if (result != raw.SQLITE_DONE) throw new SqliteException($"'{file}': {raw.sqlite3_errmsg(target.Handle).utf8_to_string()}", result);
        }

        if (Scalar(target, "PRAGMA quick_check(1)") is string found && found != "ok") throw new DamagedStorageException(file, found);
    }

    private static ShardMark? ReadMark(string path)
    {
        try
        {
            using var connection = Connect(path);
            var version = (long)(Scalar(connection, "SELECT version FROM schema_version") ?? 0L);
            return version == SqliteSchema.Version
                ? SqliteSchema.ReadMark(connection)
                : throw new OrleansConfigurationException($"storage file '{path}': schema version {version} found, {SqliteSchema.Version} expected");
        }
        catch (SqliteException exception)
        {
            throw new DamagedStorageException(path, exception.Message, exception);
        }
    }

    private static SqliteConnection Connect(string path, bool create = false)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Pooling = false,
            DefaultTimeout = LockPatienceSeconds,
            Mode = create ? SqliteOpenMode.ReadWriteCreate : SqliteOpenMode.ReadWrite,
        }.ToString());
        try
        {
            connection.Open();
            Run(connection, $"PRAGMA synchronous=FULL; PRAGMA busy_timeout={LockPatienceSeconds * 1_000}");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Run(SqliteConnection connection, string sql) => Scalar(connection, sql);

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}

/// <summary>How far a copy is.</summary>
/// <param name="File">Name of the file that is copied.</param>
/// <param name="PagesDone">Of 4 KiB.</param>
/// <param name="Pages">Of this file.</param>
public readonly record struct BackupProgress(string File, int PagesDone, int Pages);
