using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Pythia.Enclave.Attestation.Collateral;

/// <summary>Figures of one <see cref="CollateralStore"/>; each carries the tag <c>collateral</c>.</summary>
internal sealed class CollateralMetrics : IDisposable
{
    private readonly Meter _meter = new(CollateralStore.MeterName);
    private readonly Counter<long> _refreshes;
    private readonly ConcurrentDictionary<CollateralKey, Func<Measurement<double>>> _remaining = new();

    public CollateralMetrics()
    {
        _refreshes = _meter.CreateCounter<long>("pythia.collateral.refreshes", "{refresh}", "Attempts to get collateral anew, by outcome");
        _meter.CreateObservableGauge(
            "pythia.collateral.remaining", () => _remaining.Values.Select(read => read()).ToArray(), "s", "Until the collateral that is kept ends; 0 where none holds");
    }

    public void Watch(KeptCollateral kept, TimeProvider time)
        => _remaining[kept.Key] = () =>
        {
            var now = time.GetUtcNow();
            var left = kept.HoldsAt(now) ? kept.Standing(now).NotAfter - now : null;
            return new Measurement<double>(left?.TotalSeconds ?? 0, Tag(kept.Key));
        };

    public void Refreshed(CollateralKey key, string outcome) => _refreshes.Add(1, Tag(key), new("outcome", outcome));

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Tag(CollateralKey key) => new("collateral", key.ToString());
}
