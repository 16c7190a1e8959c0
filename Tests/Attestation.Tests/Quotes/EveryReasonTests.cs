using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Tests.Attesters;
using Shouldly;

namespace Pythia.Tests.Quotes;

/// <summary>
/// For each reason that verifier and policy know a made case that is refused for it: here for all that <see cref="SimulatedCaseTests"/> has not. Whoever adds a reason adds
/// a case.
/// </summary>
public sealed class EveryReasonTests : IDisposable
{
    private readonly QuoteMaker _maker = new();

    /// <summary>The reason; what else it brings with it.</summary>
    public static TheoryData<string, string[]> Cases => new()
    {
        { "QuoteTooLarge", [] },
        { "QuoteMalformed", [] },
        { "QuoteVersionUnsupported", [] },
        { "TeeTypeUnsupported", [] },
        { "AttestationKeyTypeUnsupported", [] },
        { "QeVendorUnknown", [] },
        { "TrailingBytes", [] },
        { "CertificationDataUnsupported", [] },
        { "PckChainMissing", [] },
        { "PckChainMalformed", [] },
        { "PckChainInvalid", [] },
        { "PckChainSignatureInvalid", [] },
        { "PckChainNotYetValid", [] },
        { "PckChainExpired", [] },
        { "PckExtensionInvalid", [] },
        { "RootCrlMalformed", [] },
        { "RootCrlIssuerMismatch", [] },
        { "RootCrlSignatureInvalid", [] },
        { "RootCrlNotYetValid", [] },
        { "PckCrlMalformed", [] },
        { "PckCrlIssuerMismatch", [] },
        { "PckCrlSignatureInvalid", [] },
        { "PckCrlNotYetValid", [] },
        { "TcbInfoMissing", [] },
        { "TcbInfoMalformed", [] },
        { "TcbInfoVersionUnsupported", [] },
        { "TcbInfoChainMissing", ["TcbInfoSignatureInvalid"] },
        { "TcbInfoChainMalformed", ["TcbInfoSignatureInvalid"] },
        { "TcbInfoChainInvalid", [] },
        { "TcbInfoChainSignatureInvalid", [] },
        { "TcbInfoChainNotYetValid", [] },
        { "TcbInfoChainExpired", [] },
        { "TcbInfoNotYetValid", [] },
        { "TcbInfoExpired", [] },
        { "TcbInfoTeeMismatch", [] },
        { "QeIdentityMissing", [] },
        { "QeIdentityMalformed", [] },
        { "QeIdentityVersionUnsupported", [] },
        { "QeIdentityChainMissing", ["QeIdentitySignatureInvalid"] },
        { "QeIdentityChainMalformed", ["QeIdentitySignatureInvalid"] },
        { "QeIdentityChainInvalid", [] },
        { "QeIdentityChainSignatureInvalid", [] },
        { "QeIdentityChainNotYetValid", [] },
        { "QeIdentityChainExpired", [] },
        { "QeIdentityNotYetValid", [] },
        { "QeIdentityExpired", [] },
        { "QeIdentityTeeMismatch", [] },
        { "QeReportSignatureInvalid", [] },
        { "AttestationKeyUnbound", [] },
        { "AttestationKeyInvalid", [] },
        { "QeMiscSelectMismatch", [] },
        { "QeProductMismatch", [] },
        { "QeLevelUnsupported", [] },
        { "TdxModuleMismatch", [] },
        { "TdxModuleUnknown", [] },
        { "TdxModuleLevelUnsupported", [] },
        { "RootNotAllowed", [] },
        { "NotMode64", [] },
        { "ServiceTdBound", [] },
        { "StatusUnknown", [] },
        { "AdvisoryNotAllowed", [] },
    };

    public void Dispose() => _maker.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Judge_CaseOfTheReason_IsRefusedForItAlone(string reason, string[] besides)
    {
        _maker.Reasons(_maker.Quote(3, QuoteMaker.SgxBody()), _maker.Collateral()).ShouldBeEmpty("what is not changed");
        Judge(reason).ShouldBe([reason, .. besides], ignoreOrder: true);
    }

