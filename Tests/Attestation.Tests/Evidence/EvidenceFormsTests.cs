using System.Security.Cryptography;
using System.Text;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Tests.Quotes;
using Shouldly;

namespace Pythia.Tests.Evidence;

/// <summary>A folder of evidence is read in each form that services hand out, and in no other.</summary>
public sealed class EvidenceFormsTests : IDisposable
{
    private readonly QuoteMaker _maker = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("pythia-evidence-").FullName;

    public void Dispose()
    {
        _maker.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("DER")]
    [InlineData("hex")]
    [InlineData("HEX and a line feed")]
    [InlineData("PEM")]
    [InlineData("PEM with CRLF and a NUL behind")]
    public void ReadCollateral_CrlsInEachForm_AreReadAlike(string form)
    {
        WriteAs("root_ca_crl.der", _maker.Collateral().RootCaCrl!.Value.ToArray(), form);
        WriteAs("pck_crl.der", _maker.Collateral().PckCrl!.Value.ToArray(), form);
        Reasons().ShouldBeEmpty();
    }

    [Fact]
    public void ReadCollateral_CrlWithTextBehind_IsNoCrl()
    {
        WriteAs("root_ca_crl.der", _maker.Collateral().RootCaCrl!.Value.ToArray(), "PEM and text behind");
        Reasons().ShouldContain("RootCrlMalformed");
    }

    [Theory]
    [InlineData("tcb_info_issuer_chain.pem", "percent-encoded")]
    [InlineData("qe_identity_issuer_chain.pem", "percent-encoded")]
    [InlineData("tcb_info_issuer_chain.pem", "CRLF")]
    [InlineData("qe_identity_issuer_chain.pem", "NUL")]
    [InlineData("qe_identity_issuer_chain.pem", "root first")]
    public void ReadCollateral_ChainInEachForm_IsReadAlike(string file, string form)
    {
        Write(_maker.Collateral());
        var path = Path.Combine(_folder, file);
        var text = File.ReadAllText(path);
        var second = text.IndexOf("-----BEGIN", 1, StringComparison.Ordinal);
        File.WriteAllText(path, form switch
        {
            "percent-encoded" => Uri.EscapeDataString(text),
            "CRLF" => text.ReplaceLineEndings("\r\n"),
            "NUL" => text + "\0",
            _ => text[second..] + text[..second],
        });
        Reasons().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("root_ca_crl.der", "", "RootCrlMalformed")]
    [InlineData("root_ca_crl.der", "30", "RootCrlMalformed")]
    [InlineData("root_ca_crl.der", "303", "RootCrlMalformed")]
    [InlineData("root_ca_crl.der", "no CRL", "RootCrlMalformed")]
    [InlineData("pck_crl.der", "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----", "PckCrlMalformed")]
    [InlineData("pck_crl.der", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", "PckCrlMalformed")]
    [InlineData("tcb_info.json", "{}", "TcbInfoMalformed")]
    [InlineData("tcb_info.json", """{"id":"SGX","version":3}""", "TcbInfoMalformed")] // the object without its signature
    [InlineData("qe_identity.json", "", "QeIdentityMalformed")]
    [InlineData("qe_identity_issuer_chain.pem", "-----BEGIN%20CERTIFICATE-----", "QeIdentityChainMalformed", "QeIdentitySignatureInvalid")]
    public void ReadCollateral_OtherForm_IsNamed(string file, string content, params string[] reasons)
    {
        Write(_maker.Collateral());
        File.WriteAllText(Path.Combine(_folder, file), content);
        Reasons().Where(reason => reason != "StatusUnknown").ShouldBe(reasons);
    }

    private string[] Reasons() => _maker.Reasons(_maker.Quote(3, QuoteMaker.SgxBody()), EvidenceFolder.ReadCollateral(_folder));

    private void Write(QuoteCollateral collateral) => EvidenceFolder.WriteCollateral(_folder, collateral);

    private void WriteAs(string file, byte[] der, string form)
    {
        if (!File.Exists(Path.Combine(_folder, "tcb_info.json"))) Write(_maker.Collateral());

        File.WriteAllBytes(Path.Combine(_folder, file), form switch
        {
            "DER" => der,
            "hex" => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(der)),
            "HEX and a line feed" => Encoding.ASCII.GetBytes(Convert.ToHexString(der) + "\n"),
            "PEM" => Encoding.ASCII.GetBytes(PemEncoding.WriteString("X509 CRL", der)),
            "PEM and text behind" => Encoding.ASCII.GetBytes(PemEncoding.WriteString("X509 CRL", der) + "\nmore"),
            _ => Encoding.ASCII.GetBytes(PemEncoding.WriteString("X509 CRL", der).ReplaceLineEndings("\r\n") + "\r\n\0"),
        });
    }
}
