using System.Collections.Immutable;
using System.Security.Cryptography;
using Pythia.Enclave.Attestation.Quotes;

namespace Pythia.Enclave.Attestation.Certificates;

/// <summary>
/// A chain of exactly two or three certificates, from the one that signs to the root, put in order by their issuers, names and rights checked and each
/// signature verified. Nothing here looks at the time, except <see cref="CheckTimes"/>.
/// </summary>
internal sealed class CertificateChain
{
    public const string RootName = "Intel SGX Root CA";
    public const string PlatformCaName = "Intel SGX PCK Platform CA";
    public const string ProcessorCaName = "Intel SGX PCK Processor CA";
    public const string PckName = "Intel SGX PCK Certificate";
    public const string TcbSignerName = "Intel SGX TCB Signing";

    private const int DigitalSignature = 0x80;
    private const int CertificateSign = 0x04;
    private const int CrlSign = 0x02;
    private const int PckCertificates = 3;
    private const int SignerCertificates = 2;

    private readonly ImmutableArray<Certificate> _certificates;
    private readonly ChainFaults _faults;

    private CertificateChain(ImmutableArray<Certificate> certificates, ChainFaults faults) => (_certificates, _faults) = (certificates, faults);

    /// <summary>The certificate whose key signs quotes or documents.</summary>
    public Certificate Leaf => _certificates[0];

    /// <summary>The one that issued the leaf: the root itself in a chain of two.</summary>
    public Certificate Issuer => _certificates[1];

    public Certificate Root => _certificates[^1];

    /// <summary>Leaf, Platform or Processor CA, root.</summary>
    public static CertificateChain? ReadPck(ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte>? issuers, QuoteTrust trust, KeyRing keys, FaultList faults)
        => Read(ChainFaults.Pck, PckCertificates, bytes, issuers, trust, keys, faults);

    /// <summary>TCB signer, root.</summary>
    public static CertificateChain? ReadSigner(ChainFaults kinds, ReadOnlyMemory<byte>? bytes, QuoteTrust trust, KeyRing keys, FaultList faults)
    {
        if (bytes is { } found) return Read(kinds, SignerCertificates, found, issuers: null, trust, keys, faults);

        faults.Add(kinds.Missing, $"{kinds.Name}: not found");
        return null;
    }

    /// <summary>Every certificate covers this instant, both ends included (RFC 5280 §4.1.2.5).</summary>
    public void CheckTimes(DateTimeOffset now, FaultList faults)
    {
        foreach (var certificate in _certificates)
        {
            var (notBefore, notAfter) = certificate.Validity;
            faults.Expect(now >= notBefore, _faults.NotYetValid, $"{_faults.Name}: {certificate.CommonName} is valid from {notBefore:u}, {now:u} asked for");
            faults.Expect(now <= notAfter, _faults.Expired, $"{_faults.Name}: {certificate.CommonName} is valid until {notAfter:u}, {now:u} asked for");
        }
    }

    public IEnumerable<ValidityWindow> Windows() => _certificates.Select(certificate => certificate.Validity);

    private static CertificateChain? Read(
        ChainFaults kinds, int count, ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte>? issuers, QuoteTrust trust, KeyRing keys, FaultList faults)
    {
        if (ReadCertificates(bytes, issuers, kinds, faults) is not { } certificates) return null;

        if (certificates.Length != count)
        {
            faults.Add(kinds.Malformed, $"{kinds.Name}: {certificates.Length} certificates found, {count} expected");
            return null;
        }

        if (Order(certificates) is not { } ordered)
        {
            faults.Add(kinds.Invalid, $"{kinds.Name}: {string.Join(", ", certificates.Select(c => c.CommonName))} found, a chain from issuer to issuer expected");
            return null;
        }

        var chain = new CertificateChain(ordered, kinds);
        chain.CheckRights(faults);
        chain.CheckSignatures(keys, faults);
        faults.Expect(
            trust.Holds(chain.Root.PublicKey.Span),
            QuoteFaultKind.RootUntrusted,
            $"{kinds.Name}: root key {Convert.ToHexStringLower(chain.Root.PublicKey.Span[..8])}… found, one that is trusted expected");
        return chain;
    }

