using Pythia.PowerLoss;
using Xunit.Abstractions;

namespace Pythia.Embedded.Tests.Sqlite;

/// <summary>
/// The plug is pulled at hundreds of random moments under load, and the disk keeps what was forced to it and any part of the rest: the
/// storage opens, and has all that was acknowledged.
/// </summary>
public sealed class PowerLossTests(ITestOutputHelper output) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pythia-power-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1, 200)]
    [InlineData(3, 100)]
    public async Task Open_AfterPowerLossAtAnyMoment_HasAllThatWasAcknowledged(int shards, int cuts)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var (workload, journal) = await RecordAsync(seed, shards, writesEach: 120);
        var random = new Random(seed);
        var replay = new PowerLossReplay(journal);
        var acknowledgedLate = 0;
        foreach (var cut in CutsOf(journal, cuts, random))
        {
            replay.Advance(cut);
            var survival = (Survival)random.Next(5);
            Assert.Empty(await LookAsync(replay, shards, workload, cut, survival, random));
            acknowledgedLate += cut > journal[^1].End / 2 ? 1 : 0;
        }

        output.WriteLine($"{workload.Acknowledged} writes acknowledged, journal of {journal.Count} acts and {journal[^1].End} bytes, {cuts} cuts");
        Assert.InRange(acknowledgedLate, 1, cuts);
        Assert.Contains(journal, entry => entry.Act is DiskAct.SyncFolder);
        if (shards == 1) Assert.Contains(journal, entry => entry.Act is DiskAct.Write && entry.File == 0 && entry.Offset > 4_096); // a checkpoint was among it
    }

    // A test that can't fail proves nothing: on a disk that only says that it syncs, writes must be missing.
    [Fact]
    public async Task Open_OnADiskThatIgnoresSyncs_MissesWrites()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var (workload, journal) = await RecordAsync(seed, 1, writesEach: 20);
        var replay = new PowerLossReplay(journal) { IgnoreSyncs = true };
        replay.Advance(journal[^1].End);
        Assert.NotEmpty(await LookAsync(replay, 1, workload, journal[^1].End, Survival.None, new Random(seed)));
    }

    private async Task<(PowerLossWorkload Workload, IReadOnlyList<JournalEntry> Journal)> RecordAsync(int seed, int shards, int writesEach)
    {
        var journalPath = Path.Combine(_folder.FullName, "journal");
        PowerLossWorkload workload;
        using (var recorder = PowerLossRecorder.Start(Path.Combine(_folder.FullName, "data"), journalPath))
        {
            workload = new PowerLossWorkload(seed, () => recorder.Journal.Position);
            await using var store = await StorageFile.OpenAsync(Path.Combine(_folder.FullName, "data", "grains.db"), shards);
            await workload.RunAsync(store, writesEach);
        }

        return (workload, DiskJournal.Read(journalPath));
    }

    private async Task<IReadOnlyList<string>> LookAsync(PowerLossReplay replay, int shards, PowerLossWorkload workload, long cut, Survival survival, Random random)
    {
        var folder = Path.Combine(_folder.FullName, $"after-{cut}");
        replay.Build(folder, survival, random);
        try
        {
            await using var store = await StorageFile.OpenAsync(Path.Combine(folder, "grains.db"), shards);
            var missing = await workload.FindMissingAsync(store, cut);

            // It goes on, and gives no etag twice.
            var state = new GrainState<Note>(new Note("after"));
            await store.WriteAsync("after", state);
            Assert.True(missing.Count > 0 || shards > 1 || long.Parse(state.ETag!) > workload.NewestEtag(cut), $"cut {cut}, {survival}: etag {state.ETag} was given before");
            return [.. missing.Select(words => $"cut {cut}, {survival}: {words}")];
        }
        catch (Exception e) when (e is DamagedStorageException or Microsoft.Data.Sqlite.SqliteException)
        {
            return [$"cut {cut}, {survival}: does not open: {e.Message}"];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<long> CutsOf(IReadOnlyList<JournalEntry> journal, int cuts, Random random)
        => Enumerable.Range(0, cuts).Select(_ => journal[random.Next(journal.Count)].End).Append(journal[^1].End).Order();
}
