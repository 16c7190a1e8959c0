using Orleans.Storage;

namespace Pythia.Compliance;

/// <summary>What grains here expect of any <see cref="IGrainStorage"/>. Keys are new in each test, so one store serves all.</summary>
public abstract class GrainStorageCompliance(StoreHost host)
{
    private const string Name = "record";

    private static readonly string[] OddKeys =
    [
        "a", "A", "a b", " a", "a/b", "a//b", "a'b", "a\"b", "a;b--", "a%b", "a_b", "a\\b", "a:b|c", "ä", "a\u0308", "日本", "😀", "a\tb", "a\nb", "a\0b", "a\0c", "{0}", "0", "00", "0x00", "null",
        new string('k', 900),
    ];

    private readonly string _run = $"{Guid.NewGuid():n}";

    [Fact]
    public async Task Read_NothingStored_LeavesNoRecord()
    {
        var state = await ReadAsync("missing");
        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
    }

    [Fact]
    public async Task Write_New_IsReadWithItsEtag()
    {
        var written = await WriteAsync("a", "one");
        Assert.True(written.RecordExists);
        Assert.False(string.IsNullOrEmpty(written.ETag));

        var read = await ReadAsync("a");
        Assert.Equal(("one", true, written.ETag), (read.State!.Text, read.RecordExists, read.ETag));
    }

    [Fact]
    public async Task Write_AgainAndAgain_GivesAnotherEtagEachTime()
    {
        var state = await WriteAsync("a", "0");
        var etags = new HashSet<string?> { state.ETag };
        for (var turn = 1; turn < 20; turn++)
        {
            state.State = new ComplianceRecord { Text = $"{turn}" };
            await host.Storage.WriteStateAsync(Name, Id("a"), state);
            Assert.True(etags.Add(state.ETag), $"etag {state.ETag} was given before");
        }

        Assert.Equal("19", (await ReadAsync("a")).State!.Text);
    }

    [Fact]
    public async Task Write_EtagOfAnotherWrite_IsRefusedAndChangesNothing()
    {
        await WriteAsync("a", "one");
        var (first, second) = (await ReadAsync("a"), await ReadAsync("a"));
        first.State!.Text = "first";
        await host.Storage.WriteStateAsync(Name, Id("a"), first);
        second.State!.Text = "second";
        var held = second.ETag;
        await Assert.ThrowsAsync<InconsistentStateException>(() => host.Storage.WriteStateAsync(Name, Id("a"), second));
        Assert.Equal(held, second.ETag);

        var read = await ReadAsync("a");
        Assert.Equal(("first", first.ETag), (read.State!.Text, read.ETag));
    }

