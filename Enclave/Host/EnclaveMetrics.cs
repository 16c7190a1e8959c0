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
    private readonly EnclaveTotals _totals = new();
    private readonly Func<long> _cacheBytes;
    private readonly Func<long> _headBlock;

    internal EnclaveMetrics(string enclaveId, Func<long> cacheBytes, Func<long> headBlock)
    {
        (_cacheBytes, _headBlock) = (cacheBytes, headBlock);
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

    internal EnclaveCounters Counters => _totals.Read(_cacheBytes(), _headBlock());

    internal void Answered()
    {
        _answers.Add(1, _enclave);
        _totals.Answered();
    }

    internal void Refused(RefusalReason reason)
    {
        _refusals.Add(1, _enclave, ReasonTag(reason));
        _totals.Refused(reason);
    }

    internal long Now() => _duration.Enabled ? Stopwatch.GetTimestamp() : 0;

    internal void Took(long started, bool answered)
    {
        if (started != 0)
        {
            _duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, _enclave, new("outcome", answered ? "answered" : "refused"));
        }
    }

    internal void SlotsCached(int slots)
    {
        _hits.Add(slots, _enclave);
        _totals.SlotsCached(slots);
    }

    internal void SlotsFetched(int slots)
    {
        _misses.Add(slots, _enclave);
        _totals.SlotsFetched(slots);
    }

    internal void Fetched(string node, RefusalReason? failure)
    {
        _fetches.Add(1, _enclave, NodeTag(node), OutcomeTag(failure));
        _totals.Fetched(new FetchKind(node, failure));
    }

    /// <summary>Adds what came between two readings of an enclave elsewhere.</summary>
    internal void Add(EnclaveCounters now, EnclaveCounters before)
    {
        _answers.Add((long)(now.Answers - before.Answers), _enclave);
        _hits.Add((long)(now.SlotsCached - before.SlotsCached), _enclave);
        _misses.Add((long)(now.SlotsFetched - before.SlotsFetched), _enclave);
        foreach (var (reason, count) in now.Refusals) _refusals.Add((long)(count - before.Refusals.GetValueOrDefault(reason)), _enclave, ReasonTag(reason));
        foreach (var (kind, count) in now.Fetches) _fetches.Add((long)(count - before.Fetches.GetValueOrDefault(kind)), _enclave, NodeTag(kind.Node), OutcomeTag(kind.Failure));
    }

    private static KeyValuePair<string, object?> ReasonTag(RefusalReason reason) => new("reason", reason.ToString());

    private static KeyValuePair<string, object?> NodeTag(string node) => new("node", node);

    private static KeyValuePair<string, object?> OutcomeTag(RefusalReason? failure) => new("outcome", failure?.ToString() ?? "Held");
}