    [Fact]
    public void Cases_HereAndOfTheSimulation_AreOfEveryReason()
    {
        string[] all = [.. Enum.GetNames<QuoteFaultKind>(), .. Enum.GetNames<PolicyRefusal>()];
        string[] covered = [.. Cases.Select(row => (string)row[0]), .. SimulatedCaseTests.Cases.Select(row => (string[])row[1]).Where(reasons => reasons.Length == 1).Select(reasons => reasons[0])];

        all.Except(covered).ShouldBeEmpty();
    }

    private IEnumerable<string> Judge(string reason)
    {
        if (reason == "StatusUnknown") return QuotePolicy.Strict.Judge(new QuoteAppraisal(null, [])).Reasons.Select(found => found.Name);
        if (reason == "RootNotAllowed") return QuotePolicy.Strict.Judge(_maker.Verify(_maker.Quote(3, QuoteMaker.SgxBody()), _maker.Collateral())).Reasons.Select(found => found.Name);

        var (quote, collateral) = (QuoteOf(reason), CollateralOf(reason));
        return _maker.Reasons(quote, collateral, reason switch
        {
            "ServiceTdBound" => _maker.Policy with { Measurements = [new AllowedMeasurement { MrTd = string.Concat(Enumerable.Repeat("d1", 48)) }] },
            "AdvisoryNotAllowed" => _maker.Policy with { Advisories = ["INTEL-SA-00334"] },
            _ => null,
        });
    }

    private byte[] QuoteOf(string reason)
    {
        var good = _maker.Quote(3, QuoteMaker.SgxBody());
        return reason switch
        {
            "QuoteTooLarge" => [.. good, .. new byte[16 * 1024]],
            "QuoteMalformed" => good[..1000],
            "QuoteVersionUnsupported" => Forged(new() { Signed = bytes => bytes[0] = 2 }),
            "TeeTypeUnsupported" => Forged(new() { Signed = bytes => bytes[4] = 0x81 }),
            "AttestationKeyTypeUnsupported" => _maker.Quote(4, QuoteMaker.SgxBody(), keyBytes: 96),
            "QeVendorUnknown" => Forged(new() { Signed = bytes => bytes[27] ^= 1 }),
            "TrailingBytes" => [.. good, 0, 1],
            "CertificationDataUnsupported" => _maker.Quote(3, QuoteMaker.SgxBody(), certificationType: 7),
            "PckChainMissing" => _maker.Quote(3, QuoteMaker.SgxBody(), certificationType: 2),
            "PckChainMalformed" => WithChain(Leaf()),
            "PckChainInvalid" => WithChain(Leaf(name: "Intel SGX PCK"), Ca, Root),
            "PckChainSignatureInvalid" => WithChain(Leaf(by: _maker.Platform.Keys.TcbSigner), Ca, Root),
            "PckChainNotYetValid" => WithChain(Leaf(from: 1, until: 2), Ca, Root),
            "PckChainExpired" => WithChain(Leaf(from: -2, until: -1), Ca, Root),
            "PckExtensionInvalid" => WithChain(Leaf(isOfAPlatform: false), Ca, Root),
            "QeReportSignatureInvalid" => Forged(new() { PckKey = _maker.Platform.Keys.PckCa }),
            "AttestationKeyUnbound" => _maker.Quote(3, QuoteMaker.SgxBody(), qeReportData: new byte[64]),
            "AttestationKeyInvalid" => Forged(new() { AttestationKey = [.. Enumerable.Repeat((byte)1, 64)] }),
            "QeMiscSelectMismatch" => Forged(new() { QeReport = report => report[16] = 1 }),
            "QeProductMismatch" => Forged(new() { QeReport = report => report[256] = 1 }),
            "QeLevelUnsupported" => Forged(new() { QeReport = report => report[258] = 4 }),
            "TdxModuleMismatch" => Tdx(body => body[64] = 1, 3, 1, 7),
            "TdxModuleUnknown" => Tdx(_ => { }, 3, 2, 7),
            "TdxModuleLevelUnsupported" => Tdx(_ => { }, 1, 1, 7),
            "ServiceTdBound" => Tdx(body => body[600] = 1, 3, 1, 7),
            "NotMode64" => _maker.Quote(3, QuoteMaker.SgxBody(flags: 0x01)),
            _ => good,
        };
    }

