using System.Collections.Immutable;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Attestation.Tcb;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Attestation;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Ethereum;

namespace Pythia.Enclave.Attestation.Passports;

/// <summary>What is made of evidence: what a passport would say, or every reason against one.</summary>
/// <param name="Claims">Null with any reason.</param>
/// <param name="Reasons">Empty with claims.</param>
/// <param name="Facts">What the quote states, whatever the verdict; null where not even that could be read.</param>
/// <param name="Age">How old the quote can be.</param>
public sealed record EvidenceVerdict(Passport? Claims, ImmutableArray<PolicyReason> Reasons, QuoteFacts? Facts, QuoteAge Age = default);

/// <summary>
/// The whole check of an enclave, for the issuer of passports and for a device that trusts no issuer: 1. quote and collateral, 2. policy, 3. what the
/// quote binds, 4. keys, 5. configuration, 6. anchor, 7. operator, 8. how fresh the quote is, 9. how long
/// it can hold. Pure: no clock, no network, no file.
/// </summary>
public static class EvidenceJudge
{
    /// <summary>What holds shorter is not worth the way to a device.</summary>
    public static readonly TimeSpan LeastLifetime = TimeSpan.FromMinutes(1);

    /// <param name="evidence">Untrusted.</param>
    /// <param name="policy">Whom to vouch for.</param>
    /// <param name="freshness">What proves that the quote was made just now.</param>
    /// <param name="now">From a trusted clock; one instant for the whole check.</param>
    /// <param name="lifetime">How long the verdict may hold at most.</param>
    /// <param name="cache">Remembers collateral that was checked; null remembers nothing.</param>
    public static EvidenceVerdict Judge(
        EnclaveEvidence evidence, PassportPolicy policy, QuoteFreshness freshness, DateTimeOffset now, TimeSpan lifetime, CollateralCache? cache = null)
    {
        // 1. quote and collateral, 2. policy
        var appraisal = QuoteVerifier.Verify(evidence.Quote, evidence.Collateral, policy.Quote.Trust, now, cache);
        var verdict = policy.Quote.Judge(appraisal);
        var reasons = verdict.Reasons.ToBuilder();
        if (appraisal.Facts is not { } facts) return new EvidenceVerdict(null, reasons.ToImmutable(), null);
        if (facts.Sgx is not { } report) return Refused(PassportRefusal.TeeUnsupported, $"{facts.Tee} found, {TeeKind.Sgx} expected");

        // 3. what the quote binds
        var binding = evidence.Binding;
        var expected = binding.ComputeReportData();
        if (!facts.ReportData.Span.SequenceEqual(expected))
            return Refused(PassportRefusal.ReportDataMismatch, $"{Hex.Format(facts.ReportData.Span)} found, {Hex.Format(expected)} expected of the keys, hashes and nonce beside the quote");

        // 4. keys
        if (FindBadKey(binding) is { } badKey) Refuse(PassportRefusal.KeyInvalid, badKey);

        // 5. configuration
        if (!policy.Quote.AllowsConfiguration(verdict, binding.ConfigurationHash.Span))
            Refuse(PassportRefusal.ConfigurationNotAllowed, $"{Hex.Format(binding.ConfigurationHash.Span)} found, one that the policy names expected");

        // 6. anchor
        if (!policy.AllowsAnchor(binding.AnchorHash.Span))
            Refuse(PassportRefusal.AnchorNotAllowed, $"{Hex.Format(binding.AnchorHash.Span)} found, an appraised one expected{(policy.DevelopmentAnchorAllowed ? " or the development one" : "")}");

        // 7. operator
        var name = facts.Pck is { } pck ? policy.OperatorOf(pck.Ppid.Span) : null;
        if (name is null) Refuse(PassportRefusal.OperatorUnknown, $"platform {(facts.Pck is { } p ? Hex.Format(p.Ppid.Span) : "unknown")} found, one whose operator the policy names expected");

        // 8. how fresh
        var (stale, age) = freshness.Judge(binding.Nonce.Span[Passport.NonceBytes..], now);
        if (stale is not null) reasons.Add(stale);

        // 9. how long
        var ends = EndOf(evidence, facts, now, lifetime);
        if (ends < now + LeastLifetime) Refuse(PassportRefusal.EndsTooSoon, $"{ends:u} found, {now + LeastLifetime:u} or later expected");

        return reasons.Count > 0
            ? new EvidenceVerdict(null, reasons.ToImmutable(), facts)
            : new EvidenceVerdict(ClaimsOf(binding, appraisal, report, name!, age, now, ends), [], facts, age);

        void Refuse(PassportRefusal reason, string detail) => reasons.Add(new PolicyReason(reason.ToString(), detail));

        EvidenceVerdict Refused(PassportRefusal reason, string detail)
        {
            Refuse(reason, detail);
            return new EvidenceVerdict(null, reasons.ToImmutable(), facts);
        }
    }

