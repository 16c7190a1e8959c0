using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Attestation.Tcb;
using Shouldly;

namespace Pythia.Tests.Quotes;

/// <summary>
/// A domain under an old TDX module on a platform that runs a new one is advised to be started anew, and each thing that a start would not mend takes the advice away.
/// Module TDX_01 is up to date from SVN 3 and out of date at 2; the best level asks for loader 7.
/// </summary>
public sealed class TdxRelaunchTests : IDisposable
{
    private readonly QuoteMaker _maker = new();

    public void Dispose() => _maker.Dispose();

    // What the domain was started under; what runs now: SVN, version, loader.
    [Theory]
    [InlineData(new byte[] { 2, 1, 7 }, new byte[] { 3, 1, 7 }, "UpToDate", "TDRelaunchAdvised")]
    [InlineData(new byte[] { 2, 1, 7 }, new byte[] { 4, 1, 9 }, "UpToDate", "TDRelaunchAdvised")]
    [InlineData(new byte[] { 2, 1, 6 }, new byte[] { 3, 1, 7 }, "SWHardeningNeeded", "TDRelaunchAdvised")]
    [InlineData(new byte[] { 2, 1, 6 }, new byte[] { 3, 1, 7 }, "OutOfDate", "TDRelaunchAdvised")] // the SGX part alone reaches the best level
    [InlineData(new byte[] { 2, 1, 6 }, new byte[] { 3, 1, 7 }, "ConfigurationNeeded", "TDRelaunchAdvisedConfigurationNeeded")]
    [InlineData(new byte[] { 2, 1, 6 }, new byte[] { 3, 1, 7 }, "OutOfDateConfigurationNeeded", "TDRelaunchAdvisedConfigurationNeeded")]
    [InlineData(new byte[] { 2, 1, 7 }, new byte[] { 3, 0, 7 }, "UpToDate", "TDRelaunchAdvised")] // version 0: held to the best level's own components
    [InlineData(new byte[] { 2, 1, 7 }, new byte[] { 2, 0, 7 }, "UpToDate", "OutOfDate")]
    [InlineData(new byte[] { 2, 1, 7 }, new byte[] { 2, 1, 7 }, "UpToDate", "OutOfDate")] // the old module still runs
    [InlineData(new byte[] { 2, 1, 7 }, new byte[] { 3, 1, 6 }, "UpToDate", "OutOfDate")] // an old loader
    [InlineData(new byte[] { 2, 1, 6 }, new byte[] { 3, 1, 7 }, "Revoked", "Revoked")]
    [InlineData(new byte[] { 3, 1, 7 }, new byte[] { 3, 1, 7 }, "UpToDate", "UpToDate")]
    [InlineData(new byte[] { 3, 1, 6 }, new byte[] { 3, 1, 7 }, "OutOfDate", "OutOfDate")] // not the module is behind
    public void Verify_ModuleThatRunsNow_DecidesWhetherARelaunchHelps(byte[] started, byte[] running, string status, string expected)
    {
        var appraisal = Verify(started, running, status);

        appraisal.Faults.ShouldBeEmpty();
        appraisal.Facts!.Status.ToString().ShouldBe(expected);
        appraisal.Facts.TdxModule!.Status.ToString().ShouldBe(started[0] == 2 ? "OutOfDate" : "UpToDate");
    }

    [Fact]
    public void Verify_ModuleThatRunsNowIsUnknown_IsNamed()
        => Verify([2, 1, 7], [9, 2, 7], "UpToDate").Faults.ShouldHaveSingleItem().Kind.ShouldBe(QuoteFaultKind.TdxModuleUnknown);

    [Fact]
    public void Verify_RevokedModule_IsRevokedWhateverRunsNow()
        => Verify([2, 1, 7], [3, 1, 7], "UpToDate", "Revoked").Facts!.Status.ShouldBe(TcbStatus.Revoked);

    // TDX 1.0 does not say what runs now.
    [Fact]
    public void Verify_Tdx10_IsOutOfDate()
    {
        var quote = _maker.Quote(5, QuoteMaker.TdxBody(is15: false, 2, 1, 7), isTdx: true);
        _maker.Verify(quote, _maker.Collateral(isTdx: true)).Facts!.Status.ShouldBe(TcbStatus.OutOfDate);
    }

    [Theory]
    [InlineData("OutOfDate", "OutOfDate")]
    [InlineData("Revoked", "Revoked")]
    public void Verify_QuotingEnclaveBehind_TakesTheAdviceAway(string qeStatus, string expected)
        => Verify([2, 1, 7], [3, 1, 7], "UpToDate", qeStatus: qeStatus).Facts!.Status.ToString().ShouldBe(expected);

    [Fact]
    public void Judge_RelaunchAdvised_IsRefusedUnlessNamed()
    {
        var appraisal = Verify([2, 1, 7], [3, 1, 7], "UpToDate");

        _maker.Policy.Judge(appraisal).Reasons.Select(reason => reason.Name).ShouldBe(["StatusNotAllowed"]);
        (_maker.Policy with { Statuses = [TcbStatus.OutOfDate] }).Judge(appraisal).IsAccepted.ShouldBeFalse();
        (_maker.Policy with { Statuses = [TcbStatus.TDRelaunchAdvised] }).Judge(appraisal).IsAccepted.ShouldBeTrue();
    }

    private QuoteAppraisal Verify(byte[] started, byte[] running, string status, string moduleStatus = "OutOfDate", string qeStatus = "UpToDate")
    {
        var body = QuoteMaker.TdxBody(is15: true, started);
        running.CopyTo(body, 584);
        var collateral = _maker.Collateral(isTdx: true, _maker.TdxTcbInfo(status, moduleStatus)) with { QeIdentity = _maker.Sign("enclaveIdentity", QuoteMaker.QeIdentity(isTdx: true, qeStatus)) };
        return _maker.Verify(_maker.Quote(5, body, isTdx: true), collateral);
    }
}
