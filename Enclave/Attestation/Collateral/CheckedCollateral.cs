using System.Text.Json;
using Pythia.Enclave.Attestation.Certificates;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Attestation.Tcb;

namespace Pythia.Enclave.Attestation.Collateral;

/// <summary>
/// Collateral whose pieces are all there, of the platform that was asked for, and signed under a trusted root. What is kept in place of something good must be good
/// itself: a service that sends rubbish must not be able to end what still holds. Quotes are judged by <see cref="QuoteVerifier"/> all the same, which looks at all of this again.
/// </summary>
internal sealed record CheckedCollateral
{
    /// <summary>
    /// Longest collateral that is taken, all pieces together: quote and keys still fit beside it into evidence. Intel's takes 12 to 20 KB; white space around what is
    /// signed could make it longer without end.
    /// </summary>
    public const int MaxBytes = EnclaveEvidence.MaxBytes - (16 * 1024);

    private CheckedCollateral(QuoteCollateral collateral, TcbInfo tcb, QeIdentity qe, RevocationList root, RevocationList pck, IEnumerable<ValidityWindow> chains)
    {
        Collateral = collateral;
        EvaluationNumber = Math.Min(tcb.EvaluationNumber, qe.EvaluationNumber);
        Issued = [("TCB info", tcb.Validity.NotBefore), ("QE identity", qe.Validity.NotBefore), ("root CRL", root.Validity.NotBefore), ("PCK CRL", pck.Validity.NotBefore)];
        Numbers = [("TCB info", tcb.EvaluationNumber), ("QE identity", qe.EvaluationNumber)];
        ValidityWindow[] windows = [tcb.Validity, qe.Validity, root.Validity, pck.Validity, .. chains];
        (NotBefore, NotAfter) = (windows.Max(window => window.NotBefore), windows.Min(window => window.NotAfter));
    }

    public QuoteCollateral Collateral { get; }

    /// <summary>The lower one of TCB info and QE identity.</summary>
    public int EvaluationNumber { get; }

    /// <summary>The latest beginning of all pieces and certificates.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>The earliest end; at that instant it no longer holds.</summary>
    public DateTimeOffset NotAfter { get; }

    // The first ones are the documents of Numbers.
    private IReadOnlyList<(string Name, DateTimeOffset At)> Issued { get; }

    private IReadOnlyList<(string Name, int Number)> Numbers { get; }

    /// <summary>Reads and checks everything but the time.</summary>
    /// <exception cref="CollateralException">Names the first thing that does not hold.</exception>
    public static CheckedCollateral Read(QuoteCollateral collateral, CollateralKey key, QuoteTrust trust)
    {
        if (LengthOf(collateral) is > MaxBytes and var length) throw new CollateralException(CollateralTroubleKind.Malformed, $"{length} bytes found, at most {MaxBytes} expected");

        var faults = new FaultList();
        using var keys = new KeyRing();
        var tcbChain = CertificateChain.ReadSigner(ChainFaults.TcbInfo, collateral.TcbInfoIssuerChain, trust, keys, faults);
        var qeChain = CertificateChain.ReadSigner(ChainFaults.QeIdentity, collateral.QeIdentityIssuerChain, trust, keys, faults);
        if (faults.ToSorted() is [var fault, ..]) throw NotGenuine($"{fault.Kind}, {fault.Detail}");

        var tcb = Document(collateral.TcbInfo, TcbInfo.MemberName, tcbChain!, keys, TcbInfo.Read);
        var qe = Document(collateral.QeIdentity, QeIdentity.MemberName, qeChain!, keys, QeIdentity.Read);
        var (pckCa, pckRoot) = Issuers(collateral.PckCrlIssuerChain, key, trust, keys);
        var rootCrl = List(collateral.RootCaCrl, "root CRL", tcbChain!.Root, keys);
        var pckCrl = List(collateral.PckCrl, "PCK CRL", pckCa, keys);
        CheckPlatform(tcb, qe, key);
        return new CheckedCollateral(collateral, tcb, qe, rootCrl, pckCrl, [.. tcbChain.Windows(), .. qeChain!.Windows(), pckCa.Validity, pckRoot.Validity]);
    }

    /// <summary>At this instant, all of it holds.</summary>
    public bool HoldsAt(DateTimeOffset now) => now >= NotBefore && now < NotAfter;

