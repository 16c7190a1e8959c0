using Pythia.Embedded;
using Pythia.Embedded.Sqlite;
using Pythia.Silo.Commands;
using Pythia.Silo.Hosting;

namespace Pythia.Silo;

/// <summary>The embedded engine's storage in a data folder: SQLite files.</summary>
internal static class EngineStorage
{
    /// <summary>States and reminders of all grains; the first file of the store.</summary>
    public const string FileName = "grains.db";

    public static int SchemaVersion => SqliteBackup.SchemaVersion;

    /// <summary>Copies the files as they are at one moment; gives their names.</summary>
    /// <exception cref="StartException">No store, or a damaged one.</exception>
    public static async Task<IReadOnlyList<string>> CopyAsync(string dataFolder, string target, Progress progress, CancellationToken cancellationToken)
        => await TranslateAsync(() => progress.RunAsync(
            "copying grains and reminders",
            () => Task.Run(() => SqliteBackup.Copy([Path.Combine(dataFolder, FileName)], target, new Steps(progress), cancellationToken), cancellationToken)));

    /// <summary>Sees that all files of the store are there.</summary>
    /// <exception cref="StartException">One is missing or of another store.</exception>
    public static void Check(string folder)
    {
        try
        {
            _ = SqliteBackup.FindFiles(Path.Combine(folder, FileName));
        }
        catch (Exception e) when (IsExpected(e))
        {
            throw new StartException(e.Message, e);
        }
    }

    private static async Task<T> TranslateAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (IsExpected(e))
        {
            throw new StartException(e.Message, e);
        }
    }

    private static bool IsExpected(Exception e) => e is OrleansConfigurationException or DamagedStorageException or Microsoft.Data.Sqlite.SqliteException;

    // A line a tenth of a file.
    private sealed class Steps(Progress progress) : IProgress<BackupProgress>
    {
        private (string File, int Tenth) _last = ("", 0);

        public void Report(BackupProgress value)
        {
            var tenth = value.Pages == 0 ? 10 : (int)(10L * value.PagesDone / value.Pages);
            if ((value.File, tenth) == _last) return;

            _last = (value.File, tenth);
            progress.Say($"  {value.File}: {value.PagesDone:N0} of {value.Pages:N0} pages");
        }
    }
}
