using Orleans.Runtime;
using Pythia.Embedded.Sqlite;

namespace Pythia.Embedded.Tests.Sqlite;

/// <summary>A store of several files is one store: made whole or not at all, and never opened with other files or another number of them.</summary>
public sealed class SqliteShardTests : IDisposable
{
    private readonly StorageFile _three = new(shards: 3);

    public void Dispose() => _three.Dispose();

    // Stored grains lie by this hash: it may never change. Values from an FNV-1a and a MurmurHash3 finalizer written apart, in Python.
    [Theory]
    [InlineData("", 0xAB3E7C0Bu)]
    [InlineData("device/31337/0x00", 0x348D3356u)]
    [InlineData("intent/1/0xé", 0x454BEABAu)]
    public void Hash_KnownIds_IsPinned(string grain, uint hash) => Assert.Equal(hash, SqliteShards.Hash(grain));

    [Fact]
    public async Task Write_ManyGrains_SpreadsThemEvenlyAndFindsThemAgain()
    {
        await using (var store = await _three.OpenAsync())
        {
            await Task.WhenAll(Enumerable.Range(0, 600).Select(number => store.WriteAsync($"{number}", new GrainState<Note>(new Note($"{number}")))));
            await Task.WhenAll(Enumerable.Range(0, 60).Select(number => store.Reminders.UpsertRow(Reminder(number))));
        }

        foreach (var file in Files())
        {
            Assert.InRange(Count(file, "grain_state"), 150, 250);
            Assert.InRange(Count(file, "reminder"), 5, 40);
        }

        await using var again = await _three.OpenAsync();
        for (var number = 0; number < 600; number++) Assert.Equal(new Note($"{number}"), (await again.ReadAsync($"{number}")).State);
        Assert.Equal(60, (await again.Reminders.ReadRows(0, 0)).Reminders.Count);
        Assert.Equal("7", Assert.Single((await again.Reminders.ReadRows(GrainId.Create("note", "7"))).Reminders).ReminderName);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Open_WithAnotherNumberOfFiles_IsRefusedAndSaysWhatToDo(int shards)
    {
        await using (await _three.OpenAsync())
        {
        }

        var refusal = await Assert.ThrowsAsync<OrleansConfigurationException>(() => StorageFile.OpenAsync(_three.Path, shards));
        Assert.Contains(_three.Path, refusal.Message);
        Assert.Contains($"3 files found, {shards} configured", refusal.Message);
        Assert.Contains("set Shards to 3", refusal.Message);
    }

    [Fact]
    public async Task Open_FileMissing_IsRefusedAndNamesIt()
    {
        await using (await _three.OpenAsync())
        {
        }

        File.Delete(Files()[1]);
        var refusal = await Assert.ThrowsAsync<DamagedStorageException>(_three.OpenAsync);
        Assert.Equal(Files()[1], refusal.Path);
        Assert.False(File.Exists(Files()[1]));
    }

    [Fact]
    public async Task Open_FileOfAnotherStoreOrAnotherNumber_IsRefused()
    {
        using var other = new StorageFile(shards: 3);
        await using (await _three.OpenAsync())
        {
        }

        await using (await other.OpenAsync())
        {
        }

        var kept = await File.ReadAllBytesAsync(Files()[1]);
        File.Copy(SqliteShards.PathOf(other.Path, 1), Files()[1], overwrite: true);
        Assert.Contains("of store", (await Assert.ThrowsAsync<DamagedStorageException>(_three.OpenAsync)).Message);

        await File.WriteAllBytesAsync(Files()[1], kept);
        File.Copy(Files()[2], Files()[1], overwrite: true);
        Assert.Contains("file 2 of 3 of store", (await Assert.ThrowsAsync<DamagedStorageException>(_three.OpenAsync)).Message);

        await File.WriteAllBytesAsync(Files()[1], kept);
        File.Copy(Files()[1], Files()[0], overwrite: true);
        Assert.Contains("file 1 of a store found, file 0 expected", (await Assert.ThrowsAsync<OrleansConfigurationException>(_three.OpenAsync)).Message);
    }

    [Fact]
    public async Task Open_FirstFileGoneWhileOthersHaveStates_IsRefused()
    {
        await using (var store = await _three.OpenAsync())
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(number => store.WriteAsync($"{number}", new GrainState<Note>(new Note($"{number}")))));
        }

        File.Delete(Files()[0]);
        Assert.Contains("is new", (await Assert.ThrowsAsync<DamagedStorageException>(_three.OpenAsync)).Message);
    }

    [Fact]
    public async Task Open_AfterAnUnfinishedFirstStart_MakesTheStore()
    {
        await using (await _three.OpenAsync())
        {
        }

        // The first file's mark is written last: without that file, the first start had not ended.
        File.Delete(Files()[0]);
        await using var again = await _three.OpenAsync();
        await again.WriteAsync("a", new GrainState<Note>(new Note("one")));
        Assert.Equal(new Note("one"), (await again.ReadAsync("a")).State);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    public async Task Start_NumberOutOfRange_IsRefusedAndNamed(int shards)
        => Assert.Contains("Shards", (await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => StorageFile.OpenAsync(_three.Path, shards))).Message);

    private static ReminderEntry Reminder(int number) => new()
    {
        GrainId = GrainId.Create("note", $"{number}"),
        ReminderName = $"{number}",
        StartAt = new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        Period = TimeSpan.FromHours(1),
    };

    private string[] Files() => [_three.Path, SqliteShards.PathOf(_three.Path, 1), SqliteShards.PathOf(_three.Path, 2)];

    private static long Count(string file, string table)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT COUNT(*) FROM {table}";
        return (long)command.ExecuteScalar()!;
    }
}
