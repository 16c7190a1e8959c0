namespace Pythia.Gateway.Passports;

/// <summary>How many quotes may be made: so many a minute, ten seconds' worth at once. What was taken for a quote that was not made is given back.</summary>
/// <param name="perMinute">Quotes a minute, above 0; one at once in any case.</param>
/// <param name="time">Its timer.</param>
internal sealed class QuoteBudget(double perMinute, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly double _most = Math.Max(1, perMinute / 6.0);
    private double _left = Math.Max(1, perMinute / 6.0);
    private long _at = time.GetTimestamp();

    public bool TryTake()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _left = Math.Min(_most, _left + (time.GetElapsedTime(_at, now).TotalMinutes * perMinute));
            _at = now;
            if (_left < 1) return false;

            _left--;
            return true;
        }
    }

    public void GiveBack()
    {
        lock (_lock)
        {
            _left = Math.Min(_most, _left + 1);
        }
    }
}