    private QuoteCollateral CollateralOf(string reason)
    {
        var good = _maker.Collateral(isTdx: reason.StartsWith("Tdx", StringComparison.Ordinal) || reason == "ServiceTdBound", standing: Standing(reason));
        var signed = Encoding.ASCII.GetString(good.TcbInfo!.Value.Span);
        var info = signed["{\"tcbInfo\":".Length..signed.IndexOf(",\"signature\"", StringComparison.Ordinal)];
        var identity = QuoteMaker.QeIdentity(isTdx: false);
        var keys = _maker.Platform.Keys;
        return reason switch
        {
            "RootCrlMalformed" => good with { RootCaCrl = new byte[] { 0x30, 0 } },
            "RootCrlIssuerMismatch" => good with { RootCaCrl = Crl(keys.Root, Ca) },
            "RootCrlSignatureInvalid" => good with { RootCaCrl = Crl(keys.PckCa, Root) },
            "RootCrlNotYetValid" => good with { RootCaCrl = Crl(keys.Root, Root, from: 1) },
            "PckCrlMalformed" => good with { PckCrl = new byte[] { 0x30, 0 } },
            "PckCrlIssuerMismatch" => good with { PckCrl = Crl(keys.PckCa, Root) },
            "PckCrlSignatureInvalid" => good with { PckCrl = Crl(keys.Root, Ca) },
            "PckCrlNotYetValid" => good with { PckCrl = Crl(keys.PckCa, Ca, from: 1) },
            "TcbInfoMissing" => good with { TcbInfo = null },
            "TcbInfoMalformed" => good with { TcbInfo = _maker.Sign("tcbInfo", """{"version":3}""") },
            "TcbInfoVersionUnsupported" => good with { TcbInfo = _maker.Sign("tcbInfo", Changed(info, "\"version\":3", "\"version\":1")) },
            "TcbInfoNotYetValid" => good with { TcbInfo = _maker.Sign("tcbInfo", Changed(info, "\"issueDate\":\"2026", "\"issueDate\":\"2027")) },
            "TcbInfoExpired" => good with { TcbInfo = _maker.Sign("tcbInfo", Changed(info, "\"nextUpdate\":\"2026", "\"nextUpdate\":\"2025")) },
            "TcbInfoTeeMismatch" => good with { TcbInfo = _maker.Sign("tcbInfo", _maker.TdxTcbInfo()) },
            "QeIdentityMissing" => good with { QeIdentity = null },
            "QeIdentityMalformed" => good with { QeIdentity = _maker.Sign("enclaveIdentity", Changed(identity, "\"QE\"", "\"QVE\"")) },
            "QeIdentityVersionUnsupported" => good with { QeIdentity = _maker.Sign("enclaveIdentity", Changed(identity, "\"version\":2", "\"version\":1")) },
            "QeIdentityNotYetValid" => good with { QeIdentity = _maker.Sign("enclaveIdentity", Changed(identity, "\"issueDate\":\"2026", "\"issueDate\":\"2027")) },
            "QeIdentityExpired" => good with { QeIdentity = _maker.Sign("enclaveIdentity", Changed(identity, "\"nextUpdate\":\"2026", "\"nextUpdate\":\"2025")) },
            "QeIdentityTeeMismatch" => good with { QeIdentity = _maker.Sign("enclaveIdentity", Changed(identity, "\"QE\"", "\"TD_QE\"")) },
            _ when reason.Contains("Chain", StringComparison.Ordinal) && !reason.StartsWith("Pck", StringComparison.Ordinal) => WithSignerChain(good, reason),
            _ => good,
        };
    }

