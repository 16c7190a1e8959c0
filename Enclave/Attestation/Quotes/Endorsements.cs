using System.Collections.Immutable;
using System.Text.Json;
using Pythia.Enclave.Attestation.Certificates;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Tcb;

namespace Pythia.Enclave.Attestation.Quotes;

/// <summary>
/// PCK chain and collateral, read, and each signature among them verified: everything that neither the quote's body nor the time has a part in, so it may be kept.
/// Immutable.
/// </summary>
internal sealed class Endorsements
{
    private readonly ImmutableArray<QuoteFault> _faults;
    private readonly CertificateChain? _tcbInfoChain;
    private readonly CertificateChain? _qeIdentityChain;

    private Endorsements(PckSource pck, QuoteCollateral collateral, QuoteTrust trust, KeptKeys? kept)
    {
        var faults = new FaultList();
        using var keys = new KeyRing(kept);
        Pck = pck.Read(trust, keys, faults);
        PckLeaf = Pck?.Leaf ?? pck.FindLeaf();
        if (PckLeaf is not null) Platform = ReadPlatform(PckLeaf, faults);

        _tcbInfoChain = ReadSigner(ChainFaults.TcbInfo, collateral.TcbInfoIssuerChain, trust, keys, faults);
        TcbInfo = ReadTcbInfo(collateral.TcbInfo, keys, faults);
        _qeIdentityChain = ReadSigner(ChainFaults.QeIdentity, collateral.QeIdentityIssuerChain, trust, keys, faults);
        QeIdentity = ReadQeIdentity(collateral.QeIdentity, keys, faults);
        RootCrl = ReadRootCrl(collateral.RootCaCrl, keys, faults);
        PckCrl = ReadPckCrl(collateral.PckCrl, keys, faults);
        _faults = faults.ToSorted();
    }

    /// <summary>Leaf, CA, root.</summary>
    public CertificateChain? Pck { get; }

    /// <summary>The leaf of <see cref="Pck"/>; where there is no chain, the one certificate that speaks of a platform. A fault says so then.</summary>
    public Certificate? PckLeaf { get; }

    /// <summary>The SGX extension of the PCK leaf.</summary>
    public SgxExtension? Platform { get; }

    public TcbInfo? TcbInfo { get; }

    public QeIdentity? QeIdentity { get; }

    public RevocationList? RootCrl { get; }

    public RevocationList? PckCrl { get; }

    /// <summary>Nothing is wrong but what the time decides, and at most CRLs are missing.</summary>
    public bool MayBeKept => _faults.All(fault => fault.Kind is QuoteFaultKind.RootCrlMissing or QuoteFaultKind.PckCrlMissing);

    /// <summary>From the latest beginning to the earliest end.</summary>
    public ValidityWindow? Validity
    {
        get
        {
            ValidityWindow[] all = [.. Windows()];
            return all.Length == 0 ? null : new ValidityWindow(all.Max(window => window.NotBefore), all.Min(window => window.NotAfter));
        }
    }

    public static Endorsements Read(PckSource pck, QuoteCollateral collateral, QuoteTrust trust, KeptKeys? kept) => new(pck, collateral, trust, kept);

    /// <summary>Adds what was found wrong when it was read, and what is out of its time now.</summary>
    public void Check(DateTimeOffset now, FaultList faults)
    {
        faults.AddRange(_faults);
        Pck?.CheckTimes(now, faults);
        _tcbInfoChain?.CheckTimes(now, faults);
        _qeIdentityChain?.CheckTimes(now, faults);
        CheckWindow("root CRL", RootCrl?.Validity, now, QuoteFaultKind.RootCrlNotYetValid, QuoteFaultKind.RootCrlExpired, faults);
        CheckWindow("PCK CRL", PckCrl?.Validity, now, QuoteFaultKind.PckCrlNotYetValid, QuoteFaultKind.PckCrlExpired, faults);
        CheckWindow("TCB info", TcbInfo?.Validity, now, QuoteFaultKind.TcbInfoNotYetValid, QuoteFaultKind.TcbInfoExpired, faults);
        CheckWindow("QE identity", QeIdentity?.Validity, now, QuoteFaultKind.QeIdentityNotYetValid, QuoteFaultKind.QeIdentityExpired, faults);
    }

