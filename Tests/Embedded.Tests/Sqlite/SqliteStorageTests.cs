using Orleans.Runtime;
using Orleans.Storage;

namespace Pythia.Embedded.Tests.Sqlite;

/// <summary>What is acknowledged is on the disk, and what is not acknowledged changed nothing.</summary>
public sealed class SqliteStorageTests : IDisposable
{
    private readonly StorageFile _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public async Task Read_NothingStored_LeavesNoRecord()
    {
        await using var store = await _file.OpenAsync();
        var state = await store.ReadAsync("none");
        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
    }

    [Fact]
    public async Task Write_ThenRead_GivesStateAndEtag()
    {
        await using var store = await _file.OpenAsync();
        var written = new GrainState<Note>(new Note("one"));
        await store.WriteAsync("a", written);
        var read = await store.ReadAsync("a");
        Assert.Equal(new Note("one"), read.State);
        Assert.Equal(written.ETag, read.ETag);
        Assert.True(read.RecordExists);
    }

    [Fact]
    public async Task Write_EtagOfAnotherWrite_IsRefusedAndChangesNothing()
    {
        await using var store = await _file.OpenAsync();
        await store.WriteAsync("a", new GrainState<Note>(new Note("one")));
        var (first, second) = (await store.ReadAsync("a"), await store.ReadAsync("a"));
        first.State = new Note("first");
        await store.WriteAsync("a", first);
        second.State = new Note("second");
        var refusal = await Assert.ThrowsAsync<InconsistentStateException>(() => store.WriteAsync("a", second));
        Assert.Equal(first.ETag, refusal.StoredEtag);
        Assert.Equal(second.ETag, refusal.CurrentEtag);
        Assert.Equal(new Note("first"), (await store.ReadAsync("a")).State);
    }

    [Fact]
    public async Task Write_NewOverStored_IsRefused()
    {
        await using var store = await _file.OpenAsync();
        await store.WriteAsync("a", new GrainState<Note>(new Note("one")));
        await Assert.ThrowsAsync<InconsistentStateException>(() => store.WriteAsync("a", new GrainState<Note>(new Note("two"))));
    }

    [Fact]
    public async Task Write_EtagOfADeletedRecord_IsRefused()
    {
        await using var store = await _file.OpenAsync();
        await store.WriteAsync("a", new GrainState<Note>(new Note("one")));
        var (holder, deleter) = (await store.ReadAsync("a"), await store.ReadAsync("a"));
        await store.Storage.ClearStateAsync("note", GrainId.Create("note", "a"), deleter);
        Assert.False(deleter.RecordExists);
        await store.WriteAsync("a", new GrainState<Note>(new Note("again")));
        await Assert.ThrowsAsync<InconsistentStateException>(() => store.WriteAsync("a", holder));
        Assert.Equal(new Note("again"), (await store.ReadAsync("a")).State);
    }

