using Pythia.PowerLoss;
using Xunit.Abstractions;

namespace Pythia.Faults;

/// <summary>Where not only the process dies but the machine: the next silo finds its files as they were at the last fsync, with any part of
/// what was written after it.</summary>
public sealed class PowerLossTests(FaultChain chain, ITestOutputHelper output) : IClassFixture<FaultChain>
{
    private const int Intents = 20;

    [Fact]
    public async Task LosePower_AfterStoresAndSends_LosesNothingAndDoublesNothing()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var series = await FaultSeries.PrepareAsync(chain, "power");
        foreach (var failpoint in new[] { "subject outbox+", "intent Queued", "lane underWay+", "batch attempts+", "node Send", "ledger next" })
        {
            var survival = Enum.GetValues<Survival>()[random.Next(Enum.GetValues<Survival>().Length)];
            output.WriteLine($"{failpoint}: {survival} of what was not forced to the disk");
            await LosePowerAsync(series, $"After {random.Next(1, 3)} {failpoint}", survival, random);
            await series.CompleteAsync(Intents);
        }

        var violations = await series.FindViolationsAsync();
        Assert.True(violations.Count == 0, $"seed {seed}\n{string.Join('\n', violations)}");
        output.WriteLine($"{series.Submitted} intents, {series.Acknowledged} acknowledged");
    }

    private static async Task LosePowerAsync(FaultSeries series, string failpoint, Survival survival, Random random)
    {
        var running = series.TakeNewFolder();
        Directory.CreateDirectory(running);
        var journal = $"{running}.journal";
        Assert.True(await series.RunAsync(failpoint, Intents, PowerLossHook.Environment(running, journal)), $"no silo died at '{failpoint}'");

        var replay = new PowerLossReplay(DiskJournal.Read(journal));
        replay.Advance(new FileInfo(journal).Length);
        replay.Build(series.TakeNewFolder(), survival, random);
    }
}