    private IEnumerable<ValidityWindow> Windows()
    {
        foreach (var chain in (CertificateChain?[])[Pck, _tcbInfoChain, _qeIdentityChain])
        {
            foreach (var window in chain?.Windows() ?? []) yield return window;
        }

        foreach (var window in (ValidityWindow?[])[RootCrl?.Validity, PckCrl?.Validity, TcbInfo?.Validity, QeIdentity?.Validity])
        {
            if (window is { } known) yield return known;
        }
    }

    // Issued at the first instant, replaced by the second, which is no longer part of it.
    private static void CheckWindow(string name, ValidityWindow? window, DateTimeOffset now, QuoteFaultKind notYet, QuoteFaultKind expired, FaultList faults)
    {
        if (window is not var (notBefore, notAfter)) return;

        faults.Expect(now >= notBefore, notYet, $"{name}: issued {notBefore:u}, {now:u} asked for");
        faults.Expect(now < notAfter, expired, $"{name}: next update {notAfter:u}, {now:u} asked for");
    }

    private static SgxExtension? ReadPlatform(Certificate leaf, FaultList faults)
    {
        var detail = "not found";
        var extension = leaf.SgxExtension is { } der ? SgxExtension.TryRead(der, out detail) : null;
        faults.Expect(extension is not null, QuoteFaultKind.PckExtensionInvalid, $"SGX extension of the PCK certificate: {detail}");
        return extension;
    }

    private CertificateChain? ReadSigner(ChainFaults kinds, ReadOnlyMemory<byte>? bytes, QuoteTrust trust, KeyRing keys, FaultList faults)
    {
        var chain = CertificateChain.ReadSigner(kinds, bytes, trust, keys, faults);
        if (chain is not null && Pck is not null)
        {
            faults.Expect(
                chain.Root.PublicKey.Span.SequenceEqual(Pck.Root.PublicKey.Span),
                kinds.Invalid,
                $"{kinds.Name}: root key {Convert.ToHexStringLower(chain.Root.PublicKey.Span[..8])}… found, that of the PCK chain expected");
        }

        return chain;
    }

    private TcbInfo? ReadTcbInfo(ReadOnlyMemory<byte>? bytes, KeyRing keys, FaultList faults)
        => ReadDocument(
            "TCB info",
            TcbInfo.MemberName,
            bytes,
            _tcbInfoChain,
            (QuoteFaultKind.TcbInfoMissing, QuoteFaultKind.TcbInfoMalformed, QuoteFaultKind.TcbInfoVersionUnsupported, QuoteFaultKind.TcbInfoSignatureInvalid),
            [2, 3],
            TcbInfo.Read,
            keys,
            faults);

    private QeIdentity? ReadQeIdentity(ReadOnlyMemory<byte>? bytes, KeyRing keys, FaultList faults)
        => ReadDocument(
            "QE identity",
            QeIdentity.MemberName,
            bytes,
            _qeIdentityChain,
            (QuoteFaultKind.QeIdentityMissing, QuoteFaultKind.QeIdentityMalformed, QuoteFaultKind.QeIdentityVersionUnsupported, QuoteFaultKind.QeIdentitySignatureInvalid),
            [2],
            QeIdentity.Read,
            keys,
            faults);

