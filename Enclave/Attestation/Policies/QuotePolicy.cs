using System.Collections.Immutable;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Attestation.Tcb;

namespace Pythia.Enclave.Attestation.Policies;

/// <summary>Which appraisals are accepted. Immutable.</summary>
public sealed record QuotePolicy
{
    /// <summary>Intel's root, CRLs required, no debug, UpToDate or SWHardeningNeeded, any measurement, platform and evaluation number.</summary>
    public static QuotePolicy Strict { get; } = new();

    /// <summary>The root keys; hand it to <see cref="QuoteVerifier"/> too.</summary>
    public QuoteTrust Trust { get; init; } = QuoteTrust.Intel;

    /// <summary>False lets evidence through that was recorded without CRLs; one that is there must hold all the same.</summary>
    public bool CrlsRequired { get; init; } = true;

    /// <summary>Revoked is refused whatever stands here.</summary>
    public ImmutableHashSet<TcbStatus> Statuses { get; init; } = [TcbStatus.UpToDate, TcbStatus.SWHardeningNeeded];

    /// <summary>Null: any.</summary>
    public ImmutableHashSet<string>? Advisories { get; init; }

    /// <summary>The least tcbEvaluationDataNumber of TCB info and QE identity; null: any.</summary>
    public int? MinimumEvaluationNumber { get; init; }

    /// <summary>PPIDs, 32 lower-case hex digits each; null: any.</summary>
    public ImmutableHashSet<string>? Platforms { get; init; }

    /// <summary>64 lower-case hex digits each, for whoever knows what the quote binds (the issuer of passports); null: any.</summary>
    public ImmutableHashSet<string>? Configurations { get; init; }

    public bool DebugAllowed { get; init; }

    /// <summary>One of these must fit; null: any measurement.</summary>
    public ImmutableArray<AllowedMeasurement>? Measurements { get; init; }

    /// <summary>Says whether this evidence is accepted, with every reason against it.</summary>
    /// <param name="appraisal">Of a check under <see cref="Trust"/>; one under another trust is refused if its root is not among these.</param>
    public PolicyVerdict Judge(QuoteAppraisal appraisal)
    {
        ArgumentNullException.ThrowIfNull(appraisal);
        var reasons = ImmutableArray.CreateBuilder<PolicyReason>();
        foreach (var fault in appraisal.Faults)
        {
            var isLetThrough = !CrlsRequired && (fault.Kind is QuoteFaultKind.RootCrlMissing or QuoteFaultKind.PckCrlMissing);
            if (!isLetThrough) reasons.Add(new PolicyReason(fault.Kind.ToString(), fault.Detail));
        }

        if (appraisal.Facts is not { } facts) return new PolicyVerdict(OrUnknown(reasons), null);

        AddPlatformReasons(facts, appraisal.Faults, reasons);
        AddReportReasons(facts, reasons);
        var (fitting, objections) = JudgeMeasurement(facts);
        reasons.AddRange(objections);
        if (facts.Status is null) return new PolicyVerdict(OrUnknown(reasons), null);

        return reasons.Count == 0 ? new PolicyVerdict([], fitting.FirstOrDefault()) { Fitting = fitting } : new PolicyVerdict(reasons.DrainToImmutable(), null);
    }

    /// <summary>Whether an enclave that was let through may run under this configuration: one entry that lets both through suffices.</summary>
    /// <param name="verdict">This policy's.</param>
    /// <param name="configurationHash">32 bytes, bound by the quote's report data.</param>
    public bool AllowsConfiguration(PolicyVerdict verdict, ReadOnlySpan<byte> configurationHash)
    {
        var hash = Convert.ToHexStringLower(configurationHash);
        return verdict.Fitting.IsEmpty ? IsIn(Configurations) : verdict.Fitting.Any(measurement => IsIn(measurement.Configurations ?? Configurations));

        bool IsIn(ImmutableHashSet<string>? allowed) => allowed is null || allowed.Contains(hash);
    }

    /// <summary>Reads a policy file (docs/operations/attestation-policy.md).</summary>
    /// <param name="json">UTF-8.</param>
    /// <exception cref="QuotePolicyException">It is no policy; the message names every mistake.</exception>
    public static QuotePolicy Read(ReadOnlyMemory<byte> json) => PolicyReader.Read(json);

    // A verdict without a reason is an acceptance: what has no status always has one.
    private static ImmutableArray<PolicyReason> OrUnknown(ImmutableArray<PolicyReason>.Builder reasons)
    {
        if (reasons.Count == 0) reasons.Add(Reason(PolicyRefusal.StatusUnknown, "status: none found"));
        return reasons.DrainToImmutable();
    }

