namespace Pythia.Benchmarks.Measuring;

/// <summary>One way of doing a piece of work.</summary>
/// <param name="Name">As it stands in the table.</param>
/// <param name="WorkAsync">Does the work again and again until <see cref="Deadline.HasPassed"/>; gives how often.</param>
internal sealed record Contestant(string Name, Func<Deadline, Task<long>> WorkAsync);

/// <summary>When a round ends.</summary>
internal readonly struct Deadline(TimeSpan length)
{
    private readonly long _end = TimeProvider.System.GetTimestamp() + (long)(length.TotalSeconds * TimeProvider.System.TimestampFrequency);

    public bool HasPassed => TimeProvider.System.GetTimestamp() >= _end;
}

/// <summary>What a contestant did in its rounds.</summary>
/// <param name="PerSecond">Median over the rounds.</param>
/// <param name="Lowest">Of the slowest round.</param>
/// <param name="Highest">Of the fastest round.</param>
/// <param name="BytesEach">Allocated for one piece of work, in the whole process; median.</param>
/// <param name="Ratio">To the first contestant, round by round; median. 1 for the first.</param>
internal sealed record Result(string Name, double PerSecond, double Lowest, double Highest, double BytesEach, double Ratio);
