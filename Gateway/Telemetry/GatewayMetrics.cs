using System.Diagnostics.Metrics;
using Pythia.Gateway.Problems;

namespace Pythia.Gateway.Telemetry;

/// <summary>Figures of the gateway, meter <c>Pythia.Gateway</c>. Routes, statuses and times are the web server's own
/// (<c>http.server.request.duration</c>); here is what it does not know: the kind of refusal, and what became of devices' questions.</summary>
public sealed class GatewayMetrics
{
    public const string MeterName = "Pythia.Gateway";

    private readonly Counter<long> _refusals;
    private readonly Counter<long> _questions;
    private readonly Counter<long> _passports;

    public GatewayMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _refusals = meter.CreateCounter<long>("pythia.gateway.refusals", "{request}", "Requests refused, by the kind of problem; limits are too-many and quota-exceeded");
        _questions = meter.CreateCounter<long>("pythia.gateway.questions", "{question}", "Devices' questions, answered or refused by reason");
        _passports = meter.CreateCounter<long>("pythia.gateway.passports", "{passport}", "Passports asked for: fresh, stored, refused by the verifier, or the verifier unreachable");
    }

    /// <summary>A request was refused.</summary>
    public void Refused(Problem problem)
    {
        if (!_refusals.Enabled) return;

        // A quota's name is of the settings; there is a handful.
        if (problem.Quota is { } quota) _refusals.Add(1, new("problem", problem.Name), new("quota", quota.Name));
        else _refusals.Add(1, new KeyValuePair<string, object?>("problem", problem.Name));
    }

    /// <param name="outcome">fresh, stored, refused or unreachable.</param>
    public void PassportHandedOut(string outcome)
    {
        if (_passports.Enabled) _passports.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
    }

    /// <param name="reason">Of the refusal; empty where it was answered.</param>
    public void Asked(ulong chain, string reason)
    {
        if (_questions.Enabled) _questions.Add(1, new("chain", (long)chain), new("outcome", reason.Length == 0 ? "answered" : reason));
    }
}
