using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Tests.Quotes;

/// <summary>Real quotes at their time: every fact that two other programs computed, and what the strict policy makes of it.</summary>
public sealed class SharedCaseTests
{
    [VectorFact(SharedCase.Folder)]
    public void Names_OfTheFolder_AreThirteen() => SharedCase.AllNames.Length.ShouldBeGreaterThanOrEqualTo(13);

    [VectorTheory(SharedCase.Folder)]
    [MemberData(nameof(SharedCase.Names), MemberType = typeof(SharedCase))]
    public void Verify_RealQuote_GivesTheComputedFacts(string name)
    {
        var (_, quote, collateral, now, computed) = SharedCase.Load(name);
        var appraisal = QuoteVerifier.Verify(quote, collateral, QuoteTrust.Intel, now);
        var facts = appraisal.Facts.ShouldNotBeNull();

        facts.Version.ShouldBe(Number("quote_version"));
        facts.Tee.ToString().ToUpperInvariant().ShouldBe(Text("tee"));
        Hex(facts.Pck!.Fmspc).ShouldBe(Text("fmspc"));
        facts.Pck.Components.ToArray().Select(svn => (int)svn).ShouldBe(computed.GetProperty("pck_comp_svn").EnumerateArray().Select(svn => svn.GetInt32()));
        facts.Pck.PceSvn.ShouldBe(Number("pck_pcesvn"));
        facts.Pck.Ca.ShouldBe(Text("pck_ca"));
        facts.Pck.Validity.ShouldBe(new ValidityWindow(Time("pck_not_before"), Time("pck_not_after")));
        facts.Platform!.Status.ToString().ShouldBe(Text("platform_tcb_status"));
        facts.Platform.AdvisoryIds.ShouldBe(Texts("platform_advisories"));
        facts.Platform.Date.ShouldBe(Time("platform_tcb_date"));
        facts.Qe!.Status.ToString().ShouldBe(Text("qe_tcb_status"));
        facts.Qe.AdvisoryIds.ShouldBe(Texts("qe_advisories"));
        facts.Status.ToString().ShouldBe(Text("converged_status"));
        facts.AdvisoryIds.ShouldBe(Texts("platform_advisories").Union(Texts("qe_advisories")));
        facts.TcbEvaluationNumber.ShouldBe(Number("tcb_eval_num"));
        facts.QeEvaluationNumber.ShouldBe(Number("qe_eval_num"));
        facts.Debug.ShouldBe(computed.GetProperty("debug").GetBoolean());
        Hex(facts.Sgx!.MrEnclave).ShouldBe(Text("mrenclave"));
        Hex(facts.Sgx.MrSigner).ShouldBe(Text("mrsigner"));
        facts.Sgx.IsvProdId.ShouldBe(Number("isvprodid"));
        facts.Sgx.IsvSvn.ShouldBe(Number("isvsvn"));
        Hex(facts.ReportData).ShouldBe(Text("reportdata"));
        facts.TrailingBytes.ShouldBe(Number("trailing_bytes"));

        int Number(string member) => computed.GetProperty(member).GetInt32();
        string? Text(string member) => computed.GetProperty(member).GetString();
        DateTimeOffset Time(string member) => DateTimeOffset.Parse(Text(member)!);
        string[] Texts(string member) => [.. computed.GetProperty(member).EnumerateArray().Select(text => text.GetString()!)];
    }

    [VectorTheory(SharedCase.Folder)]
    [InlineData("sgx3-automata-v3")]
    [InlineData("sgx3-azure-intelsdk-debug", "DebugEnabled", "PckCrlMissing")]
    [InlineData("sgx3-azure-intelsdk-release", "PckCrlMissing")]
    [InlineData("sgx3-azure-oesdk-release-OUTOFDATE", "PckCrlMissing", "StatusNotAllowed")]
    [InlineData("sgx3-gramine-ratls-konvera", "StatusNotAllowed")]
    [InlineData("sgx3-gramine-teleport-v008c-eval17", "PckCrlMissing", "RootCrlMissing")]
    [InlineData("sgx3-gramine-teleport-v008c-eval19", "PckCrlMissing", "RootCrlMissing", "StatusNotAllowed")]
    [InlineData("sgx3-integritee-debug", "DebugEnabled", "PckCrlMissing")]
    [InlineData("sgx3-intelqvl-simulated-root", "NotInitialized", "NotMode64", "RootUntrusted")]
    [InlineData("sgx3-mobilecoin-swhardening", "PckCrlExpired")]
    [InlineData("sgx3-oasis-bad-tcb-certs", "PckCrlMissing", "QeIdentityChainInvalid", "QeIdentitySignatureInvalid", "RootCrlMissing", "TcbInfoChainInvalid", "TcbInfoSignatureInvalid")]
    [InlineData("sgx3-oasis-pck-chain", "PckCrlMissing", "RootCrlMissing")]
    [InlineData("sgx3-phala-confswhardening", "StatusNotAllowed")]
    public void Judge_StrictPolicy_NamesExactlyTheReasons(string name, params string[] reasons)
        => ReasonsOf(SharedCase.Load(name), QuotePolicy.Strict).ShouldBe(reasons);

