namespace Pythia.Enclave.Host;

/// <summary>
/// The instruments of an enclave that counts in a process of its own, under the same names and tags (<see cref="EnclaveMetrics"/>): each reading adds what
/// came since the last. How long answers take is not among them. What a process counted after its last reading goes with it.
/// </summary>
public sealed class RelayedMetrics : IDisposable
{
    private readonly EnclaveMetrics _metrics;
    private readonly Lock _gate = new();
    private EnclaveCounters _last = EnclaveCounters.None;

    public RelayedMetrics(string enclaveId) => _metrics = new EnclaveMetrics(enclaveId, () => (long)_last.CacheBytes, () => (long)_last.HeadBlock);

    /// <summary>Takes a reading of the process that runs now.</summary>
    public void Take(EnclaveCounters now)
    {
        lock (_gate)
        {
            _metrics.Add(now, _last);
            _last = now;
        }
    }

    /// <summary>Another process runs from now on, and counts from zero.</summary>
    public void Restart()
    {
        lock (_gate) _last = EnclaveCounters.None with { HeadBlock = _last.HeadBlock };
    }

    public void Dispose() => _metrics.Dispose();
}