    /// <summary>
    /// Says in which piece this is older than <paramref name="kept"/>; null when in none. A lower evaluation number is older, unless it is the one that the operator named, in
    /// both documents; within one number the earlier issue is, and of a revocation list always.
    /// </summary>
    /// <param name="kept">What it would take the place of.</param>
    /// <param name="named">The number to go back to; 0: to none.</param>
    public string? FindOlderThan(CheckedCollateral kept, int named)
    {
        var isNamed = Numbers.All(document => document.Number == named);
        for (var i = 0; i < Numbers.Count; i++)
        {
            if (Numbers[i].Number < kept.Numbers[i].Number && !isNamed) return $"{Numbers[i].Name}: evaluation number {Numbers[i].Number} found, {kept.Numbers[i].Number} or higher expected";
        }

        for (var i = 0; i < Issued.Count; i++)
        {
            var isOfAnotherNumber = i < Numbers.Count && Numbers[i].Number != kept.Numbers[i].Number;
            if (!isOfAnotherNumber && Issued[i].At < kept.Issued[i].At) return $"{Issued[i].Name}: issued {Issued[i].At:u} found, {kept.Issued[i].At:u} or later expected";
        }

        return null;
    }

    private static T Document<T>(ReadOnlyMemory<byte>? json, string member, CertificateChain signer, KeyRing keys, Func<JsonElement, T> read)
    {
        try
        {
            var document = SignedJson.Read(Piece(json, member), member);
            return document.IsSignedBy(signer.Leaf, keys) ? read(document.Root) : throw NotGenuine($"{member}: its signature does not hold");
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException) // the latter: text that is no UTF-16, in an escape
        {
            throw new CollateralException(CollateralTroubleKind.Malformed, $"{member}: {broken.Message}", broken);
        }
    }

    // The PCK chain itself comes with each quote; here only its upper half is there.
    private static (Certificate Ca, Certificate Root) Issuers(ReadOnlyMemory<byte>? chain, CollateralKey key, QuoteTrust trust, KeyRing keys)
    {
        var certificates = new List<Certificate>();
        var ders = CertificateBytes.Read(Piece(chain, "PCK CRL's chain"), out var detail);
        foreach (var der in ders)
        {
            if (Certificate.TryRead(der, out detail) is { } certificate) certificates.Add(certificate);
        }

        if (certificates.Count != 2) throw new CollateralException(CollateralTroubleKind.Malformed, $"PCK CRL's chain: {certificates.Count} certificates found, 2 expected {detail}");
        var root = certificates.Find(certificate => certificate.IsSelfIssued && trust.Holds(certificate.PublicKey.Span)) ?? throw NotGenuine("PCK CRL's chain: no root that is trusted");
        var ca = certificates.Find(certificate => !ReferenceEquals(certificate, root))!;
        var name = key.PlatformCa ? CertificateChain.PlatformCaName : CertificateChain.ProcessorCaName;
        if (ca.CommonName != name || !ca.IsCa) throw NotGenuine($"PCK CRL's chain: {ca.CommonName} found, {name} expected");
        var isSigned = ca.Issuer.Span.SequenceEqual(root.Subject.Span)
            && keys.Verify(root.PublicKey, ca.Signed, ca.Signature, System.Security.Cryptography.DSASignatureFormat.Rfc3279DerSequence);
        return isSigned ? (ca, root) : throw NotGenuine($"PCK CRL's chain: {ca.CommonName} is not signed by the root");
    }

    private static RevocationList List(ReadOnlyMemory<byte>? der, string name, Certificate issuer, KeyRing keys)
    {
        var list = RevocationList.TryRead(Piece(der, name), out var detail)
            ?? throw new CollateralException(CollateralTroubleKind.Malformed, $"{name}: {detail}");
        return list.Issuer.Span.SequenceEqual(issuer.Subject.Span) && list.IsSignedBy(issuer.PublicKey, keys)
            ? list
            : throw NotGenuine($"{name}: not issued by {issuer.CommonName}");
    }

    private static void CheckPlatform(TcbInfo tcb, QeIdentity qe, CollateralKey key)
    {
        var tee = key.Tdx ? TeeKind.Tdx : TeeKind.Sgx;
        if (tcb.Tee != tee || qe.Tee != tee) throw NotGenuine($"TCB info for {tcb.Tee} and QE identity for {qe.Tee} found, {tee} expected");
        var fmspc = Convert.ToHexStringLower(tcb.Fmspc.Span);
        if (fmspc != key.Fmspc) throw NotGenuine($"TCB info: FMSPC {fmspc} found, {key.Fmspc} expected");
    }

    private static long LengthOf(QuoteCollateral collateral)
    {
        ReadOnlyMemory<byte>?[] pieces =
        [
            collateral.TcbInfo, collateral.TcbInfoIssuerChain, collateral.QeIdentity, collateral.QeIdentityIssuerChain,
            collateral.RootCaCrl, collateral.PckCrl, collateral.PckCrlIssuerChain, collateral.PckChain,
        ];
        return pieces.Sum(piece => (long)(piece?.Length ?? 0));
    }

    private static ReadOnlyMemory<byte> Piece(ReadOnlyMemory<byte>? piece, string name)
        => piece ?? throw new CollateralException(CollateralTroubleKind.Malformed, $"{name}: not found");

    private static CollateralException NotGenuine(string detail) => new(CollateralTroubleKind.NotGenuine, detail);
}
