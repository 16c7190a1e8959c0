using System.Security.Cryptography;
using Pythia.Enclave.Attestation.Certificates;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Tcb;

namespace Pythia.Enclave.Attestation.Quotes;

/// <summary>
/// Checks a DCAP quote against what its maker says of the platform. No clock, no network, no file. Any bytes get an appraisal, none an exception.
/// </summary>
/// <remarks>
/// Quotes of version 3 (SGX), 4 and 5 (SGX and TDX). The check goes on after a fault as far as it can, so that an appraisal holds every fact that
/// the evidence states; a fact is proven only where there is no fault. Whether facts suffice is for <see cref="Policies.QuotePolicy"/> to say.
/// <code>
/// 1. read the quote                                 4. quoting enclave: signed by the PCK key, is the one of the QE identity
/// 2. PCK chain, CRLs, TCB info, QE identity         5. attestation key: bound by the QE's report data, signed header and body
/// 3. all of them in their time, of this platform    6. TCB levels, and one status for all
/// </code>
/// </remarks>
public static class QuoteVerifier
{
    /// <summary>Checks without remembering anything.</summary>
    /// <param name="quote">As the attester made it; bytes behind it are counted, and let through where they are zero or attested.</param>
    /// <param name="collateral">Byte for byte as received.</param>
    /// <param name="trust">The root keys to hold the chains to; <see cref="QuoteTrust.Intel"/> for real platforms.</param>
    /// <param name="now">From a trusted clock; one instant for the whole check.</param>
    public static QuoteAppraisal Verify(ReadOnlyMemory<byte> quote, QuoteCollateral collateral, QuoteTrust trust, DateTimeOffset now)
        => Verify(quote, collateral, trust, now, cache: null);

    /// <summary>Checks, and takes from <paramref name="cache"/> what was checked before of exactly the same bytes. Times are looked at anew each time.</summary>
    public static QuoteAppraisal Verify(
        ReadOnlyMemory<byte> quote, QuoteCollateral collateral, QuoteTrust trust, DateTimeOffset now, CollateralCache? cache)
    {
        ArgumentNullException.ThrowIfNull(collateral);
        ArgumentNullException.ThrowIfNull(trust);
        var faults = new FaultList();

        // 1. read the quote
        if (QuoteReader.Read(quote, faults) is not { } found) return new QuoteAppraisal(null, faults.ToSorted());

        // 2. PCK chain, CRLs, TCB info, QE identity
        var pck = PckSource.Of(found.Signature, collateral);
        var endorsements = cache?.Read(pck, collateral, trust) ?? Endorsements.Read(pck, collateral, trust, kept: null);

        // 3. all of them in their time, of this platform
        endorsements.Check(now, faults);
        CheckPlatform(found, endorsements, faults);

        // 4. and 5. quoting enclave and attestation key
        if (found.Signature is { } signature)
        {
            CheckSignatures(found, signature, endorsements, cache?.Keys, faults);
            if (endorsements.QeIdentity is { } identity) CheckQe(signature.QeReport, identity, faults);
        }

        // 6. TCB levels, and one status for all
        return new QuoteAppraisal(Levels(found, endorsements, faults), faults.ToSorted());
    }

    private static void CheckPlatform(Quote quote, Endorsements endorsements, FaultList faults)
    {
        if (endorsements.TcbInfo is { } info)
        {
            faults.Expect(info.Tee == quote.Tee, QuoteFaultKind.TcbInfoTeeMismatch, $"TCB info: for {info.Tee} found, for {quote.Tee} expected");
            if (endorsements.Platform is { } platform)
            {
                faults.Expect(
                    info.Fmspc.Span.SequenceEqual(platform.Fmspc.Span),
                    QuoteFaultKind.FmspcMismatch,
                    $"TCB info: FMSPC {Convert.ToHexStringLower(info.Fmspc.Span)} found, {Convert.ToHexStringLower(platform.Fmspc.Span)} expected");
                faults.Expect(
                    info.PceId.Span.SequenceEqual(platform.PceId.Span),
                    QuoteFaultKind.PceIdMismatch,
                    $"TCB info: PCEID {Convert.ToHexStringLower(info.PceId.Span)} found, {Convert.ToHexStringLower(platform.PceId.Span)} expected");
            }
        }

        if (endorsements.QeIdentity is { } identity)
        {
            faults.Expect(identity.Tee == quote.Tee, QuoteFaultKind.QeIdentityTeeMismatch, $"QE identity: for {identity.Tee} found, for {quote.Tee} expected");
        }
    }