    private static T? ReadDocument<T>(
        string name,
        string member,
        ReadOnlyMemory<byte>? bytes,
        CertificateChain? chain,
        (QuoteFaultKind Missing, QuoteFaultKind Malformed, QuoteFaultKind Version, QuoteFaultKind Signature) kinds,
        int[] versions,
        Func<JsonElement, T> read,
        KeyRing keys,
        FaultList faults)
        where T : class
    {
        if (bytes is not { } json)
        {
            faults.Add(kinds.Missing, $"{name}: not found");
            return null;
        }

        try
        {
            var document = SignedJson.Read(json, member);
            faults.Expect(chain is not null && document.IsSignedBy(chain.Leaf, keys), kinds.Signature, $"{name}: not signed by {chain?.Leaf.CommonName ?? "anyone known"}");
            var version = TcbJson.Number(document.Root, "version");
            return faults.Expect(versions.Contains(version), kinds.Version, $"{name}: version {version} found, {string.Join(" or ", versions)} expected")
                ? read(document.Root)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: text that is no UTF-8
        {
            faults.Add(kinds.Malformed, $"{name}: {e.Message}");
            return null;
        }
    }

    // By the root that the platform's chain ends in: it takes back CAs and TCB signers.
    private RevocationList? ReadRootCrl(ReadOnlyMemory<byte>? bytes, KeyRing keys, FaultList faults)
    {
        if (ReadCrl("root CRL", bytes, QuoteFaultKind.RootCrlMissing, QuoteFaultKind.RootCrlMalformed, faults) is not { } crl) return null;

        var issuer = Pck?.Root ?? _tcbInfoChain?.Root ?? _qeIdentityChain?.Root;
        if (!IsBy("root CRL", crl, issuer, QuoteFaultKind.RootCrlIssuerMismatch, QuoteFaultKind.RootCrlSignatureInvalid, keys, faults)) return crl;

        faults.Expect(Pck is null || !crl.Revokes(Pck.Issuer), QuoteFaultKind.IntermediateRevoked, $"root CRL: {Pck?.Issuer.CommonName} is revoked");
        foreach (var (chain, document) in ((CertificateChain?, string)[])[(_tcbInfoChain, "TCB info"), (_qeIdentityChain, "QE identity")])
        {
            faults.Expect(chain is null || !crl.Revokes(chain.Leaf), QuoteFaultKind.TcbSignerRevoked, $"root CRL: the signer of the {document} is revoked");
        }

        return crl;
    }

    // By the CA in the platform's own chain, whatever chain came with the CRL.
    private RevocationList? ReadPckCrl(ReadOnlyMemory<byte>? bytes, KeyRing keys, FaultList faults)
    {
        if (ReadCrl("PCK CRL", bytes, QuoteFaultKind.PckCrlMissing, QuoteFaultKind.PckCrlMalformed, faults) is not { } crl) return null;

        if (IsBy("PCK CRL", crl, Pck?.Issuer, QuoteFaultKind.PckCrlIssuerMismatch, QuoteFaultKind.PckCrlSignatureInvalid, keys, faults))
        {
            faults.Expect(!crl.Revokes(Pck!.Leaf), QuoteFaultKind.PckCertificateRevoked, "PCK CRL: the PCK certificate is revoked");
        }

        return crl;
    }

    private static RevocationList? ReadCrl(string name, ReadOnlyMemory<byte>? bytes, QuoteFaultKind missing, QuoteFaultKind malformed, FaultList faults)
    {
        if (bytes is not { } der)
        {
            faults.Add(missing, $"{name}: not found");
            return null;
        }

        var crl = RevocationList.TryRead(der, out var detail);
        faults.Expect(crl is not null, malformed, $"{name}: {detail}");
        return crl;
    }

    // Without a chain there is nobody to hold it to; that chain's own fault is in the list.
    private static bool IsBy(string name, RevocationList crl, Certificate? issuer, QuoteFaultKind mismatch, QuoteFaultKind signature, KeyRing keys, FaultList faults)
    {
        if (issuer is null) return false;

        var isNamed = faults.Expect(crl.Issuer.Span.SequenceEqual(issuer.Subject.Span), mismatch, $"{name}: not issued by {issuer.CommonName}");
        return faults.Expect(crl.IsSignedBy(issuer.PublicKey, keys), signature, $"{name}: not signed by {issuer.CommonName}") && isNamed;
    }
}
