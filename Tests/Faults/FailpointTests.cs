using System.Collections.Concurrent;
using Pythia.Grains.Mirror;
using Xunit.Abstractions;

namespace Pythia.Faults;

/// <summary>A silo kills itself before and after every store and call on an intent's way, again and again on the same folder under load. What was
/// acknowledged is then on the chain once, or failed with a reason and not there: counted in the chain's logs.</summary>
public sealed class FailpointTests(FaultChain chain, ITestOutputHelper output) : IClassFixture<FaultChain>
{
    private const int SeriesSideBySide = 3;
    private const int IntentsAChild = 10;
    private const int RecordedIntents = 30;
    private const int TriesAFailpoint = 5;
    private const int LatestHit = 5;

    [Fact]
    public async Task Die_BeforeAndAfterEveryStoreAndCall_LosesNothingAndDoublesNothing()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("PYTHIA_FAULTS_SEED"), out var given) ? given : Random.Shared.Next();
        output.WriteLine($"seed {seed}");

        // 1. what there is to die at
        var (first, again) = await RecordAsync();
        output.WriteLine($"{first.Count} failpoints: {string.Join("; ", first)}");
        AssertEveryStageHasOne([.. first.Union(again, StringComparer.Ordinal)]);

        // 2. die at each; at those that only a first start meets, if it happens
        var plan = new FailpointPlan(again, seed, TriesAFailpoint, LatestHit);
        var series = await Task.WhenAll(Enumerable.Range(0, SeriesSideBySide).Select(i => FaultSeries.PrepareAsync(chain, $"series {i}")));
        await Task.WhenAll(series.Select(one => DieAsync(one, plan)));

        // 3. live to the end, and count
        var violations = new List<string>();
        foreach (var one in series)
        {
            await one.CompleteAsync(IntentsAChild);
            violations.AddRange(await one.FindViolationsAsync());
            output.WriteLine($"{one.Submitted} intents, {one.Acknowledged} acknowledged, {one.DiedRecovering} children died of what was left to them");
            one.Dispose();
        }

        output.WriteLine(plan.ToString());
        Assert.True(violations.Count == 0, $"seed {seed}\n{string.Join('\n', violations)}");
        Assert.Empty(plan.Missing);
        Assert.True(series.Sum(s => s.DiedRecovering) > 0, "no child died of what an earlier one had left");
        Assert.True(series.Sum(s => s.Acknowledged) >= 200, $"{series.Sum(s => s.Acknowledged)} intents acknowledged, 200 expected: too light a load");
    }

    // Twice: the second child finds what the first left, as after every crash.
    private async Task<(IReadOnlyCollection<string> First, IReadOnlyCollection<string> Again)> RecordAsync()
    {
        using var series = await FaultSeries.PrepareAsync(chain, "recorded");
        await series.CompleteAsync(RecordedIntents);
        var first = series.Met();
        series.ForgetMet();
        await series.CompleteAsync(RecordedIntents);
        Assert.Empty(await series.FindViolationsAsync());
        return (first, series.Met());
    }

    private static async Task DieAsync(FaultSeries series, FailpointPlan plan)
    {
        while (plan.Next() is var (failpoint, recovers))
        {
            // Some get nothing new: they die, if they do, while they bring to an end what another has left.
            plan.Tried(failpoint, await series.RunAsync(failpoint, recovers ? 0 : IntentsAChild));
            plan.Meet(series.Met());
        }
    }

    // Each arrow of architecture section 9 ends in a stage. What makes an intent enter it is stored or asked by one of the grains on its way:
    // subject, sweep, intent, lane, batch, follower. A stage that is added has no arrow here and fails.
    private static void AssertEveryStageHasOne(IReadOnlyCollection<string> known)
    {
        foreach (var stage in Enum.GetValues<IntentStage>())
        {
            var arrows = StagePatterns(stage);
            Assert.True(arrows.All(a => known.Contains(a)), $"stage {stage}: failpoints '{string.Join("', '", arrows)}' expected among {string.Join("; ", known)}");
        }
    }

    private static string[] StagePatterns(IntentStage stage) => stage switch
    {
        IntentStage.Unknown => [],
        IntentStage.Stored => ["sweep notes+", "subject outbox+"],
        IntentStage.Queued => ["intent Queued"],
        IntentStage.NonceReserved => ["node GetMinedNonce", "lane underWay+"],
        IntentStage.Signed => ["batch attempts+"],
        IntentStage.AcceptedByNode => ["node Send", "lane underWay"],
        IntentStage.Mined => ["enclave ReadLogs", "ledger telling", "intent Mined"],
        IntentStage.Final => ["ledger next", "lane underWay-", "subject outbox-", "sweep notes-"],
        IntentStage.Failed => ["intent Failed"],
        _ => [$"no arrow to {stage} is known"],
    };
}

/// <summary>Which failpoints are still to be died at. Thread-safe.</summary>
internal sealed class FailpointPlan
{
    private readonly ConcurrentQueue<string> _open = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Tries, bool Died)> _tried = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly Random _random;
    private readonly int _triesEach;
    private readonly int _latestHit;
    private readonly HashSet<string> _wanted;

    public FailpointPlan(IEnumerable<string> names, int seed, int triesEach, int latestHit)
    {
        (_random, _triesEach, _latestHit, _wanted) = (new Random(seed), triesEach, latestHit, [.. names]);
        Meet(_wanted);
    }

    /// <summary>Those of the first list that no process died at.</summary>
    public IReadOnlyList<string> Missing => [.. _tried.Where(t => !t.Value.Died && _wanted.Contains(Name(t.Key))).Select(t => t.Key)];

    /// <summary>Names that are met for the first time are to be died at too; once is tried, for what may not come again.</summary>
    public void Meet(IEnumerable<string> names)
    {
        lock (_gate)
        {
            var added = names.Where(_names.Add).SelectMany(n => new[] { $"Before 1 {n}", $"After 1 {n}" }).ToArray();
            _random.Shuffle(added);
            foreach (var one in added)
            {
                _open.Enqueue(one);
            }
        }
    }

    /// <summary>The next one, "{side} {hit} {name}", and whether it is to be met in a recovery; null when all were tried.</summary>
    public (string Failpoint, bool Recovers)? Next()
    {
        lock (_gate)
        {
            if (!_open.TryDequeue(out var next))
            {
                return null;
            }

            // Later hits first; the first one of all, with a load, is met sooner or later.
            var tries = _tried.GetValueOrDefault(Key(next)).Tries;
            var hit = tries switch { 0 => _random.Next(1, _latestHit + 1), 1 => 2, _ => 1 };
            return ($"{next.Split(' ', 3)[0]} {hit} {Name(next)}", tries == 0 && hit == 1);
        }
    }

    public void Tried(string failpoint, bool died)
    {
        lock (_gate)
        {
            var key = Key(failpoint);
            var tries = _tried.GetValueOrDefault(key).Tries + 1;
            _tried[key] = (tries, died);
            if (!died && tries < _triesEach && _wanted.Contains(Name(key)))
            {
                _open.Enqueue(key);
            }
        }
    }

    public override string ToString() => string.Join('\n', _tried.Select(t => $"{t.Key}: {(t.Value.Died ? "died" : "never died")} in {t.Value.Tries} tries"));

    private static string Name(string failpoint) => failpoint.Split(' ', 3)[2];

    private static string Key(string failpoint) => $"{failpoint.Split(' ', 3)[0]} 1 {Name(failpoint)}";
}