    [VectorTheory(SharedCase.Folder)]
    [InlineData("sgx3-azure-intelsdk-release")]
    [InlineData("sgx3-gramine-teleport-v008c-eval17")]
    [InlineData("sgx3-oasis-pck-chain")]
    [InlineData("sgx3-integritee-debug", "DebugEnabled")]
    [InlineData("sgx3-azure-oesdk-release-OUTOFDATE", "StatusNotAllowed")]
    [InlineData("sgx3-mobilecoin-swhardening", "PckCrlExpired")]
    public void Judge_CrlsOptional_LetsOnlyMissingOnesThrough(string name, params string[] reasons)
        => ReasonsOf(SharedCase.Load(name), CrlsOptional).ShouldBe(reasons);

    // Times that the sources state, each with the one it must fail at and the last one it must not.
    [VectorTheory(SharedCase.Folder)]
    [InlineData("sgx3-oasis-pck-chain", 1670238720, "PckChainNotYetValid")]
    [InlineData("sgx3-oasis-pck-chain", 1891163522, "PckChainExpired")]
    [InlineData("sgx3-oasis-pck-chain", 1671194735, "QeIdentityNotYetValid")]
    [InlineData("sgx3-oasis-pck-chain", 1673786737, "QeIdentityExpired")]
    [InlineData("sgx3-mobilecoin-swhardening", 1691783804, "TcbInfoExpired")] // 2023-08-11T19:56:44Z
    [InlineData("sgx3-mobilecoin-swhardening", 1689191804, "QeIdentityNotYetValid")] // 2023-07-12T19:56:44Z
    [InlineData("sgx3-mobilecoin-swhardening", 1689194905, "PckCrlExpired")]
    public void Judge_StatedFailTime_FailsForTheStatedReason(string name, long at, string reason)
        => ReasonsOf(SharedCase.Load(name), CrlsOptional, DateTimeOffset.FromUnixTimeSeconds(at)).ShouldContain(reason);

    [VectorTheory(SharedCase.Folder)]
    [InlineData("sgx3-oasis-pck-chain", 1670238721, "PckChainNotYetValid")]
    [InlineData("sgx3-oasis-pck-chain", 1891163521, "PckChainExpired")]
    public void Judge_LastSecondOfACertificate_IsStillInIt(string name, long at, string reason)
        => ReasonsOf(SharedCase.Load(name), CrlsOptional, DateTimeOffset.FromUnixTimeSeconds(at)).ShouldNotContain(reason);

    [VectorFact(SharedCase.Folder)]
    public void Judge_BothEndsOfTheWindow_AreWhereTheFactsSay()
    {
        var found = SharedCase.Load("sgx3-oasis-pck-chain");
        var window = QuoteVerifier.Verify(found.Quote, found.Collateral, QuoteTrust.Intel, found.Now).Facts!.Validity!.Value;

        ReasonsOf(found, CrlsOptional, window.NotBefore).ShouldBeEmpty();
        ReasonsOf(found, CrlsOptional, window.NotAfter.AddTicks(-1)).ShouldBeEmpty();
        ReasonsOf(found, CrlsOptional, window.NotBefore.AddTicks(-1)).ShouldBe(["TcbInfoNotYetValid"]);
        ReasonsOf(found, CrlsOptional, window.NotAfter).ShouldBe(["QeIdentityExpired"]);
    }

    // The fields that a QE identity masks are compared in the order of the report's bytes; that sample's MISCSELECT is not zero.
    [VectorFact(SharedCase.Folder)]
    public void Judge_SimulatedRootAllowedByName_LeavesOnlyTheEmptyReport()
    {
        var found = SharedCase.Load("sgx3-intelqvl-simulated-root");
        var root = QuoteVerifier.Verify(found.Quote, found.Collateral, QuoteTrust.Intel, found.Now).Facts!.Pck!.RootKey!.Value;

        ReasonsOf(found, QuotePolicy.Strict with { Trust = QuoteTrust.Of(root) }).ShouldBe(["NotInitialized", "NotMode64"]);
    }

    [VectorFact(SharedCase.Folder)]
    public void Judge_AppraisalUnderAnotherTrust_IsRefusedByThePolicysRoots()
    {
        var found = SharedCase.Load("sgx3-intelqvl-simulated-root");
        var root = QuoteVerifier.Verify(found.Quote, found.Collateral, QuoteTrust.Intel, found.Now).Facts!.Pck!.RootKey!.Value;
        var appraisal = QuoteVerifier.Verify(found.Quote, found.Collateral, QuoteTrust.Of(root), found.Now);

        appraisal.IsGenuine.ShouldBeTrue();
        QuotePolicy.Strict.Judge(appraisal).Reasons.Select(reason => reason.Name).ShouldContain("RootNotAllowed");
    }

    private static QuotePolicy CrlsOptional => QuotePolicy.Strict with { CrlsRequired = false };

    private static string[] ReasonsOf(SharedCase found, QuotePolicy policy, DateTimeOffset? at = null)
        => [.. policy.Judge(QuoteVerifier.Verify(found.Quote, found.Collateral, policy.Trust, at ?? found.Now))
            .Reasons.Select(reason => reason.Name).Distinct().Order(StringComparer.Ordinal)];

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);
}
