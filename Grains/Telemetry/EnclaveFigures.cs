using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Pythia.Grains.Pythia;

namespace Pythia.Grains.Telemetry;

/// <summary>How the enclaves beside a silo stand, meter <c>Pythia.Attestation</c>, by enclave.</summary>
public sealed class EnclaveFigures
{
    public const string MeterName = "Pythia.Attestation";

    private readonly ConcurrentDictionary<string, (string Attestation, EnclaveStanding Standing)> _standings = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly Counter<long> _appraisals;

    public EnclaveFigures(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create(MeterName);
        _appraisals = meter.CreateCounter<long>("pythia.enclave.appraisals", "{appraisal}", "Appraisals of an enclave's evidence, by outcome: accepted, or the first reason");
        meter.CreateObservableGauge("pythia.enclave.accepted", () => Observe(s => s.Standing.IsAccepted ? 1 : 0), null, "1 where the enclave's evidence is accepted, 0 where it is drained");
        meter.CreateObservableGauge("pythia.enclave.evidence.remaining", () => Observe(Remaining), "s", "Until the enclave's evidence ends; 0 where none is accepted");
    }

    /// <summary>An enclave was judged.</summary>
    public void Appraised(string enclave, string attestation, EnclaveStanding standing)
    {
        _standings[enclave] = (attestation, standing);
        _appraisals.Add(1, new("enclave", enclave), new("outcome", standing.IsAccepted ? "accepted" : standing.Reasons[0].Name));
    }

    private long Remaining((string Attestation, EnclaveStanding Standing) known)
        => known.Standing is { IsAccepted: true, HoldsUntil: { } end } ? Math.Max(0, (long)(end - _time.GetUtcNow()).TotalSeconds) : 0;

    private IEnumerable<Measurement<long>> Observe(Func<(string Attestation, EnclaveStanding Standing), long> figure)
        => _standings.Select(s => new Measurement<long>(figure(s.Value), new("enclave", s.Key), new("attestation", s.Value.Attestation)));
}
