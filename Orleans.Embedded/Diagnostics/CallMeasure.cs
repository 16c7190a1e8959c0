namespace Pythia.Embedded.Diagnostics;

/// <summary>Measures how long one caller waits.</summary>
internal sealed class CallMeasure(RequestHistogram histogram, TimeProvider time)
{
    private readonly long _from = time.GetTimestamp();

    public void End() => histogram.Record(time.GetElapsedTime(_from));
}