    private static ImmutableArray<Certificate>? ReadCertificates(
        ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte>? issuers, ChainFaults kinds, FaultList faults)
    {
        var certificates = ImmutableArray.CreateBuilder<Certificate>();
        if (!ReadInto(certificates, bytes, kinds, faults)) return null;
        if (issuers is { } more && !ReadInto(certificates, more, kinds, faults)) return null;

        return certificates.DrainToImmutable();
    }

    private static bool ReadInto(ImmutableArray<Certificate>.Builder certificates, ReadOnlyMemory<byte> bytes, ChainFaults kinds, FaultList faults)
    {
        var ders = CertificateBytes.Read(bytes, out var detail);
        foreach (var der in ders)
        {
            if (Certificate.TryRead(der, out detail) is not { } certificate) break;

            certificates.Add(certificate);
        }

        return faults.Expect(detail.Length == 0, kinds.Malformed, $"{kinds.Name}: {detail}");
    }

    // Leaf first. The root is the one that issued itself; null when there is not exactly one order.
    private static ImmutableArray<Certificate>? Order(ImmutableArray<Certificate> certificates)
    {
        var roots = certificates.Where(c => c.IsSelfIssued).ToArray();
        if (roots.Length != 1) return null;

        var ordered = new List<Certificate> { roots[0] };
        while (ordered.Count < certificates.Length)
        {
            var issued = certificates.Where(c => !ordered.Contains(c) && c.Issuer.Span.SequenceEqual(ordered[^1].Subject.Span)).ToArray();
            if (issued.Length != 1) return null;

            ordered.Add(issued[0]);
        }

        ordered.Reverse();
        return [.. ordered];
    }

    // RFC 5280 §4.2.1.3 and §4.2.1.9, and the names that Intel gives.
    private void CheckRights(FaultList faults)
    {
        var isPck = _certificates.Length == PckCertificates;
        CheckName(Leaf, [isPck ? PckName : TcbSignerName], faults);
        faults.Expect(!Leaf.IsCa, _faults.Invalid, $"{_faults.Name}: {Leaf.CommonName} is a CA, none expected");
        CheckUsage(Leaf, DigitalSignature, faults);
        if (isPck)
        {
            CheckName(Issuer, [PlatformCaName, ProcessorCaName], faults);
            CheckCa(Issuer, leastPathLength: 0, faults);
        }

        CheckName(Root, [RootName], faults);
        CheckCa(Root, leastPathLength: isPck ? 1 : 0, faults);
    }

    private void CheckName(Certificate certificate, string[] expected, FaultList faults)
        => faults.Expect(
            expected.Contains(certificate.CommonName, StringComparer.Ordinal),
            _faults.Invalid,
            $"{_faults.Name}: {certificate.CommonName} found, {string.Join(" or ", expected)} expected");

    private void CheckCa(Certificate certificate, int leastPathLength, FaultList faults)
    {
        faults.Expect(
            certificate.IsCa && (certificate.PathLength is not { } length || length >= leastPathLength),
            _faults.Invalid,
            $"{_faults.Name}: {certificate.CommonName} may not issue here, a CA of path length {leastPathLength} or more expected");
        CheckUsage(certificate, CertificateSign | CrlSign, faults);
    }

    private void CheckUsage(Certificate certificate, int expected, FaultList faults)
        => faults.Expect(
            certificate.KeyUsage is { } usage && (usage & expected) == expected,
            _faults.Invalid,
            $"{_faults.Name}: {certificate.CommonName} has key usage {certificate.KeyUsage?.ToString("x2") ?? "none"}, {expected:x2} expected");

    // The root's signature too: its dates count only if its own key wrote them.
    private void CheckSignatures(KeyRing keys, FaultList faults)
    {
        for (var i = 0; i < _certificates.Length; i++)
        {
            var issuer = _certificates[Math.Min(i + 1, _certificates.Length - 1)];
            faults.Expect(
                keys.Verify(issuer.PublicKey, _certificates[i].Signed, _certificates[i].Signature, DSASignatureFormat.Rfc3279DerSequence),
                _faults.SignatureInvalid,
                $"{_faults.Name}: {_certificates[i].CommonName} is not signed by {issuer.CommonName}");
        }
    }
}
