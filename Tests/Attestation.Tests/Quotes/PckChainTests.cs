using System.Text;
using Pythia.Enclave.Attestation.Attesters;
using Shouldly;

namespace Pythia.Tests.Quotes;

/// <summary>Where the PCK chain may be and in which form: everything that was seen on real platforms, and nothing else.</summary>
public sealed class PckChainTests : IDisposable
{
    private readonly QuoteMaker _maker = new();

    public void Dispose() => _maker.Dispose();

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(0, 2, 1)]
    [InlineData(2, 1, 0)]
    public void Verify_AnyOrderInPem_IsPutInOrder(params int[] order)
        => _maker.Reasons(Quote(Pem(order)), _maker.Collateral()).ShouldBeEmpty();

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(0, 2, 1)]
    public void Verify_AnyOrderInDer_IsPutInOrder(params int[] order)
        => _maker.Reasons(Quote([.. order.SelectMany(i => _maker.PckDer[i])]), _maker.Collateral()).ShouldBeEmpty();

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\0")]
    [InlineData("\n\0")]
    [InlineData("\r\n\0\0\0")]
    public void Verify_WhatStandsBehindPemInTheWild_IsLetThrough(string end)
        => _maker.Reasons(Quote([.. _maker.PckChain.AsSpan().TrimEnd((byte)'\n'), .. Encoding.ASCII.GetBytes(end)]), _maker.Collateral()).ShouldBeEmpty();

    [Theory]
    [InlineData("x", false)]
    [InlineData("\0x", false)]
    [InlineData("# chain\n", true)]
    public void Verify_OtherTextAroundPem_IsMalformed(string text, bool before)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        _maker.Reasons(Quote(before ? [.. bytes, .. _maker.PckChain] : [.. _maker.PckChain, .. bytes]), _maker.Collateral()).ShouldContain("PckChainMalformed");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0, 1)]
    [InlineData(0, 1, 2, 2)]
    [InlineData(0, 0, 1, 1, 2)]
    public void Verify_OtherThanThreeCertificates_IsMalformed(params int[] order)
        => _maker.Reasons(Quote(Pem(order)), _maker.Collateral()).ShouldContain("PckChainMalformed");

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(0, 2, 2)]
    [InlineData(1, 1, 2)]
    [InlineData(0, 0, 2)]
    public void Verify_NoChainFromIssuerToIssuer_IsInvalid(params int[] order)
        => _maker.Reasons(Quote(Pem(order)), _maker.Collateral()).ShouldContain("PckChainInvalid");

    // The leaf says the same of its platform whatever stands beside it; what it says is proven by nothing then.
    [Theory]
    [InlineData("PckChainMalformed", 0)]
    [InlineData("PckChainMalformed", 1, 0)]
    [InlineData("PckChainInvalid", 0, 2, 2)]
    public void Verify_LeafWithoutItsChain_StillStatesItsPlatform(string reason, params int[] order)
    {
        var appraisal = _maker.Verify(Quote(Pem(order)), _maker.Collateral());

        appraisal.Faults.Select(fault => fault.Kind.ToString()).ShouldBe([reason]);
        appraisal.Facts!.Pck!.Fmspc.ToArray().ShouldBe(_maker.Platform.Processor.Fmspc.ToArray());
        appraisal.Facts.Pck.Ca.ShouldBe("Intel SGX PCK Processor CA");
        appraisal.Facts.Pck.RootKey.ShouldBeNull();
        appraisal.Facts.Status.ShouldBe(Enclave.Attestation.Tcb.TcbStatus.UpToDate);
        _maker.Policy.Judge(appraisal).Reasons.Select(found => found.Name).ShouldBe([reason]);
        // Whoever leaves the fault out is not believed for it.
        _maker.Policy.Judge(appraisal with { Faults = [] }).Reasons.Select(found => found.Name).ShouldBe(["RootNotAllowed"]);
    }

    [Theory]
    [InlineData(0, 0, 2)]
    [InlineData(1, 2)]
    public void Verify_NotExactlyOneLeaf_StatesNoPlatform(params int[] order)
    {
        var appraisal = _maker.Verify(Quote(Pem(order)), _maker.Collateral());

        appraisal.Facts!.Pck.ShouldBeNull();
        appraisal.Facts.Status.ShouldBeNull();
        _maker.Policy.Judge(appraisal).IsAccepted.ShouldBeFalse();
    }

    [Fact]
    public void Verify_Base64ThatIsNotCanonical_IsMalformed()
    {
        var text = Encoding.ASCII.GetString(_maker.PckChain);
        var end = text.IndexOf("=\n-----END", StringComparison.Ordinal);
        if (end < 0) return; // no certificate of this run ends in padding: nothing to change

        var before = text[end - 1] == '=' ? end - 2 : end - 1;
        var changed = text[..before] + (char)(text[before] + 1) + text[(before + 1)..];
        _maker.Reasons(Quote(Encoding.ASCII.GetBytes(changed)), _maker.Collateral()).ShouldContain("PckChainMalformed");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Verify_PpidInTheQuote_TakesTheChainFromBeside(int type)
    {
        var quote = _maker.Quote(3, QuoteMaker.SgxBody(), certificationType: type, certificationData: new byte[36]);

        _maker.Reasons(quote, _maker.Collateral() with { PckChain = _maker.PckChain }).ShouldBeEmpty();
        _maker.Reasons(quote, _maker.Collateral()).ShouldContain("PckChainMissing");
    }

    [Fact]
    public void Verify_LeafInTheQuote_IsCompletedByTheCrlsIssuers()
    {
        var quote = _maker.Quote(3, QuoteMaker.SgxBody(), certificationType: 4, certificationData: Pem([0]));

        _maker.Reasons(quote, _maker.Collateral()).ShouldBeEmpty();
        _maker.Reasons(quote, _maker.Collateral() with { PckCrlIssuerChain = null }).ShouldContain("PckChainMalformed");
    }

    [Fact]
    public void Verify_ChainInTheQuote_IsNotReplacedByOneBeside()
    {
        using var other = new QuoteMaker();
        _maker.Reasons(Quote(other.PckChain), _maker.Collateral() with { PckChain = _maker.PckChain }).ShouldContain("RootUntrusted");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(65535)]
    public void Verify_OtherCertificationData_IsUnsupported(int type)
        => _maker.Reasons(_maker.Quote(3, QuoteMaker.SgxBody(), certificationType: type), _maker.Collateral()).ShouldContain("CertificationDataUnsupported");

    [Fact]
    public void Verify_ByEitherCa_IsAccepted()
    {
        using var maker = new QuoteMaker(new SimulatedProcessor { ByPlatformCa = true });
        var appraisal = maker.Verify(maker.Quote(4, QuoteMaker.SgxBody()), maker.Collateral());

        appraisal.Faults.ShouldBeEmpty();
        appraisal.Facts!.Pck!.Ca.ShouldBe("Intel SGX PCK Platform CA");
        appraisal.Facts.Pck.PlatformInstanceId.ShouldNotBeNull();
        _maker.Verify(Quote(_maker.PckChain), _maker.Collateral()).Facts!.Pck!.PlatformInstanceId.ShouldBeNull();
    }

    private byte[] Quote(byte[] chain) => _maker.Quote(3, QuoteMaker.SgxBody(), certificationData: chain);

    private byte[] Pem(int[] order)
        => [.. order.SelectMany(i => Encoding.ASCII.GetBytes(new[] { _maker.Platform.Certificates.Pck, _maker.Platform.Certificates.PckCa, _maker.Platform.Certificates.Root }[i].ExportCertificatePem() + "\n"))];
}
