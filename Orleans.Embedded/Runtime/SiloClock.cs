namespace Pythia.Embedded.Runtime;

/// <summary>Counts ticks, so that a call or an activation can note the time by reading a number.</summary>
/// <remarks>What is measured with it is late by at most two ticks, and never early.</remarks>
internal sealed class SiloClock(TimeProvider time, TimeSpan period) : IDisposable
{
    private readonly long _start = time.GetTimestamp();
    private ITimer? _timer;
    private int _now;

    public TimeSpan Period { get; } = period;

    /// <summary>The number of the current tick.</summary>
    public int Now => Volatile.Read(ref _now);

    /// <summary>So many ticks cover at least <paramref name="span"/>.</summary>
    public int Ticks(TimeSpan span)
        => span == Timeout.InfiniteTimeSpan ? int.MaxValue / 2 : (int)Math.Min(int.MaxValue / 2, Math.Ceiling(span / Period) + 1);

    public void Start(Action<int> onTick)
        => _timer = time.CreateTimer(_ => Tick(onTick), null, Period, Period);

    public void Dispose() => _timer?.Dispose();

    private void Tick(Action<int> onTick)
    {
        var now = (int)(time.GetElapsedTime(_start) / Period);
        Volatile.Write(ref _now, now);
        onTick(now);
    }
}
