using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Pythia.Enclave.Attestation.Attesters;

/// <summary>
/// The simulated vendor's certificates. Common names are those that a verifier asks for (Intel's); organisation and key say what they are.
/// </summary>
internal sealed record SimulatedCertificates(X509Certificate2 Root, X509Certificate2 PckCa, X509Certificate2 Pck, X509Certificate2 TcbSigner) : IDisposable
{
    private const string Organisation = "Orleans.Pythia simulation: no hardware";
    private const string RootCrlAddress = "https://simulated.invalid/root.crl";
    private const string PckCrlAddress = "https://simulated.invalid/pck.crl";

    // Certificates outlive any run of a simulation; what ages on purpose are the documents.
    private static readonly TimeSpan Back = TimeSpan.FromDays(365);
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(20 * 365);

    /// <summary>Issues all four; valid from a year before <paramref name="now"/> to twenty years after.</summary>
    public static SimulatedCertificates Issue(SimulatedKeys keys, SimulatedProcessor processor, DateTimeOffset now)
    {
        var rootName = Name("Intel SGX Root CA");
        var caName = Name(processor.ByPlatformCa ? "Intel SGX PCK Platform CA" : "Intel SGX PCK Processor CA");
        var rootId = new X509SubjectKeyIdentifierExtension(keys.Root.Request(rootName).PublicKey, critical: false);
        var caId = new X509SubjectKeyIdentifierExtension(keys.PckCa.Request(caName).PublicKey, critical: false);
        return new SimulatedCertificates(
            Sign(keys.Root, rootName, rootId, Authority(keys.Root.Request(rootName), pathLength: 1), RootCrlAddress, now),
            Sign(keys.Root, rootName, rootId, Authority(keys.PckCa.Request(caName), pathLength: 0), RootCrlAddress, now),
            Sign(keys.PckCa, caName, caId, Leaf(keys.Pck.Request(Name("Intel SGX PCK Certificate")), SgxExtensionWriter.Write(processor)), PckCrlAddress, now),
            Sign(keys.Root, rootName, rootId, Leaf(keys.TcbSigner.Request(Name("Intel SGX TCB Signing"))), RootCrlAddress, now));
    }

    /// <summary>PEM of certificates, one after the other, each ended by a line feed.</summary>
    public static string Pem(params ReadOnlySpan<X509Certificate2> certificates)
    {
        var text = "";
        foreach (var certificate in certificates) text += certificate.ExportCertificatePem() + "\n";
        return text;
    }

    public void Dispose()
    {
        Root.Dispose();
        PckCa.Dispose();
        Pck.Dispose();
        TcbSigner.Dispose();
    }

    private static X500DistinguishedName Name(string commonName)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddOrganizationName(Organisation);
        name.AddCommonName(commonName); // encoded in reverse: the common name comes first, as Intel has it
        return name.Build();
    }

    private static CertificateRequest Authority(CertificateRequest request, int pathLength)
    {
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLength, critical: true));
        return request;
    }

    private static CertificateRequest Leaf(CertificateRequest request, X509Extension? more = null)
    {
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation, critical: true));
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForEndEntity(critical: true));
        if (more is not null) request.CertificateExtensions.Add(more);
        return request;
    }

    private static X509Certificate2 Sign(
        SimulatedKey issuer, X500DistinguishedName issuerName, X509SubjectKeyIdentifierExtension issuerId, CertificateRequest request, string crl, DateTimeOffset now)
    {
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(issuerId));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([crl]));
        var serial = RandomNumberGenerator.GetBytes(20);
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40); // positive, and no leading zero
        return issuer.Issue(generator => request.Create(issuerName, generator, now - Back, now + Ahead, serial));
    }
}