    [Fact]
    public async Task Write_ManyAtOnceWithOneRefused_TakesTheOthers()
    {
        await using var store = await _file.OpenAsync();
        await store.WriteAsync("7", new GrainState<Note>(new Note("before")));
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(async number =>
        {
            try
            {
                await store.WriteAsync($"{number}", new GrainState<Note>(new Note($"{number}")));
                return true;
            }
            catch (InconsistentStateException)
            {
                return false;
            }
        }));
        Assert.Equal([7], Enumerable.Range(0, 1_000).Where(number => !outcomes[number]));
        Assert.Equal(new Note("before"), (await store.ReadAsync("7")).State);
        Assert.Equal(new Note("999"), (await store.ReadAsync("999")).State);
    }

    [Fact]
    public async Task Write_Cancelled_ChangesNothing()
    {
        await using var store = await _file.OpenAsync();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.Storage.WriteStateAsync(
            "note", GrainId.Create("note", "a"), new GrainState<Note>(new Note("one")), cancelled.Token));
        Assert.False((await store.ReadAsync("a")).RecordExists);
    }

    [Fact]
    public async Task Open_AfterStop_HasEverythingAndGoesOnWithEtags()
    {
        string? etag;
        await using (var store = await _file.OpenAsync())
        {
            var state = new GrainState<Note>(new Note("kept"));
            await store.WriteAsync("a", state);
            etag = state.ETag;
        }

        await using var again = await _file.OpenAsync();
        var read = await again.ReadAsync("a");
        Assert.Equal((new Note("kept"), etag), (read.State, read.ETag));
        await again.WriteAsync("a", read);
        Assert.True(long.Parse(read.ETag!) > long.Parse(etag!));
    }

    [Fact]
    public async Task Open_AfterACrashAmongWrites_HasAllThatWereAcknowledged()
    {
        await using var store = await _file.OpenAsync();
        var acknowledged = 0;
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writers = Enumerable.Range(0, 8).Select(async writer =>
        {
            for (var number = 0; number < 200; number++)
            {
                await store.WriteAsync($"{writer}-{number}", new GrainState<Note>(new Note($"{number}")));
                if (Interlocked.Increment(ref acknowledged) == 400)
                {
                    enough.SetResult();
                }
            }

            return writer;
        }).ToArray();
        await enough.Task.WaitAsync(TimeSpan.FromSeconds(60));
        var atCrash = Volatile.Read(ref acknowledged);
        var copy = _file.CopyAsAfterCrash();
        await Task.WhenAll(writers);

        await using var after = await StorageFile.OpenAsync(copy);
        var found = 0;
        foreach (var (writer, number) in Enumerable.Range(0, 8).SelectMany(writer => Enumerable.Range(0, 200).Select(number => (writer, number))))
        {
            var state = await after.ReadAsync($"{writer}-{number}");
            if (state.RecordExists)
            {
                Assert.Equal(new Note($"{number}"), state.State);
                found++;
            }
        }

        Assert.InRange(found, atCrash, 1_600);
    }

    [Fact]
    public async Task Open_LastCommitTornOff_HasTheOnesBefore()
    {
        await using var store = await _file.OpenAsync();
        await store.WriteAsync("a", new GrainState<Note>(new Note("one")));
        var before = new FileInfo(_file.Path + "-wal").Length;
        await store.WriteAsync("b", new GrainState<Note>(new Note(new string('x', 20_000))));
        var copy = _file.CopyAsAfterCrash();
        using (var log = new FileStream(copy + "-wal", FileMode.Open))
        {
            Assert.True(log.Length > before);
            log.SetLength(log.Length - 1_000);
        }

        await using var after = await StorageFile.OpenAsync(copy);
        Assert.Equal(new Note("one"), (await after.ReadAsync("a")).State);
        Assert.False((await after.ReadAsync("b")).RecordExists);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Open_DamagedFile_RefusesToStartAndNamesIt(int page)
    {
        await using (var store = await _file.OpenAsync())
        {
            await Task.WhenAll(Enumerable.Range(0, 200).Select(number => store.WriteAsync($"{number}", new GrainState<Note>(new Note(new string('x', 500))))));
        }

        using (var file = new FileStream(_file.Path, FileMode.Open))
        {
            // At the end are rows that nothing reads at the start.
            file.Position = page == 0 ? 0 : file.Length - (4_096 * 8);
            file.Write(new byte[4_096 * 4]);
        }

        var refusal = await Assert.ThrowsAsync<DamagedStorageException>(_file.OpenAsync);
        Assert.Equal(_file.Path, refusal.Path);
        Assert.Contains(_file.Path, refusal.Message);
    }

    [Fact]
    public async Task Open_FileOfALaterVersion_IsRefused()
    {
        await using (await _file.OpenAsync())
        {
        }

        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_file.Path};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "UPDATE schema_version SET version = 99";
            Assert.Equal(1, command.ExecuteNonQuery());
        }

        var refusal = await Assert.ThrowsAsync<OrleansConfigurationException>(_file.OpenAsync);
        Assert.Contains("schema version 99", refusal.Message);
    }

    [Fact]
    public async Task Open_WhileAnotherHasIt_IsRefused()
    {
        await using var store = await _file.OpenAsync();
        var refusal = await Assert.ThrowsAsync<OrleansConfigurationException>(_file.OpenAsync);
        Assert.Contains("in use", refusal.Message);
    }

    [Fact]
    public async Task Start_WithoutPath_IsRefusedAndNamesTheSetting()
    {
        var refusal = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => StorageFile.OpenAsync(""));
        Assert.Contains(nameof(SqliteStorageOptions.Path), refusal.Message);
    }

    [Fact]
    public async Task Reminders_AfterStop_AreStillThere()
    {
        var grain = GrainId.Create("note", "a");
        var start = new DateTime(2100, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        string? etag;
        await using (var store = await _file.OpenAsync())
        {
            etag = await store.Reminders.UpsertRow(new ReminderEntry { GrainId = grain, ReminderName = "r", StartAt = start, Period = TimeSpan.FromHours(1) });
        }

        await using var again = await _file.OpenAsync();
        var row = Assert.Single((await again.Reminders.ReadRows(0, 0)).Reminders);
        Assert.Equal((grain, "r", start, TimeSpan.FromHours(1), etag), (row.GrainId, row.ReminderName, row.StartAt, row.Period, row.ETag));
        Assert.False(await again.Reminders.RemoveRow(grain, "r", "0"));
        Assert.True(await again.Reminders.RemoveRow(grain, "r", etag!));
        Assert.Null(await again.Reminders.ReadRow(grain, "r"));
    }
}
