using System.Collections.Concurrent;
using System.Globalization;
using Xunit.Abstractions;

namespace Pythia.Tests.Schedules;

/// <summary>Random schedules of intents, crashes, hosts that go on after they were replaced, bad nodes and disks, reorganised chains and restarts, held against a simple model. Seeds
/// are printed; <c>PYTHIA_SCHEDULES_SEED</c> begins at one, <c>PYTHIA_SCHEDULES_COUNT</c> says how many.</summary>
[Collection(AloneCollection.Name)]
public sealed class ScheduleTests(ITestOutputHelper output)
{
    private const int SideBySide = 16;
    private const int Patience = 90;

    private static readonly TimeSpan AnswerTime = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Schedules_AtRandom_LoseNothingDoubleNothingAndEndAsTheChainSays()
    {
        var first = ScheduleSettings.FirstSeed;
        var count = ScheduleSettings.Count;
        output.WriteLine($"seeds {first} to {first + count - 1}");
        var failures = new ConcurrentQueue<string>();
        var tally = new ConcurrentQueue<(int Acknowledged, int Submitted)>();
        using var quiescence = new Quiescence();
        await Parallel.ForEachAsync(Enumerable.Range(first, count), new ParallelOptions { MaxDegreeOfParallelism = SideBySide }, async (seed, _) =>
        {
            if (failures.Count < 3)
            {
                await RunAsync(seed, quiescence, failures, tally);
            }
        });
        output.WriteLine($"{tally.Count} schedules: {tally.Sum(t => t.Submitted)} intents, {tally.Sum(t => t.Acknowledged)} acknowledged");
        Assert.True(failures.IsEmpty, string.Join("\n\n", failures));
        Assert.True(tally.Sum(t => t.Acknowledged) > count || count < 20, "hardly anything was acknowledged, so nothing was tried");
    }

    private static async Task RunAsync(int seed, Quiescence quiescence, ConcurrentQueue<string> failures, ConcurrentQueue<(int Acknowledged, int Submitted)> tally)
    {
        await using var schedule = new Schedule(seed, quiescence);
        try
        {
            await schedule.RunAsync();
            await schedule.HealAsync();
            var found = await SettleAsync(schedule);
            if (found.Count > 0)
            {
                failures.Enqueue($"seed {seed}:\n{string.Join('\n', found)}\n--- steps\n{Trace(schedule.World)}");
            }

            tally.Enqueue((schedule.Submissions.Count(s => s.IsAcknowledged), schedule.Submissions.Count));
        }
        catch (Exception e)
        {
            failures.Enqueue($"seed {seed}: {e}\n--- steps\n{Trace(schedule.World)}");
        }
    }

    // First what can be carried out is carried out before any deadline; then time goes past all deadlines, and blocks make it final.
    private static async Task<List<string>> SettleAsync(Schedule schedule)
    {
        var checks = new ScheduleChecks(schedule);
        var open = await schedule.World.AnswerAsync(checks.CountOpenAsync(), AnswerTime);
        for (var i = 0; i < Patience && open > 0; i++)
        {
            schedule.Mine();
            await schedule.World.MoveAsync(TimeSpan.FromSeconds(2));
            open = await schedule.World.AnswerAsync(checks.CountOpenAsync(), AnswerTime);
        }

        if (open > 0)
        {
            return [$"{open} intents could be carried out and are still open", .. await schedule.World.AnswerAsync(checks.FindViolationsAsync(), AnswerTime)];
        }

        schedule.World.Chain.Ahead = TimeSpan.FromHours(2);
        for (var i = 0; i < schedule.FinalityDepth + 2; i++)
        {
            schedule.Mine();
        }

        schedule.World.Trace.Add("past all deadlines");
        var found = new List<string>();
        for (var i = 0; i < Patience; i++)
        {
            await schedule.World.MoveAsync(TimeSpan.FromSeconds(2));
            found = await schedule.World.AnswerAsync(checks.FindViolationsAsync(), AnswerTime);
            if (found.Count == 0)
            {
                break;
            }

            schedule.Mine();
        }

        return found;
    }

    private static string Trace(ScheduleWorld world) => world.Trace.Show(all: ScheduleSettings.IsVerbose);
}

/// <summary>What the environment says of the schedules.</summary>
internal static class ScheduleSettings
{
    private const int UsualCount = 500;

    /// <summary><c>PYTHIA_SCHEDULES_SEED</c>: the first seed; one at random if it is not set.</summary>
    public static int FirstSeed { get; } = Of("SEED") ?? Random.Shared.Next(1, 1_000_000_000);

    /// <summary><c>PYTHIA_SCHEDULES_COUNT</c>: how many schedules.</summary>
    public static int Count { get; } = Of("COUNT") ?? UsualCount;

    /// <summary><c>PYTHIA_SCHEDULES_VERBOSE</c>: failures show what hosts store and ask, too.</summary>
    public static bool IsVerbose { get; } = Of("VERBOSE") is not null;

    private static int? Of(string name)
        => int.TryParse(Environment.GetEnvironmentVariable($"PYTHIA_SCHEDULES_{name}"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : null;
}