    [Fact]
    public async Task Write_NewOverStored_IsRefusedAndChangesNothing()
    {
        await WriteAsync("a", "one");
        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync("a", "two"));
        Assert.Equal("one", (await ReadAsync("a")).State!.Text);
    }

    [Fact]
    public async Task Clear_Stored_LeavesNoRecordAndANewOneCanBeWritten()
    {
        var state = await WriteAsync("a", "one");
        await host.Storage.ClearStateAsync(Name, Id("a"), state);
        Assert.False(state.RecordExists);
        Assert.False((await ReadAsync("a")).RecordExists);

        state.State = new ComplianceRecord { Text = "again" };
        await host.Storage.WriteStateAsync(Name, Id("a"), state);
        Assert.Equal("again", (await ReadAsync("a")).State!.Text);
    }

    [Fact]
    public async Task Clear_NothingStored_IsNoFault()
    {
        var state = await ReadAsync("missing");
        await host.Storage.ClearStateAsync(Name, Id("missing"), state);
        Assert.False((await ReadAsync("missing")).RecordExists);
    }

    [Fact]
    public async Task Clear_EtagOfAnotherWrite_IsRefusedAndDeletesNothing()
    {
        await WriteAsync("a", "one");
        var (first, second) = (await ReadAsync("a"), await ReadAsync("a"));
        first.State!.Text = "first";
        await host.Storage.WriteStateAsync(Name, Id("a"), first);
        await Assert.ThrowsAsync<InconsistentStateException>(() => host.Storage.ClearStateAsync(Name, Id("a"), second));
        Assert.Equal("first", (await ReadAsync("a")).State!.Text);
    }

    [Fact]
    public async Task Write_EtagOfADeletedRecord_IsRefused()
    {
        await WriteAsync("a", "one");
        var (holder, deleter) = (await ReadAsync("a"), await ReadAsync("a"));
        await host.Storage.ClearStateAsync(Name, Id("a"), deleter);
        if (host.RefusesEtagOfDeleted)
        {
            await Assert.ThrowsAsync<InconsistentStateException>(() => host.Storage.WriteStateAsync(Name, Id("a"), holder));
            Assert.False((await ReadAsync("a")).RecordExists);
        }

        // Nor is it that of the next record.
        await WriteAsync("b", "one");
        var old = await ReadAsync("b");
        await host.Storage.ClearStateAsync(Name, Id("b"), await ReadAsync("b"));
        await WriteAsync("b", "next");
        await Assert.ThrowsAsync<InconsistentStateException>(() => host.Storage.WriteStateAsync(Name, Id("b"), old));
        Assert.Equal("next", (await ReadAsync("b")).State!.Text);
    }

    [Fact]
    public async Task Write_StatesOfOneGrainAndGrainsOfOneKey_AreApart()
    {
        await WriteAsync("a", "one");
        var other = new GrainState<ComplianceRecord>(new ComplianceRecord { Text = "other" });
        await host.Storage.WriteStateAsync("other", Id("a"), other);
        await host.Storage.WriteStateAsync(Name, GrainId.Create("compliance-other", $"{_run}/a"), new GrainState<ComplianceRecord>(new ComplianceRecord { Text = "type" }));
        await host.Storage.ClearStateAsync("other", Id("a"), other);
        Assert.Equal("one", (await ReadAsync("a")).State!.Text);
    }

    [Fact]
    public async Task Write_OddKeys_AreKeysOfTheirOwn()
    {
        foreach (var key in OddKeys) await WriteAsync(key, key);
        foreach (var key in OddKeys) Assert.Equal(key, (await ReadAsync(key)).State!.Text);
        Assert.False((await ReadAsync("a  b")).RecordExists);
        Assert.False((await ReadAsync("%")).RecordExists);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_096)]
    [InlineData(4_000_000)]
    public async Task Write_AnySize_IsReadToTheLastByte(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        var state = new GrainState<ComplianceRecord>(new ComplianceRecord { Text = "ä😀\0'\"", Bytes = bytes });
        await host.Storage.WriteStateAsync(Name, Id($"size {size}"), state);
        var read = await ReadAsync($"size {size}");
        Assert.Equal("ä😀\0'\"", read.State!.Text);
        Assert.True(bytes.AsSpan().SequenceEqual(read.State.Bytes));
    }

    [Fact]
    public async Task Write_ChangedAfterwards_StaysAsItWasWritten()
    {
        var state = await WriteAsync("a", "written");
        state.State!.Text = "changed";
        var read = await ReadAsync("a");
        Assert.Equal("written", read.State!.Text);
        read.State.Text = "changed too";
        Assert.Equal("written", (await ReadAsync("a")).State!.Text);
    }

    [Fact]
    public async Task Write_ManyWritersOfOneRecord_LoseNoUpdate()
    {
        await WriteAsync("counter", "");
        const int Writers = 8;
        const int Each = 10;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            for (var done = 0; done < Each;)
            {
                var state = await ReadAsync("counter");
                state.State!.Count++;
                try
                {
                    await host.Storage.WriteStateAsync(Name, Id("counter"), state);
                    done++;
                }
                catch (InconsistentStateException)
                {
                    // Another was first: read again.
                }
            }
        })));
        Assert.Equal(Writers * Each, (await ReadAsync("counter")).State!.Count);
    }

    [Fact]
    public async Task Write_ManyRecordsAtOnceWithOneRefused_TakesTheOthers()
    {
        await WriteAsync("many 7", "before");
        var taken = await Task.WhenAll(Enumerable.Range(0, 300).Select(number => Task.Run(async () =>
        {
            try
            {
                await WriteAsync($"many {number}", $"{number}");
                return true;
            }
            catch (InconsistentStateException)
            {
                return false;
            }
        })));
        Assert.Equal([7], Enumerable.Range(0, 300).Where(number => !taken[number]));
        for (var number = 0; number < 300; number++) Assert.Equal(number == 7 ? "before" : $"{number}", (await ReadAsync($"many {number}")).State!.Text);
    }

    [Fact]
    public async Task Restart_WithRecords_FindsThemWithTheirEtags()
    {
        var states = new List<GrainState<ComplianceRecord>>();
        for (var number = 0; number < 20; number++) states.Add(await WriteAsync($"kept {number}", $"{number}"));
        await host.Storage.ClearStateAsync(Name, Id("kept 3"), states[3]);
        await host.RestartAsync();
        if (!host.KeepsOverRestart) return;

        for (var number = 0; number < 20; number++)
        {
            var read = await ReadAsync($"kept {number}");
            Assert.Equal((number != 3, number == 3 ? null : $"{number}", states[number].ETag), (read.RecordExists, number == 3 ? null : read.State!.Text, read.ETag));
        }

        // An etag from before goes on, and stops nobody's.
        states[4].State = new ComplianceRecord { Text = "after" };
        await host.Storage.WriteStateAsync(Name, Id("kept 4"), states[4]);
        Assert.Equal("after", (await ReadAsync("kept 4")).State!.Text);
    }

    private GrainId Id(string key) => GrainId.Create("compliance", $"{_run}/{key}");

    private async Task<GrainState<ComplianceRecord>> ReadAsync(string key)
    {
        var state = new GrainState<ComplianceRecord>();
        await host.Storage.ReadStateAsync(Name, Id(key), state);
        return state;
    }

    private async Task<GrainState<ComplianceRecord>> WriteAsync(string key, string text)
    {
        var state = new GrainState<ComplianceRecord>(new ComplianceRecord { Text = text });
        await host.Storage.WriteStateAsync(Name, Id(key), state);
        return state;
    }
}