    private static void CheckSignatures(Quote quote, QuoteSignature signature, Endorsements endorsements, KeptKeys? kept, FaultList faults)
    {
        using var keys = new KeyRing(kept);
        if (endorsements.Pck is { } pck)
        {
            faults.Expect(
                keys.Verify(
                    pck.Leaf.PublicKey, signature.QeReport.Bytes, signature.QeReportSignature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
                QuoteFaultKind.QeReportSignatureInvalid,
                "QE report: not signed by the PCK certificate's key");
        }

        if (signature.AttestationKey.Length != KeyRing.KeyBytes) return; // of a type that is refused by its name

        Span<byte> bound = stackalloc byte[64];
        bound.Clear();
        using (var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256))
        {
            hash.AppendData(signature.AttestationKey.Span);
            hash.AppendData(signature.QeAuthData.Span);
            hash.GetHashAndReset(bound);
        }

        faults.Expect(
            signature.QeReport.ReportData.Span.SequenceEqual(bound),
            QuoteFaultKind.AttestationKeyUnbound,
            "QE report: its report data is not the hash of attestation key and authentication data, and 32 zero bytes");
        if (faults.Expect(keys.IsPoint(signature.AttestationKey), QuoteFaultKind.AttestationKeyInvalid, "attestation key: no point of P-256"))
        {
            faults.Expect(
                keys.Verify(signature.AttestationKey, quote.Signed, signature.IsvSignature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
                QuoteFaultKind.QuoteSignatureInvalid,
                "quote: header and body are not signed by the attestation key");
        }
    }

    private static void CheckQe(SgxReport report, QeIdentity identity, FaultList faults)
    {
        faults.Expect(
            TcbMatch.EqualsUnderMask(report.MiscSelect.Span, identity.MiscSelectMask.Span, identity.MiscSelect.Span),
            QuoteFaultKind.QeMiscSelectMismatch,
            $"QE report: MISCSELECT {Convert.ToHexStringLower(report.MiscSelect.Span)} found, {Convert.ToHexStringLower(identity.MiscSelect.Span)} expected");
        faults.Expect(
            TcbMatch.EqualsUnderMask(report.Attributes.Span, identity.AttributesMask.Span, identity.Attributes.Span),
            QuoteFaultKind.QeAttributesMismatch,
            $"QE report: ATTRIBUTES {Convert.ToHexStringLower(report.Attributes.Span)} found, {Convert.ToHexStringLower(identity.Attributes.Span)} expected");
        faults.Expect(
            report.MrSigner.Span.SequenceEqual(identity.MrSigner.Span),
            QuoteFaultKind.QeSignerMismatch,
            $"QE report: MRSIGNER {Convert.ToHexStringLower(report.MrSigner.Span)} found, {Convert.ToHexStringLower(identity.MrSigner.Span)} expected");
        faults.Expect(
            report.IsvProdId == identity.IsvProdId, QuoteFaultKind.QeProductMismatch, $"QE report: ISVPRODID {report.IsvProdId} found, {identity.IsvProdId} expected");
    }

    private static QuoteFacts Levels(Quote quote, Endorsements endorsements, FaultList faults)
    {
        var (platform, module, qe) = (FindPlatform(quote, endorsements, faults), FindModule(quote, endorsements, faults), FindQe(quote, endorsements, faults));
        return Facts(quote, endorsements) with
        {
            Platform = platform,
            TdxModule = module,
            Qe = qe,
            Status = StatusOf(quote, endorsements, platform, module, qe, faults),
            AdvisoryIds = [.. new[] { platform, module, qe }.SelectMany(finding => finding?.AdvisoryIds ?? []).Distinct(StringComparer.Ordinal)],
        };
    }

    // Null unless all that apply are known.
    private static TcbStatus? StatusOf(Quote quote, Endorsements endorsements, TcbFinding? platform, TcbFinding? module, TcbFinding? qe, FaultList faults)
    {
        if (platform is null || qe is null || (module is null && TcbMatch.HasModuleLevel(quote.Tdx))) return null;

        var status = TcbStatuses.Converge(platform.Status, module?.Status ?? TcbStatus.UpToDate);
        if (quote.Tdx is { } tdx) status = TdxRelaunch.Advise(status, endorsements.TcbInfo!, endorsements.Platform!, tdx, module, qe, faults);
        return TcbStatuses.Converge(status, qe.Status);
    }

    private static TcbFinding? FindPlatform(Quote quote, Endorsements endorsements, FaultList faults)
    {
        if (endorsements is not { TcbInfo: { } info, Platform: { } extension } || info.Tee != quote.Tee) return null;

        var finding = TcbMatch.FindPlatform(info, extension, quote.Tdx);
        faults.Expect(
            finding is not null,
            QuoteFaultKind.TcbLevelUnsupported,
            $"platform: components {Convert.ToHexStringLower(extension.Components.Span)} and PCESVN {extension.PceSvn} found, below every level listed");
        return finding;
    }

    private static TcbFinding? FindModule(Quote quote, Endorsements endorsements, FaultList faults)
        => endorsements.TcbInfo is { Tee: TeeKind.Tdx } info && quote.Tdx is { } tdx ? TcbMatch.CheckModule(info, tdx, faults) : null;

    private static TcbFinding? FindQe(Quote quote, Endorsements endorsements, FaultList faults)
    {
        if (endorsements.QeIdentity is not { } identity || identity.Tee != quote.Tee || quote.Signature is not { QeReport.IsvSvn: var svn }) return null;

        var finding = TcbMatch.FindSvn(identity.Levels, svn);
        faults.Expect(finding is not null, QuoteFaultKind.QeLevelUnsupported, $"QE report: ISVSVN {svn} found, below every level listed");
        return finding;
    }

    private static QuoteFacts Facts(Quote quote, Endorsements endorsements) => new()
    {
        Version = quote.Version,
        Tee = quote.Tee,
        Sgx = quote.Sgx,
        Tdx = quote.Tdx,
        ReportData = quote.ReportData,
        Debug = quote.Sgx?.IsDebug ?? quote.Tdx!.IsDebug,
        TrailingBytes = quote.TrailingBytes,
        Pck = Facts(endorsements),
        TcbEvaluationNumber = endorsements.TcbInfo?.EvaluationNumber,
        QeEvaluationNumber = endorsements.QeIdentity?.EvaluationNumber,
        TcbInfoValidity = endorsements.TcbInfo?.Validity,
        QeIdentityValidity = endorsements.QeIdentity?.Validity,
        RootCrlValidity = endorsements.RootCrl?.Validity,
        PckCrlValidity = endorsements.PckCrl?.Validity,
        Validity = endorsements.Validity,
    };

    private static PckFacts? Facts(Endorsements endorsements) => endorsements is { PckLeaf: { } leaf, Platform: { } platform }
        ? new PckFacts(platform)
        {
            Ca = Der.TryReadCommonName(leaf.Issuer),
            Validity = leaf.Validity,
            RootKey = endorsements.Pck is { } chain ? (ReadOnlyMemory<byte>?)chain.Root.PublicKey : null,
        }
        : null;
}
