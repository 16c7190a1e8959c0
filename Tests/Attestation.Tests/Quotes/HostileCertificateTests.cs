using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Certificates;
using Shouldly;

namespace Pythia.Tests.Quotes;

/// <summary>Certificates that the right key signed and that still may not stand where they stand.</summary>
public sealed class HostileCertificateTests : IDisposable
{
    private readonly QuoteMaker _maker = new();

    public void Dispose() => _maker.Dispose();

    [Theory]
    [InlineData("as it must be")]
    [InlineData("name", "TcbInfoChainInvalid")]
    [InlineData("name of a PCK certificate", "TcbInfoChainInvalid")]
    [InlineData("CA", "TcbInfoChainInvalid")]
    [InlineData("no key usage", "TcbInfoChainInvalid")]
    [InlineData("usage of a CA", "TcbInfoChainInvalid")]
    [InlineData("unknown critical extension", "TcbInfoChainMalformed", "TcbInfoSignatureInvalid")]
    [InlineData("unknown extension")]
    [InlineData("two common names", "TcbInfoChainMalformed", "TcbInfoSignatureInvalid")]
    [InlineData("not yet valid", "TcbInfoChainNotYetValid")]
    [InlineData("expired", "TcbInfoChainExpired")]
    [InlineData("signed by the CA", "TcbInfoChainSignatureInvalid")]
    public void Verify_TcbSigner_MustBeOne(string wrong, params string[] reasons)
    {
        var keys = _maker.Platform.Keys;
        var request = keys.TcbSigner.Request(Name(wrong switch
        {
            "name" => "CN=Somebody",
            "name of a PCK certificate" => "CN=Intel SGX PCK Certificate",
            "two common names" => "CN=Somebody, CN=Intel SGX TCB Signing",
            _ => "CN=Intel SGX TCB Signing",
        }));
        if (wrong != "no key usage")
        {
            request.CertificateExtensions.Add(new X509KeyUsageExtension(wrong == "usage of a CA" ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.DigitalSignature, critical: true));
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(wrong == "CA", hasPathLengthConstraint: false, 0, critical: true));
        if (wrong.StartsWith("unknown", StringComparison.Ordinal)) request.CertificateExtensions.Add(new X509Extension("1.2.3.4", [5, 0], wrong.Contains("critical", StringComparison.Ordinal)));
        var (from, until) = wrong switch { "not yet valid" => (1, 2), "expired" => (-2, -1), _ => (-1, 1) };
        using var signer = (wrong == "signed by the CA" ? keys.PckCa : keys.Root).Issue(generator => request.Create(
            _maker.Platform.Certificates.Root.SubjectName, generator, QuoteMaker.Now.AddDays(from), QuoteMaker.Now.AddDays(until), [1]));

        var collateral = _maker.Collateral() with { TcbInfoIssuerChain = Pem(signer, _maker.Platform.Certificates.Root) };
        _maker.Reasons(_maker.Quote(3, QuoteMaker.SgxBody()), collateral).ShouldBe(reasons);
    }

    [Theory]
    [InlineData("as it must be")]
    [InlineData("name", "PckChainInvalid")]
    [InlineData("no CA", "PckChainInvalid")]
    [InlineData("may not sign certificates", "PckChainInvalid")]
    [InlineData("may not sign CRLs", "PckChainInvalid")]
    public void Verify_PckCa_MustBeOne(string wrong, params string[] reasons)
    {
        var (keys, root) = (_maker.Platform.Keys, _maker.Platform.Certificates.Root);
        var name = wrong == "name" ? Name("CN=Intel SGX TCB Signing") : _maker.Platform.Certificates.PckCa.SubjectName;
        var request = keys.PckCa.Request(name);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            wrong switch { "may not sign certificates" => X509KeyUsageFlags.CrlSign, "may not sign CRLs" => X509KeyUsageFlags.KeyCertSign, _ => X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign },
            critical: true));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(wrong != "no CA", wrong != "no CA", 0, critical: true));
        using var ca = keys.Root.Issue(generator => request.Create(root.SubjectName, generator, QuoteMaker.Now.AddDays(-1), QuoteMaker.Now.AddDays(1), [1]));
        using var leaf = Leaf(name, SgxExtensionWriter.Write(_maker.Platform.Processor));

        var quote = _maker.Quote(3, QuoteMaker.SgxBody(), certificationData: Pem(leaf, ca, root));
        _maker.Reasons(quote, _maker.Collateral()).Except(["PckCrlIssuerMismatch"]).ShouldBe(reasons);
    }

    [Theory]
    [InlineData("none", "PckExtensionInvalid")]
    [InlineData("cut", "PckExtensionInvalid")]
    [InlineData("doubled", "PckExtensionInvalid")]
    public void Verify_SgxExtension_MustBeWholeAndOnce(string wrong, params string[] reasons)
    {
        var good = SgxExtensionWriter.Write(_maker.Platform.Processor);
        var content = good.RawData;
        var extension = wrong switch
        {
            "none" => null,
            "cut" => new X509Extension(good.Oid!, content[..^1], critical: false),
            _ => new X509Extension(good.Oid!, Doubled(content), critical: false),
        };
        using var leaf = Leaf(_maker.Platform.Certificates.PckCa.SubjectName, extension);
        var quote = _maker.Quote(3, QuoteMaker.SgxBody(), certificationData: Pem(leaf, _maker.Platform.Certificates.PckCa, _maker.Platform.Certificates.Root));

        var appraisal = _maker.Verify(quote, _maker.Collateral());
        appraisal.Faults.Select(fault => fault.Kind.ToString()).ShouldBe(reasons);
        _maker.Policy.Judge(appraisal).IsAccepted.ShouldBeFalse();
    }

    // Two texts for the same bytes: only the one that encoding gives is read.
    [Theory]
    [InlineData("QUI=", true)]
    [InlineData("Q\nU\r\nI=", true)]
    [InlineData("QUJ=", false)]
    [InlineData("QUI", false)]
    [InlineData("QUI==", false)]
    [InlineData("QU I-", false)]
    public void Read_Base64_HasOneForm(string text, bool isRead)
        => CertificateBytes.Read(Encoding.ASCII.GetBytes($"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"), out _).IsEmpty.ShouldBe(!isRead);

    private static X500DistinguishedName Name(string name) => new(name);

    private static byte[] Pem(params X509Certificate2[] certificates) => Encoding.ASCII.GetBytes(SimulatedCertificates.Pem(certificates));

    // The first member of the sequence once more.
    private static byte[] Doubled(byte[] content)
    {
        var reader = new System.Formats.Asn1.AsnReader(content, System.Formats.Asn1.AsnEncodingRules.DER).ReadSequence();
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            var first = reader.ReadEncodedValue();
            writer.WriteEncodedValue(first.Span);
            writer.WriteEncodedValue(first.Span);
            while (reader.HasData) writer.WriteEncodedValue(reader.ReadEncodedValue().Span);
        }

        return writer.Encode();
    }

    private X509Certificate2 Leaf(X500DistinguishedName issuer, X509Extension? extension)
    {
        var request = _maker.Platform.Keys.Pck.Request(Name("CN=Intel SGX PCK Certificate"));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForEndEntity(critical: true));
        if (extension is not null) request.CertificateExtensions.Add(extension);
        return _maker.Platform.Keys.PckCa.Issue(generator => request.Create(issuer, generator, QuoteMaker.Now.AddDays(-1), QuoteMaker.Now.AddDays(1), RandomNumberGenerator.GetBytes(8)));
    }
}
