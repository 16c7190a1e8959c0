namespace Pythia.Compliance;

/// <summary>What the engine expects of any <see cref="IReminderTable"/>. Grains are new in each test, so one table serves all.</summary>
public abstract class ReminderTableCompliance(StoreHost host)
{
    private static readonly DateTime Start = new(2100, 1, 2, 3, 4, 5, DateTimeKind.Utc);
    private readonly string _run = $"{Guid.NewGuid():n}";

    [Fact]
    public async Task Upsert_New_IsReadAsItWasWritten()
    {
        var etag = await host.Reminders.UpsertRow(Entry("a", "r"));
        Assert.False(string.IsNullOrEmpty(etag));
        var row = await host.Reminders.ReadRow(Grain("a"), "r");
        Assert.Equal((Grain("a"), "r", Start, TimeSpan.FromHours(1), etag), (row!.GrainId, row.ReminderName, row.StartAt, row.Period, row.ETag));
        Assert.Equal(DateTimeKind.Utc, row.StartAt.Kind);
    }

    [Fact]
    public async Task ReadRow_NothingThere_IsNull()
    {
        await host.Reminders.UpsertRow(Entry("a", "r"));
        Assert.Null(await host.Reminders.ReadRow(Grain("a"), "R"));
        Assert.Null(await host.Reminders.ReadRow(Grain("b"), "r"));
    }

    [Fact]
    public async Task Upsert_Again_ReplacesAndGivesAnotherEtag()
    {
        var first = await host.Reminders.UpsertRow(Entry("a", "r"));
        var changed = Entry("a", "r");
        (changed.StartAt, changed.Period) = (Start.AddDays(1), TimeSpan.FromMinutes(90));
        var second = await host.Reminders.UpsertRow(changed);
        Assert.NotEqual(first, second);
        var row = Assert.Single((await host.Reminders.ReadRows(Grain("a"))).Reminders);
        Assert.Equal((Start.AddDays(1), TimeSpan.FromMinutes(90), second), (row.StartAt, row.Period, row.ETag));
    }

    [Fact]
    public async Task Remove_ByEtag_RemovesThatOnly()
    {
        var old = await host.Reminders.UpsertRow(Entry("a", "r"));
        var etag = await host.Reminders.UpsertRow(Entry("a", "r"));
        await host.Reminders.UpsertRow(Entry("a", "other"));
        Assert.False(await host.Reminders.RemoveRow(Grain("a"), "r", old!));
        Assert.True(await host.Reminders.RemoveRow(Grain("a"), "r", etag!));
        Assert.False(await host.Reminders.RemoveRow(Grain("a"), "r", etag!));
        Assert.Equal("other", Assert.Single((await host.Reminders.ReadRows(Grain("a"))).Reminders).ReminderName);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a'b")]
    [InlineData("a/b")]
    [InlineData("ä😀")]
    [InlineData("%")]
    [InlineData("_")]
    public async Task Upsert_OddNames_AreNamesOfTheirOwn(string name)
    {
        await host.Reminders.UpsertRow(Entry(name, name));
        await host.Reminders.UpsertRow(Entry(name, name + " "));
        Assert.Equal(name, (await host.Reminders.ReadRow(Grain(name), name))!.ReminderName);
        Assert.Equal(2, (await host.Reminders.ReadRows(Grain(name))).Reminders.Count);
    }

    [Fact]
    public async Task ReadRows_Ranges_HaveEachRowOnce()
    {
        await Task.WhenAll(Enumerable.Range(0, 60).Select(number => host.Reminders.UpsertRow(Entry($"range {number}", "r"))));
        (uint Begin, uint End)[] ranges = [(0, 0x40000000), (0x40000000, 0x80000000), (0x80000000, 0xC0000000), (0xC0000000, 0)];
        var seen = new List<GrainId>();
        foreach (var (begin, end) in ranges)
        {
            var rows = (await host.Reminders.ReadRows(begin, end)).Reminders.Where(row => row.GrainId.ToString().Contains(_run, StringComparison.Ordinal)).ToList();
            Assert.NotEmpty(rows);
            seen.AddRange(rows.Select(row => row.GrainId));
        }

        Assert.Equal(60, seen.Count);
        Assert.Equal(60, seen.Distinct().Count());
    }

    [Fact]
    public async Task Restart_WithRows_FindsThem()
    {
        var etag = await host.Reminders.UpsertRow(Entry("kept", "r"));
        await host.RestartAsync();
        if (!host.KeepsOverRestart) return;

        Assert.Equal(etag, (await host.Reminders.ReadRow(Grain("kept"), "r"))!.ETag);
        Assert.True(await host.Reminders.RemoveRow(Grain("kept"), "r", etag!));
    }

    private GrainId Grain(string key) => GrainId.Create("compliance", $"{_run}/{key}");

    private ReminderEntry Entry(string key, string name) => new() { GrainId = Grain(key), ReminderName = name, StartAt = Start, Period = TimeSpan.FromHours(1) };
}
