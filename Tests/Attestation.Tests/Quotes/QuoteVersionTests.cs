using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Attestation.Tcb;
using Shouldly;

namespace Pythia.Tests.Quotes;

/// <summary>Versions 3, 4 and 5, SGX and TDX 1.0 and 1.5: true ones are accepted with their facts, and each length and type that does not fit is named.</summary>
public sealed class QuoteVersionTests : IDisposable
{
    private readonly QuoteMaker _maker = new();

    public void Dispose() => _maker.Dispose();

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Verify_SgxQuote_IsAcceptedWithItsFacts(int version)
    {
        var appraisal = _maker.Verify(_maker.Quote(version, QuoteMaker.SgxBody()), _maker.Collateral());

        _maker.Policy.Judge(appraisal).Reasons.ShouldBeEmpty();
        appraisal.Facts!.Version.ShouldBe(version);
        appraisal.Facts.Tee.ShouldBe(TeeKind.Sgx);
        appraisal.Facts.Sgx!.MrEnclave.Span[0].ShouldBe((byte)0xE1);
        appraisal.Facts.Sgx.MrSigner.Span[0].ShouldBe((byte)0xE2);
        (appraisal.Facts.Sgx.IsvProdId, appraisal.Facts.Sgx.IsvSvn).ShouldBe((3, 4));
        appraisal.Facts.ReportData.Span[63].ShouldBe((byte)0xE3);
        appraisal.Facts.Status.ShouldBe(TcbStatus.UpToDate);
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, false)]
    [InlineData(5, true)]
    public void Verify_TdxQuote_IsAcceptedWithItsFacts(int version, bool is15)
    {
        var appraisal = _maker.Verify(_maker.Quote(version, QuoteMaker.TdxBody(is15, 3, 1, 7), isTdx: true), _maker.Collateral(isTdx: true));

        _maker.Policy.Judge(appraisal).Reasons.ShouldBeEmpty();
        appraisal.Facts!.Tee.ShouldBe(TeeKind.Tdx);
        appraisal.Facts.Sgx.ShouldBeNull();
        appraisal.Facts.Tdx!.MrTd.Span[47].ShouldBe((byte)0xD1);
        appraisal.Facts.Tdx.Rtmr(0).Span[0].ShouldBe((byte)0xD2);
        appraisal.Facts.Tdx.Rtmr(1).Span[0].ShouldBe((byte)0);
        appraisal.Facts.ReportData.Span[0].ShouldBe((byte)0xD3);
        appraisal.Facts.Tdx.MrServiceTd.HasValue.ShouldBe(is15);
        appraisal.Facts.TdxModule!.Status.ShouldBe(TcbStatus.UpToDate);
    }

    // TEE_TCB_SVN: module SVN, module version, then components; the module's own identity counts once its version is not 0.
    [Theory]
    [InlineData(new byte[] { 3, 1, 7 }, "UpToDate")]
    [InlineData(new byte[] { 0, 1, 7 }, null, "TdxModuleLevelUnsupported")]
    [InlineData(new byte[] { 2, 1, 7 }, "OutOfDate", "StatusNotAllowed")]
    [InlineData(new byte[] { 3, 1, 6 }, "SWHardeningNeeded")]
    [InlineData(new byte[] { 3, 1, 5 }, null, "TcbLevelUnsupported")]
    [InlineData(new byte[] { 3, 2, 7 }, null, "TdxModuleUnknown")]
    [InlineData(new byte[] { 3, 0, 7 }, "UpToDate")]
    [InlineData(new byte[] { 2, 0, 7 }, null, "TcbLevelUnsupported")] // version 0: the module's SVN is a component like others
    public void Verify_TdxModule_StandsAsItsVersionAndSvnSay(byte[] teeTcbSvn, string? status, params string[] reasons)
    {
        var collateral = _maker.Collateral(isTdx: true, _maker.TdxTcbInfo(status: "SWHardeningNeeded"));
        var quote = _maker.Quote(4, QuoteMaker.TdxBody(is15: false, teeTcbSvn), isTdx: true);

        _maker.Reasons(quote, collateral).ShouldBe(reasons);
        _maker.Verify(quote, collateral).Facts!.Status?.ToString().ShouldBe(status);
    }

    [Theory]
    [InlineData(64, "TdxModuleMismatch")] // MRSIGNERSEAM
    [InlineData(112, "TdxModuleMismatch")] // SEAMATTRIBUTES
    [InlineData(120, "DebugEnabled")] // TDATTRIBUTES, TUD
    public void Verify_TdxFieldThatMustBeZero_IsNamed(int offset, string reason)
    {
        var body = QuoteMaker.TdxBody(is15: true, 3, 1, 7);
        body[offset] = 0x02;
        _maker.Reasons(_maker.Quote(5, body, isTdx: true), _maker.Collateral(isTdx: true)).ShouldBe([reason]);
    }

    [Fact]
    public void Verify_CollateralOfTheOtherKind_IsNamed()
    {
        _maker.Reasons(_maker.Quote(4, QuoteMaker.SgxBody()), _maker.Collateral(isTdx: true)).ShouldBe(["QeIdentityTeeMismatch", "TcbInfoTeeMismatch"]);
        _maker.Reasons(_maker.Quote(4, QuoteMaker.TdxBody(false, 3, 1, 7), isTdx: true), _maker.Collateral()).ShouldBe(["QeIdentityTeeMismatch", "TcbInfoTeeMismatch"]);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Verify_ZeroTail_IsCountedAndOtherTailRefused(int version)
    {
        var quote = _maker.Quote(version, QuoteMaker.SgxBody());
        var appraisal = _maker.Verify([.. quote, .. new byte[3065]], _maker.Collateral());

        _maker.Policy.Judge(appraisal).IsAccepted.ShouldBeTrue();
        appraisal.Facts!.TrailingBytes.ShouldBe(3065);
        _maker.Reasons([.. quote, .. new byte[69], 1], _maker.Collateral()).ShouldBe(["TrailingBytes"]);
    }

    // Open Enclave's custom claims: the report data is their hash and 32 zero bytes.
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Verify_TailThatTheReportDataNames_IsLetThroughAndNoOther(int version)
    {
        byte[] claims = [1, 0, 0, 0, 0, 0, 0, 0, 7];
        var body = QuoteMaker.SgxBody();
        byte[] reportData = [.. System.Security.Cryptography.SHA256.HashData(claims), .. new byte[32]];
        reportData.CopyTo(body, 320);
        var quote = _maker.Quote(version, body);

        _maker.Reasons([.. quote, .. claims], _maker.Collateral()).ShouldBeEmpty();
        _maker.Verify([.. quote, .. claims], _maker.Collateral()).Facts!.TrailingBytes.ShouldBe(claims.Length);
        _maker.Reasons([.. quote, .. claims, 0], _maker.Collateral()).ShouldBe(["TrailingBytes"]);
        _maker.Reasons([.. quote, .. claims[..^1]], _maker.Collateral()).ShouldBe(["TrailingBytes"]);
        _maker.Reasons([.. quote, .. claims[..^1], 8], _maker.Collateral()).ShouldBe(["TrailingBytes"]);

        body[383] = 1;
        _maker.Reasons([.. _maker.Quote(version, body), .. claims], _maker.Collateral()).ShouldBe(["TrailingBytes"]);
    }

    [Fact]
    public void Verify_LongerThanTheCap_IsRefusedUnread()
        => _maker.Reasons([.. _maker.Quote(3, QuoteMaker.SgxBody()), .. new byte[16 * 1024]], _maker.Collateral()).ShouldBe(["QuoteTooLarge"]);

    [Theory]
    [InlineData(0, 2, "QuoteVersionUnsupported")]
    [InlineData(0, 6, "QuoteVersionUnsupported")]
    [InlineData(1, 1, "QuoteVersionUnsupported")]
    [InlineData(2, 3, "AttestationKeyTypeUnsupported")]
    [InlineData(4, 0x81, "TeeTypeUnsupported")] // in version 3 there is only SGX
    [InlineData(12, 0, "QeVendorUnknown")]
    public void Verify_HeaderField_IsNamed(int offset, byte value, string reason)
    {
        var quote = _maker.Quote(3, QuoteMaker.SgxBody());
        quote[offset] = value;
        _maker.Reasons(quote, _maker.Collateral()).ShouldContain(reason);
    }

    // ECDSA over P-384 has longer keys and signatures. It is refused by that name alone, and what else the quote holds is found behind them.
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Verify_AttestationKeyOfP384_IsRefusedForItsType(int version)
    {
        var quote = _maker.Quote(version, QuoteMaker.SgxBody(), keyBytes: 96);
        var appraisal = _maker.Verify(quote, _maker.Collateral());

        _maker.Policy.Judge(appraisal).Reasons.Select(reason => reason.Name).ShouldBe(["AttestationKeyTypeUnsupported"]);
        appraisal.Facts!.Sgx!.IsvProdId.ShouldBe(3);
        appraisal.Facts.Pck!.Ppid.ToArray().ShouldBe(_maker.Platform.Processor.Ppid.ToArray());
        appraisal.Facts.Status.ShouldBe(TcbStatus.UpToDate);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public void Verify_AttestationKeyOfAnotherType_IsRefusedForIt(byte keyType)
    {
        var quote = _maker.Quote(3, QuoteMaker.SgxBody());
        quote[2] = keyType;
        var appraisal = _maker.Verify(quote, _maker.Collateral());

        _maker.Policy.Judge(appraisal).Reasons.Select(reason => reason.Name).ShouldBe(["AttestationKeyTypeUnsupported"]);
        appraisal.Facts!.Sgx!.IsvProdId.ShouldBe(3);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public void Verify_BodyTypeThatDoesNotFit_IsNamed(int bodyType, bool isTdx)
    {
        var body = isTdx ? QuoteMaker.TdxBody(is15: false, 3, 1, 7) : QuoteMaker.SgxBody();
        _maker.Reasons(_maker.Quote(5, body, isTdx, bodyType: bodyType), _maker.Collateral(isTdx)).ShouldBe(["TeeTypeUnsupported"]);
    }

    // Lengths that would overflow or reach beyond their section.
    [Theory]
    [InlineData(432, "signature section")]
    [InlineData(1048, "certification data")]
    public void Verify_LengthOfAllOnes_IsMalformed(int offset, string named)
    {
        var quote = _maker.Quote(3, QuoteMaker.SgxBody());
        quote.AsSpan(offset, 4).Fill(0xFF);
        var fault = _maker.Verify(quote, _maker.Collateral()).Faults.ShouldHaveSingleItem();
        fault.Kind.ShouldBe(QuoteFaultKind.QuoteMalformed);
        fault.Detail.ShouldStartWith(named);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Verify_CutAtEachLength_IsMalformedOrHasNoFacts(int version)
    {
        var quote = _maker.Quote(version, QuoteMaker.SgxBody());
        for (var length = 0; length < quote.Length; length++)
        {
            var appraisal = QuoteVerifier.Verify(quote.AsMemory(0, length), new(), _maker.Trust, QuoteMaker.Now);
            appraisal.Faults.ShouldContain(fault => fault.Kind == QuoteFaultKind.QuoteMalformed, $"{length} bytes");
        }
    }

    [Fact]
    public void Verify_BytesInsideTheSectionBehindItsData_AreMalformed()
    {
        var quote = _maker.Quote(3, QuoteMaker.SgxBody());
        BitConverter.GetBytes(quote.Length - 436 + 1).CopyTo(quote, 432);
        _maker.Reasons([.. quote, 0], _maker.Collateral()).ShouldContain("QuoteMalformed");
    }

    [Fact]
    public void Verify_AuthDataOfAnotherLength_IsReadByItsField()
    {
        _maker.Reasons(_maker.Quote(3, QuoteMaker.SgxBody(), authData: []), _maker.Collateral()).ShouldBeEmpty();
        _maker.Reasons(_maker.Quote(4, QuoteMaker.SgxBody(), authData: [.. Enumerable.Repeat((byte)9, 500)]), _maker.Collateral()).ShouldBeEmpty();
    }

    // Key and signature are good, and a true quoting enclave signed its report; it spoke of another key, or of more than it may.
    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(63)]
    public void Verify_AttestationKeyThatTheReportDoesNotBind_IsUnbound(int changed)
    {
        var authData = new byte[32];
        byte[] reportData = [.. System.Security.Cryptography.SHA256.HashData([.. _maker.Platform.Keys.Attestation.PublicKey, .. authData]), .. new byte[32]];
        _maker.Reasons(_maker.Quote(3, QuoteMaker.SgxBody(), authData: authData, qeReportData: reportData), _maker.Collateral()).ShouldBeEmpty();

        reportData[changed] ^= 1;
        _maker.Reasons(_maker.Quote(3, QuoteMaker.SgxBody(), authData: authData, qeReportData: reportData), _maker.Collateral()).ShouldBe(["AttestationKeyUnbound"]);
    }

    [Fact]
    public void Verify_AttestationKeyOffTheCurve_IsInvalid()
    {
        var quote = _maker.Quote(3, QuoteMaker.SgxBody());
        quote.AsSpan(500, 64).Fill(0x01);
        _maker.Reasons(quote, _maker.Collateral()).ShouldBe(["AttestationKeyInvalid", "AttestationKeyUnbound"]);
    }
}