    private QuoteCollateral WithSignerChain(QuoteCollateral good, string reason)
    {
        var chain = reason[(reason.IndexOf("Chain", StringComparison.Ordinal) + "Chain".Length)..] switch
        {
            "Missing" => null,
            "Malformed" => Pem(Signer()),
            "Invalid" => Pem(Signer(name: "Intel SGX PCK Certificate"), Root),
            "SignatureInvalid" => Pem(Signer(by: _maker.Platform.Keys.PckCa), Root),
            "NotYetValid" => Pem(Signer(from: 1, until: 2), Root),
            _ => Pem(Signer(from: -2, until: -1), Root),
        };
        ReadOnlyMemory<byte>? piece = chain is null ? null : (ReadOnlyMemory<byte>?)chain;
        return reason.StartsWith("Tcb", StringComparison.Ordinal) ? good with { TcbInfoIssuerChain = piece } : good with { QeIdentityIssuerChain = piece };
    }

    private static SimulatedStanding? Standing(string reason)
        => reason == "AdvisoryNotAllowed" ? new() { TcbStatus = "SWHardeningNeeded", AdvisoryIds = ["INTEL-SA-00334", "INTEL-SA-00615"] } : null;

    private X509Certificate2 Root => _maker.Platform.Certificates.Root;

    private X509Certificate2 Ca => _maker.Platform.Certificates.PckCa;

    private byte[] Forged(Forgery forgery) => _maker.Quote(3, QuoteMaker.SgxBody(), forgery: forgery);

    private byte[] WithChain(params X509Certificate2[] certificates) => _maker.Quote(3, QuoteMaker.SgxBody(), certificationData: Pem(certificates));

    private byte[] Tdx(Action<byte[]> change, params ReadOnlySpan<byte> teeTcbSvn)
    {
        var body = QuoteMaker.TdxBody(is15: true, teeTcbSvn);
        change(body);
        return _maker.Quote(5, body, isTdx: true);
    }

    private X509Certificate2 Leaf(string name = "Intel SGX PCK Certificate", SimulatedKey? by = null, int from = -1, int until = 1, bool isOfAPlatform = true)
        => Issue(_maker.Platform.Keys.Pck, name, by ?? _maker.Platform.Keys.PckCa, Ca, from, until, isOfAPlatform ? SgxExtensionWriter.Write(_maker.Platform.Processor) : null);

    private X509Certificate2 Signer(string name = "Intel SGX TCB Signing", SimulatedKey? by = null, int from = -1, int until = 1)
        => Issue(_maker.Platform.Keys.TcbSigner, name, by ?? _maker.Platform.Keys.Root, Root, from, until, more: null);

    private static X509Certificate2 Issue(SimulatedKey key, string name, SimulatedKey by, X509Certificate2 issuer, int from, int until, X509Extension? more)
    {
        var request = key.Request(new X500DistinguishedName($"CN={name}"));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForEndEntity(critical: true));
        if (more is not null) request.CertificateExtensions.Add(more);
        return by.Issue(generator => request.Create(issuer.SubjectName, generator, QuoteMaker.Now.AddDays(from), QuoteMaker.Now.AddDays(until), [1]));
    }

    private static byte[] Crl(SimulatedKey by, X509Certificate2 issuer, int from = -1)
    {
        var id = X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(issuer.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single());
        return by.Issue(generator => new CertificateRevocationListBuilder().Build(
            issuer.SubjectName, generator, 1, QuoteMaker.Now.AddDays(2), HashAlgorithmName.SHA256, id, QuoteMaker.Now.AddDays(from)));
    }

    private static byte[] Pem(params X509Certificate2[] certificates) => Encoding.ASCII.GetBytes(SimulatedCertificates.Pem(certificates));

    private static string Changed(string json, string from, string to)
    {
        json.ShouldContain(from);
        return json.Replace(from, to, StringComparison.Ordinal);
    }
}