    private static Passport ClaimsOf(
        KeyBinding binding, QuoteAppraisal appraisal, SgxReport report, string name, QuoteAge age, DateTimeOffset now, DateTimeOffset ends)
    {
        var facts = appraisal.Facts!;
        return new()
        {
            Operator = name,
            IssuedUnixSeconds = (ulong)now.ToUnixTimeSeconds(),
            ExpiresUnixSeconds = (ulong)ends.ToUnixTimeSeconds(),
            SigningKey = [.. binding.SigningKey.Span],
            AgreementKey = Passport.Compress(binding.AgreementKey.Span),
            Nonce = NonceOf(binding.Nonce.Span[..Passport.NonceBytes]),
            Platform = Passport.PlatformOf(facts.Pck!.Ppid.Span),
            IsDebug = facts.Debug,
            Tier = TierOf(appraisal, age),
            PlatformStatus = StatusOf(facts.Status!.Value),
            Measurement = [.. report.MrEnclave.Span],
            ConfigurationHash = [.. binding.ConfigurationHash.Span],
            AnchorHash = [.. binding.AnchorHash.Span],
        };
    }

    /// <summary>A policy may let much through by name; what it is stays visible to every device.</summary>
    /// <param name="appraisal">Accepted. A fault in it is one that the policy forgave, such as CRLs that are missing.</param>
    /// <param name="age">Of the quote.</param>
    internal static PassportTier TierOf(QuoteAppraisal appraisal, QuoteAge age) => appraisal.Facts! switch
    {
        { Debug: true } => PassportTier.None,
        var facts when !PassportPolicy.IsIntels(facts) => PassportTier.None,
        { Status: TcbStatus.Revoked } => PassportTier.Contraindicated,
        { Status: TcbStatus.UpToDate or TcbStatus.SWHardeningNeeded } when age.IsKnown && appraisal.Faults.IsEmpty => PassportTier.Affirming,
        _ => PassportTier.Warning,
    };

    private static PlatformStatus StatusOf(TcbStatus status) => status switch
    {
        TcbStatus.UpToDate => PlatformStatus.UpToDate,
        TcbStatus.SWHardeningNeeded => PlatformStatus.SwHardeningNeeded,
        TcbStatus.ConfigurationNeeded => PlatformStatus.ConfigurationNeeded,
        TcbStatus.ConfigurationAndSWHardeningNeeded => PlatformStatus.ConfigurationAndSwHardeningNeeded,
        TcbStatus.OutOfDate => PlatformStatus.OutOfDate,
        TcbStatus.OutOfDateConfigurationNeeded => PlatformStatus.OutOfDateConfigurationNeeded,
        TcbStatus.Revoked => PlatformStatus.Revoked,
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "a status without a number in passports"),
    };

    // Evidence with reasons comes here too: its dates are anybody's, before 1970 as well.
    // The earliest of: what the caller wants, the end of any certificate, CRL or document, the end of the keys.
    private static DateTimeOffset EndOf(EnclaveEvidence evidence, QuoteFacts facts, DateTimeOffset now, TimeSpan lifetime)
    {
        var ends = now + lifetime;
        if (facts.Validity is { } validity && validity.NotAfter < ends) ends = validity.NotAfter;
        if (evidence.KeyEndsUnixSeconds is { } key && key < (ulong)Math.Max(0, ends.ToUnixTimeSeconds())) ends = DateTimeOffset.FromUnixTimeSeconds((long)key);
        return ends;
    }

    private static ImmutableArray<byte>? NonceOf(ReadOnlySpan<byte> devices) => devices.ContainsAnyExcept((byte)0) ? [.. devices] : null;

    private static string? FindBadKey(KeyBinding binding)
    {
        foreach (var key in new[] { binding.SigningKey, binding.AgreementKey })
        {
            using var imported = Es256Key.TryImport(key.Span);
            if (imported is null) return $"{Hex.Format(key.Span)} found, a point of P-256 expected";
        }

        return null;
    }
}
