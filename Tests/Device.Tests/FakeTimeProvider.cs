namespace Pythia.Device.Tests;

/// <summary>A timer that the test moves, and a clock that the test sets.</summary>
internal sealed class FakeTimeProvider : TimeProvider
{
    private long _ticks = 1_000_000;

    public DateTimeOffset UtcNow { get; set; } = DateTimeOffset.UnixEpoch;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public override DateTimeOffset GetUtcNow() => UtcNow;

    public void Advance(TimeSpan by)
    {
        _ticks += by.Ticks;
        UtcNow += by;
    }
}
