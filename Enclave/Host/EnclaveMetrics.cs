using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Pythia.Enclave.Host;

/// <summary>Counters of one enclave under the meter <c>Pythia.Enclave</c>; each carries the tag <c>enclave</c>.</summary>
public sealed class EnclaveMetrics : IDisposable
{
    public const string MeterName = "Pythia.Enclave";

    private readonly Meter _meter;
    private readonly KeyValuePair<string, object?> _enclave;
    private readonly Counter<long> _answers;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _hits;
    private readonly Counter<long> _misses;
    private readonly Counter<long> _fetches;
    private readonly Histogram<double> _duration;

    internal EnclaveMetrics(string enclaveId, Func<long> cacheBytes, Func<long> headBlock)
    {
        _meter = new Meter(MeterName);
        _enclave = new("enclave", enclaveId);
        _answers = _meter.CreateCounter<long>("pythia.enclave.answers", "{answer}", "Signed answers");
        _refusals = _meter.CreateCounter<long>("pythia.enclave.refusals", "{refusal}", "Refusals, by reason");
        _hits = _meter.CreateCounter<long>("pythia.enclave.slots.cached", "{slot}", "Slots proven from kept trie nodes");
        _misses = _meter.CreateCounter<long>("pythia.enclave.slots.fetched", "{slot}", "Slots whose proof was fetched");
        _fetches = _meter.CreateCounter<long>("pythia.enclave.fetches", "{call}", "Calls to untrusted nodes, by node and outcome");
        _duration = _meter.CreateHistogram(
            "pythia.enclave.answer.duration",
            "s",
            "From a question to its answer or refusal",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5] });
        _meter.CreateObservableGauge("pythia.enclave.cache.bytes", () => new Measurement<long>(cacheBytes(), _enclave), "By", "Trie nodes kept");
        _meter.CreateObservableGauge("pythia.enclave.head", () => new Measurement<long>(headBlock(), _enclave), "{block}", "Newest verified head");
    }

    public void Dispose() => _meter.Dispose();

    internal void Answered() => _answers.Add(1, _enclave);

    internal void Refused(RefusalReason reason) => _refusals.Add(1, _enclave, new("reason", reason.ToString()));

    internal long Now() => _duration.Enabled ? Stopwatch.GetTimestamp() : 0;

    internal void Took(long started, bool answered)
    {
        if (started != 0)
        {
            _duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, _enclave, new("outcome", answered ? "answered" : "refused"));
        }
    }

    internal void SlotsCached(int slots) => _hits.Add(slots, _enclave);

    internal void SlotsFetched(int slots) => _misses.Add(slots, _enclave);

    internal void Fetched(string node, string outcome) => _fetches.Add(1, _enclave, new("node", node), new("outcome", outcome));
}
