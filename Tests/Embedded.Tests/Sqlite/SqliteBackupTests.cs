using Orleans.Runtime;
using Pythia.Embedded.Sqlite;

namespace Pythia.Embedded.Tests.Sqlite;

/// <summary>A copy made while a silo writes is the store as it was at one moment, over all its files.</summary>
public sealed class SqliteBackupTests : IDisposable
{
    private const int Chains = 6;
    private const int WritesACopy = 10;
    private readonly StorageFile _three = new(shards: 3);
    private readonly DirectoryInfo _copies = Directory.CreateTempSubdirectory("pythia-backup-");

    public void Dispose()
    {
        _three.Dispose();
        _copies.Delete(recursive: true);
    }

    // Each writer writes one key after the other, all over the files, and each only when the one before is on the disk. In a state of one
    // moment no key can be behind a later one.
    [Fact]
    public async Task Copy_WhileWritersGoOn_IsOfOneMomentAcrossTheFiles()
    {
        await using var store = await _three.OpenAsync();
        using var stop = new CancellationTokenSource();
        var written = new int[Chains];
        using var writes = new SemaphoreSlim(0);
        var writers = Enumerable.Range(0, Chains).Select(chain => Task.Run(() => WriteInTurnAsync(store, chain, written, writes, stop.Token))).ToArray();
        var most = 0;
        for (var copy = 0; copy < 12; copy++)
        {
            for (var i = 0; i < WritesACopy; i++) await writes.WaitAsync();
            var before = (int[])written.Clone();
            var folder = _copies.CreateSubdirectory($"{copy}").FullName;
            var files = SqliteBackup.Copy([_three.Path], folder, progress: null, CancellationToken.None);
            Assert.Equal(["grains.1.db", "grains.2.db", "grains.db"], files);
            Assert.Equal(files, Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));

            await using var copied = await StorageFile.OpenAsync(Path.Combine(folder, "grains.db"), shards: 3);
            for (var chain = 0; chain < Chains; chain++) most = Math.Max(most, await CheckAsync(copied, chain, before[chain]));
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
        Assert.True(most >= 12 * WritesACopy / Chains, $"writers got no further than {most}");
    }

    [Fact]
    public async Task Copy_UntilAllFilesAreRead_NoFileTakesAWrite()
    {
        await using (await _three.OpenAsync())
        {
        }

        var refused = 0;
        SqliteBackup.Copy([_three.Path], _copies.FullName, null, () => refused = SqliteBackup.FindFiles(_three.Path).Count(file => !TakesWrites(file)), CancellationToken.None);
        Assert.Equal(3, refused);
        Assert.All(SqliteBackup.FindFiles(_three.Path), file => Assert.True(TakesWrites(file)));
    }

    [Fact]
    public async Task Copy_OfAStoppedStore_IsTheStore()
    {
        await using (var store = await _three.OpenAsync())
        {
            await store.WriteAsync("a", new GrainState<Note>(new Note("kept")));
            await store.Reminders.UpsertRow(new ReminderEntry
            {
                GrainId = GrainId.Create("note", "a"),
                ReminderName = "r",
                StartAt = new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc),
                Period = TimeSpan.FromHours(1),
            });
        }

        var told = new List<BackupProgress>();
        SqliteBackup.Copy([_three.Path], _copies.FullName, new Told(told), CancellationToken.None);
        Assert.Contains(told, progress => progress.File == "grains.db" && progress.PagesDone == progress.Pages && progress.Pages > 0);
        await using var copied = await StorageFile.OpenAsync(Path.Combine(_copies.FullName, "grains.db"), shards: 3);
        Assert.Equal(new Note("kept"), (await copied.ReadAsync("a")).State);
        Assert.NotNull(await copied.Reminders.ReadRow(GrainId.Create("note", "a"), "r"));
    }

    [Fact]
    public void Copy_NoStore_IsRefusedAndNamesIt()
        => Assert.Contains("nowhere.db", Assert.Throws<OrleansConfigurationException>(
            () => SqliteBackup.Copy([Path.Combine(_copies.FullName, "nowhere.db")], _copies.FullName, null, CancellationToken.None)).Message);

    [Fact]
    public async Task Copy_FileMissingOrDamaged_IsRefusedAndNamesIt()
    {
        await using (var store = await _three.OpenAsync())
        {
            await Task.WhenAll(Enumerable.Range(0, 600).Select(number => store.WriteAsync($"{number}", new GrainState<Note>(new Note(new string('x', 500))))));
        }

        var second = SqliteShards.PathOf(_three.Path, 1);
        using (var file = new FileStream(second, FileMode.Open))
        {
            file.Position = file.Length - (4_096 * 8);
            file.Write(new byte[4_096 * 4]);
        }

        Assert.Equal(second, Assert.Throws<DamagedStorageException>(() => SqliteBackup.Copy([_three.Path], _copies.FullName, null, CancellationToken.None)).Path);
        File.Delete(second);
        Assert.Equal(second, Assert.Throws<DamagedStorageException>(() => SqliteBackup.Copy([_three.Path], _copies.FullName, null, CancellationToken.None)).Path);
    }

    private static bool TakesWrites(string file)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        return SQLitePCL.raw.sqlite3_exec(connection.Handle, "BEGIN IMMEDIATE") == SQLitePCL.raw.SQLITE_OK;
    }

    private static async Task WriteInTurnAsync(OpenStore store, int chain, int[] written, SemaphoreSlim writes, CancellationToken stop)
    {
        for (var number = 0; !stop.IsCancellationRequested; number++)
        {
            await store.WriteAsync($"{chain}-{number}", new GrainState<Note>(new Note($"{number}")));
            Volatile.Write(ref written[chain], number + 1);
            writes.Release();
        }
    }

    // How many are there: all up to some number that is not below what was acknowledged, and none above.
    private static async Task<int> CheckAsync(OpenStore copied, int chain, int acknowledged)
    {
        var count = 0;
        while ((await copied.ReadAsync($"{chain}-{count}")).RecordExists) count++;
        Assert.True(count >= acknowledged, $"chain {chain}: {count} found, {acknowledged} were acknowledged before");
        for (var later = count + 1; later < count + 40; later++)
        {
            Assert.False((await copied.ReadAsync($"{chain}-{later}")).RecordExists, $"chain {chain}: {later} found without {count}");
        }

        return count;
    }

    private sealed class Told(List<BackupProgress> told) : IProgress<BackupProgress>
    {
        public void Report(BackupProgress value) => told.Add(value);
    }
}
