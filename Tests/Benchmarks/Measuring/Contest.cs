namespace Pythia.Benchmarks.Measuring;

/// <summary>
/// Compares ways of doing the same work on a machine that others use too: contestants take turns, round after round, and only ratios within
/// a round are trusted. The first contestant is the peer that the others are held against.
/// </summary>
internal static class Contest
{
    /// <summary>Runs a round for warming up, and then those that count.</summary>
    public static async Task<IReadOnlyList<Result>> RunAsync(Scale scale, params IReadOnlyList<Contestant> contestants)
    {
        var rounds = contestants.Select(_ => new List<Round>()).ToArray();
        for (var round = -1; round < scale.Rounds; round++)
        {
            for (var i = 0; i < contestants.Count; i++)
            {
                var measured = await MeasureAsync(contestants[i], scale.RoundLength);
                if (round >= 0) rounds[i].Add(measured);
            }
        }

        return [.. contestants.Select((contestant, i) => Summarise(contestant.Name, rounds[i], rounds[0]))];
    }

    public static double Median(IEnumerable<double> values)
    {
        var ordered = values.Order().ToArray();
        var middle = ordered.Length / 2;
        return ordered.Length % 2 == 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2;
    }

    private static async Task<Round> MeasureAsync(Contestant contestant, TimeSpan length)
    {
        GC.Collect();
        var bytes = GC.GetTotalAllocatedBytes(precise: true);
        var started = TimeProvider.System.GetTimestamp();
        var count = await contestant.WorkAsync(new Deadline(length));
        var seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        if (count == 0) throw new InvalidOperationException($"{contestant.Name} did nothing in {seconds:F1} s");

        return new Round(count / seconds, (GC.GetTotalAllocatedBytes(precise: true) - bytes) / (double)count);
    }

    private static Result Summarise(string name, List<Round> rounds, List<Round> peer) => new(
        name,
        Median(rounds.Select(r => r.PerSecond)),
        rounds.Min(r => r.PerSecond),
        rounds.Max(r => r.PerSecond),
        Median(rounds.Select(r => r.BytesEach)),
        Median(rounds.Zip(peer, (own, theirs) => own.PerSecond / theirs.PerSecond)));

    private sealed record Round(double PerSecond, double BytesEach);
}

/// <summary>How long it is measured.</summary>
/// <param name="Rounds">That count.</param>
/// <param name="RoundLength">Of one contestant.</param>
/// <param name="Size">Grains, rows and the like are multiplied by it: 1, or little where it is only to be seen that all runs.</param>
internal sealed record Scale(int Rounds, TimeSpan RoundLength, double Size)
{
    public static Scale Full { get; } = new(7, TimeSpan.FromSeconds(2), 1);

    /// <summary>Says nothing about speed.</summary>
    public static Scale Smoke { get; } = new(1, TimeSpan.FromMilliseconds(100), 0.01);

    public int Of(int full) => Math.Max(1, (int)(full * Size));
}