    private void AddPlatformReasons(QuoteFacts facts, ImmutableArray<QuoteFault> faults, ImmutableArray<PolicyReason>.Builder reasons)
    {
        if (facts.Pck is { } pck)
        {
            if (pck.RootKey is { } root ? !Trust.Holds(root.Span) && !Has(QuoteFaultKind.RootUntrusted) : !Has(QuoteFaultKind.PckChainMalformed) && !Has(QuoteFaultKind.PckChainInvalid))
            {
                var found = pck.RootKey is { } other ? $"{Convert.ToHexStringLower(other.Span[..8])}…" : "none";
                reasons.Add(Reason(PolicyRefusal.RootNotAllowed, $"root key: {found} found, one of the policy's expected"));
            }

            var ppid = Convert.ToHexStringLower(pck.Ppid.Span);
            if (Platforms is { } platforms && !platforms.Contains(ppid)) reasons.Add(Reason(PolicyRefusal.PlatformNotAllowed, $"PPID: {ppid} found, one of {platforms.Count} expected"));
        }
        else if (Platforms is not null)
        {
            reasons.Add(Reason(PolicyRefusal.PlatformNotAllowed, "PPID: none found"));
        }

        if (MinimumEvaluationNumber is { } least && !(facts.TcbEvaluationNumber >= least && facts.QeEvaluationNumber >= least))
        {
            reasons.Add(Reason(
                PolicyRefusal.EvaluationNumberTooLow,
                $"evaluation numbers: TCB info {Show(facts.TcbEvaluationNumber)} and QE identity {Show(facts.QeEvaluationNumber)} found, {least} or more expected"));
        }

        bool Has(QuoteFaultKind kind) => faults.Any(fault => fault.Kind == kind);

        static string Show(int? number) => number?.ToString() ?? "none";
    }

    private static void AddReportReasons(QuoteFacts facts, ImmutableArray<PolicyReason>.Builder reasons)
    {
        if (facts.Sgx is { IsInitialized: false }) reasons.Add(Reason(PolicyRefusal.NotInitialized, "ATTRIBUTES: INIT not found, expected of every enclave"));
        if (facts.Sgx is { IsMode64: false }) reasons.Add(Reason(PolicyRefusal.NotMode64, "ATTRIBUTES: MODE64BIT not found, expected"));
    }

    // Of several entries that fit, those without an objection count; where there is none, the first one's objections.
    private (ImmutableArray<AllowedMeasurement> Fitting, ImmutableArray<PolicyReason> Objections) JudgeMeasurement(QuoteFacts facts)
    {
        if (Measurements is not { } measurements) return ([], Object(facts, null));

        var fitting = measurements.Where(measurement => measurement.Fits(facts)).Select(measurement => (measurement, Object(facts, measurement))).ToArray();
        if (fitting.Length == 0)
        {
            var found = Convert.ToHexStringLower((facts.Sgx?.MrEnclave ?? facts.Tdx!.MrTd).Span);
            return ([], [Reason(PolicyRefusal.MeasurementNotAllowed, $"measurement: {found} found, one of {measurements.Length} expected"), .. Object(facts, null)]);
        }

        ImmutableArray<AllowedMeasurement> free = [.. fitting.Where(entry => entry.Item2.IsEmpty).Select(entry => entry.measurement)];
        return (free, free.IsEmpty ? fitting[0].Item2 : []);
    }

    private ImmutableArray<PolicyReason> Object(QuoteFacts facts, AllowedMeasurement? measurement)
    {
        var objections = ImmutableArray.CreateBuilder<PolicyReason>();
        if (facts.Debug && !DebugAllowed && measurement is not { DebugAllowed: true })
        {
            objections.Add(Reason(PolicyRefusal.DebugEnabled, "debug: true found, false expected: its memory is open to the host"));
        }

        // Who names no code says nothing of the domains that may move it either.
        if (facts.Tdx is { } tdx && measurement?.FitsServiceTd(tdx) is false)
        {
            var found = tdx.MrServiceTd is { } service ? Convert.ToHexStringLower(service.Span) : "none";
            var why = measurement.MrServiceTd is null ? ": another domain may move this one" : "";
            objections.Add(Reason(PolicyRefusal.ServiceTdBound, $"MRSERVICETD: {found} found, {measurement.MrServiceTd ?? "zeros"} expected{why}"));
        }

        var statuses = measurement?.Statuses ?? Statuses;
        if (facts.Status is { } status && (status == TcbStatus.Revoked || !statuses.Contains(status)))
        {
            objections.Add(Reason(PolicyRefusal.StatusNotAllowed, $"status: {status} found, {string.Join(" or ", statuses.Order())} expected"));
        }

        if ((measurement?.Advisories ?? Advisories) is { } allowed && facts.AdvisoryIds.Where(id => !allowed.Contains(id)).ToArray() is { Length: > 0 } others)
        {
            objections.Add(Reason(PolicyRefusal.AdvisoryNotAllowed, $"advisories: {string.Join(", ", others)} found, not among those allowed"));
        }

        return objections.DrainToImmutable();
    }

    private static PolicyReason Reason(PolicyRefusal refusal, string detail) => new(refusal.ToString(), detail);
}

/// <summary>A policy file that can't be used; the message names every mistake.</summary>
public sealed class QuotePolicyException(string message) : Exception(message);
