using System.Text;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Attestation.Tcb;
using Pythia.Tests.Quotes;
using Shouldly;

namespace Pythia.Tests.Policies;

/// <summary>Each thing that a policy can object to, alone; and each mistake of a policy file, named.</summary>
public sealed class QuotePolicyTests : IDisposable
{
    private static readonly string MrEnclave = string.Concat(Enumerable.Repeat("e1", 32));
    private static readonly string MrSigner = string.Concat(Enumerable.Repeat("e2", 32));
    private static readonly string MrTd = string.Concat(Enumerable.Repeat("d1", 48));
    private static readonly string MrServiceTd = string.Concat(Enumerable.Repeat("b1", 48));

    private readonly QuoteMaker _maker = new();

    public void Dispose() => _maker.Dispose();

    [Theory]
    [InlineData("Revoked", TcbStatus.Revoked)]
    [InlineData("OutOfDate", TcbStatus.OutOfDate)]
    public void Judge_QuotingEnclaveBehind_DrawsTheWholeDown(string value, TcbStatus status)
    {
        var (quote, collateral) = Simulated(new SimulatedStanding { QeStatus = value });
        var appraisal = _maker.Verify(quote, collateral);

        appraisal.Facts!.Platform!.Status.ShouldBe(TcbStatus.UpToDate);
        appraisal.Facts.Status.ShouldBe(status);
        _maker.Reasons(quote, collateral).ShouldBe(["StatusNotAllowed"]);
    }

    [Fact]
    public void Judge_Revoked_IsRefusedWhateverIsAllowed()
    {
        var everything = _maker.Policy with { Statuses = [.. Enum.GetValues<TcbStatus>()] };
        var quote = _maker.Quote(3, QuoteMaker.SgxBody());

        _maker.Reasons(quote, _maker.Collateral(standing: new SimulatedStanding { TcbStatus = "OutOfDate" }), everything).ShouldBeEmpty();
        _maker.Reasons(quote, _maker.Collateral(standing: new SimulatedStanding { TcbStatus = "Revoked" }), everything).ShouldBe(["StatusNotAllowed"]);
    }

    [Fact]
    public void Judge_MissingCrls_AreRefusedUnlessOptional()
    {
        var quote = _maker.Quote(3, QuoteMaker.SgxBody());
        var bare = _maker.Collateral() with { RootCaCrl = null, PckCrl = null };

        _maker.Reasons(quote, bare).ShouldBe(["PckCrlMissing", "RootCrlMissing"]);
        _maker.Reasons(quote, bare, _maker.Policy with { CrlsRequired = false }).ShouldBeEmpty();
        // The lists of root and CA are not to be taken for each other, optional or not.
        var swapped = _maker.Collateral() with { RootCaCrl = _maker.Collateral().PckCrl, PckCrl = _maker.Collateral().RootCaCrl };
        _maker.Reasons(quote, swapped, _maker.Policy with { CrlsRequired = false })
            .ShouldBe(["PckCrlIssuerMismatch", "PckCrlSignatureInvalid", "RootCrlIssuerMismatch", "RootCrlSignatureInvalid"]);
    }

    [Theory]
    [InlineData("""{"measurements":[{"mrenclave":"@E"}]}""")]
    [InlineData("""{"measurements":[{"mrsigner":"@S","isvProdId":3,"minimumIsvSvn":4}]}""")]
    [InlineData("""{"measurements":[{"mrsigner":"@S","isvProdId":2,"minimumIsvSvn":0},{"mrenclave":"@E"}]}""")]
    [InlineData("""{"measurements":[{"mrsigner":"@S","isvProdId":2,"minimumIsvSvn":4}]}""", "MeasurementNotAllowed")]
    [InlineData("""{"measurements":[{"mrsigner":"@S","isvProdId":3,"minimumIsvSvn":5}]}""", "MeasurementNotAllowed")]
    [InlineData("""{"measurements":[{"mrenclave":"@S"}]}""", "MeasurementNotAllowed")]
    [InlineData("""{"measurements":[{"mrtd":"@T"}]}""", "MeasurementNotAllowed")]
    [InlineData("""{"measurements":[]}""", "MeasurementNotAllowed")]
    [InlineData("""{"minimumEvaluationNumber":17}""")]
    [InlineData("""{"minimumEvaluationNumber":18}""", "EvaluationNumberTooLow")]
    [InlineData("""{"platforms":["73696d756c6174656420707069642032"]}""", "PlatformNotAllowed")]
    [InlineData("""{"platforms":["73696d756c6174656420707069642031"]}""")]
    [InlineData("""{"minimumEvaluationNumber":0}""")]
    [InlineData("""{"platforms":[]}""", "PlatformNotAllowed")]
    [InlineData("""{"statuses":[]}""", "StatusNotAllowed")]
    [InlineData("""{"statuses":["UpToDate","UpToDate"]}""")]
    [InlineData("""{"advisories":[],"configurations":[]}""")] // it has none; a quote alone tells no configuration
    [InlineData("""{"measurements":[{"mrenclave":"@S"},{"mrenclave":"@E"},{"mrenclave":"@E","statuses":[]}]}""")]
    [InlineData("""{"measurements":[{"mrenclave":"@E","statuses":[]}]}""", "StatusNotAllowed")]
    [InlineData("""{"statuses":["SWHardeningNeeded"]}""", "StatusNotAllowed")]
    [InlineData("""{"statuses":[],"measurements":[{"mrenclave":"@E","statuses":["UpToDate"]}]}""")]
    [InlineData("""{"measurements":[{"mrenclave":"@E","statuses":["OutOfDate"]}]}""", "StatusNotAllowed")]
    public void Judge_PolicyFile_DecidesAsItSays(string json, params string[] reasons)
    {
        _maker.Reasons(_maker.Quote(3, QuoteMaker.SgxBody()), _maker.Collateral(), Read(json) with { Trust = _maker.Trust }).ShouldBe(reasons);
    }

    [Fact]
    public void Judge_DebugAllowedByName_IsForThatMeasurementAlone()
    {
        var policy = Read("""{"measurements":[{"name":"bench","mrenclave":"@E","debug":true}]}""") with { Trust = _maker.Trust };
        var verdict = policy.Judge(_maker.Verify(_maker.Quote(3, QuoteMaker.SgxBody(0x07)), _maker.Collateral()));

        verdict.IsAccepted.ShouldBeTrue();
        verdict.Measurement!.Name.ShouldBe("bench");
        var other = QuoteMaker.SgxBody(0x07);
        other[64] = 0;
        _maker.Reasons(_maker.Quote(3, other), _maker.Collateral(), policy).ShouldBe(["DebugEnabled", "MeasurementNotAllowed"]);
    }

    [Fact]
    public void Judge_Advisories_AreAllowedForAllOrForOneMeasurement()
    {
        var quote = _maker.Quote(3, QuoteMaker.SgxBody());
        var collateral = _maker.Collateral(standing: new SimulatedStanding { TcbStatus = "SWHardeningNeeded", AdvisoryIds = ["INTEL-SA-00334", "INTEL-SA-00615"] });

        _maker.Reasons(quote, collateral).ShouldBeEmpty();
        Judge("""{"advisories":["INTEL-SA-00615"]}""").ShouldBe(["AdvisoryNotAllowed"]);
        Judge("""{"advisories":["INTEL-SA-00615","INTEL-SA-00334"]}""").ShouldBeEmpty();
        Judge("""{"advisories":[],"measurements":[{"mrenclave":"@E","advisories":["INTEL-SA-00334","INTEL-SA-00615"]}]}""").ShouldBeEmpty();
        Judge("""{"measurements":[{"mrenclave":"@E","advisories":["INTEL-SA-00334"]}]}""").ShouldBe(["AdvisoryNotAllowed"]);

        string[] Judge(string json) => _maker.Reasons(quote, collateral, Read(json) with { Trust = _maker.Trust });
    }

    [Fact]
    public void Judge_Mrtd_IsTheMeasurementOfATrustDomain()
    {
        var quote = _maker.Quote(4, QuoteMaker.TdxBody(false, 3, 1, 7), isTdx: true);
        _maker.Reasons(quote, _maker.Collateral(isTdx: true), Read("""{"measurements":[{"mrtd":"@T"}]}""") with { Trust = _maker.Trust }).ShouldBeEmpty();
        _maker.Reasons(quote, _maker.Collateral(isTdx: true), Read("""{"measurements":[{"mrenclave":"@E"}]}""") with { Trust = _maker.Trust }).ShouldBe(["MeasurementNotAllowed"]);
    }

    // A pinned domain may not be moved by one that nobody named; without a pin there is nothing to hold it to.
    [Theory]
    [InlineData("""{"crls":"required"}""")]
    [InlineData("""{"measurements":[{"mrtd":"@T"}]}""", "ServiceTdBound")]
    [InlineData("""{"measurements":[{"mrtd":"@T","mrservicetd":"@V"}]}""")]
    [InlineData("""{"measurements":[{"mrtd":"@T","mrservicetd":"@T"}]}""", "ServiceTdBound")]
    [InlineData("""{"measurements":[{"mrtd":"@T"},{"mrtd":"@T","mrservicetd":"@V"}]}""")]
    public void Judge_ServiceDomain_IsPinnedWithTheDomain(string json, params string[] reasons)
    {
        var body = QuoteMaker.TdxBody(is15: true, 3, 1, 7);
        body.AsSpan(600, 48).Fill(0xB1);
        _maker.Reasons(_maker.Quote(5, body, isTdx: true), _maker.Collateral(isTdx: true), Read(json) with { Trust = _maker.Trust }).ShouldBe(reasons);
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, false)]
    [InlineData(5, true)]
    public void Judge_ServiceDomainThatIsNotThere_IsNotTheOneNamed(int version, bool is15)
    {
        var quote = _maker.Quote(version, QuoteMaker.TdxBody(is15, 3, 1, 7), isTdx: true);
        _maker.Reasons(quote, _maker.Collateral(isTdx: true), Read("""{"measurements":[{"mrtd":"@T"}]}""") with { Trust = _maker.Trust }).ShouldBeEmpty();
        _maker.Reasons(quote, _maker.Collateral(isTdx: true), Read("""{"measurements":[{"mrtd":"@T","mrservicetd":"@V"}]}""") with { Trust = _maker.Trust }).ShouldBe(["ServiceTdBound"]);
    }

    [Fact]
    public void AllowsConfiguration_PinnedHash_IsTheMeasurementsOrElseThePolicys()
    {
        var policy = Read($$"""{"configurations":["{{new string('a', 64)}}"],"measurements":[{"mrenclave":"@E","configurations":["{{new string('b', 64)}}"]},{"mrsigner":"@S","isvProdId":0,"minimumIsvSvn":0}]}""");

        var (first, second) = (Verdict(0), Verdict(1));
        policy.AllowsConfiguration(first, Convert.FromHexString(new string('b', 64))).ShouldBeTrue();
        policy.AllowsConfiguration(first, Convert.FromHexString(new string('a', 64))).ShouldBeFalse();
        policy.AllowsConfiguration(second, Convert.FromHexString(new string('a', 64))).ShouldBeTrue();
        QuotePolicy.Strict.AllowsConfiguration(new PolicyVerdict([], null), new byte[32]).ShouldBeTrue();

        PolicyVerdict Verdict(int at) => new([], policy.Measurements!.Value[at]) { Fitting = [policy.Measurements.Value[at]] };
    }

    [Fact]
    public void Judge_AppraisalWithoutAnything_IsRefused()
        => QuotePolicy.Strict.Judge(new QuoteAppraisal(null, [])).Reasons.Select(reason => reason.Name).ShouldBe(["StatusUnknown"]);

    [Fact]
    public void Read_Roots_NamesIntelAndOthers()
    {
        var policy = Read($$"""{"roots":["intel","{{Convert.ToHexStringLower(_maker.Platform.RootKey.Span)}}"],"crls":"optional","debug":true}""");

        policy.Trust.RootKeys.Length.ShouldBe(2);
        policy.Trust.Holds(QuoteTrust.Intel.RootKeys[0].Span).ShouldBeTrue();
        policy.CrlsRequired.ShouldBeFalse();
        policy.DebugAllowed.ShouldBeTrue();
    }

    [Theory]
    [InlineData("", "no JSON object")]
    [InlineData("[]", "policy: Array found, an object expected")]
    [InlineData("{} {}", "no JSON object")]
    [InlineData("""{"crls":"required","crls":"optional"}""", "crls")]
    [InlineData("""{"crl":"optional"}""", "member \"crl\" is unknown")]
    [InlineData("""{"crls":"maybe"}""", "required or optional expected")]
    [InlineData("""{"roots":[]}""", "roots: none found")]
    [InlineData("""{"roots":["amd"]}""", "\"intel\" or 128")]
    [InlineData("""{"statuses":["Uptodate"]}""", "statuses: \"Uptodate\" found")]
    [InlineData("""{"statuses":["Revoked"]}""", "Revoked found, which nothing allows")]
    [InlineData("""{"statuses":["0"]}""", "statuses: \"0\" found")]
    [InlineData("""{"statuses":"UpToDate"}""", "an array expected")]
    [InlineData("""{"debug":"false"}""", "true or false expected")]
    [InlineData("""{"minimumEvaluationNumber":-1}""", "a number from 0")]
    [InlineData("""{"platforms":["AA"]}""", "32 lower-case hex digits")]
    [InlineData("""{"platforms":[1]}""", "platforms: 1 found, a string expected")]
    [InlineData("""{"advisories":"INTEL-SA-00615"}""", "advisories: String found, an array expected")]
    [InlineData("""{"minimumEvaluationNumber":null}""", "minimumEvaluationNumber: null found, a number from 0")]
    [InlineData("""{"minimumEvaluationNumber":17.0}""", "minimumEvaluationNumber: 17.0 found, a number from 0")]
    [InlineData("""{"statuses":null}""", "statuses: Null found, an array expected")]
    [InlineData("""{"measurements":null}""", "measurements: Null found, an array expected")]
    [InlineData("""{"measurements":["@E"]}""", "measurements[0]: String found, an object expected")]
    [InlineData("""{"measurements":[{"mrenclave":"@E"},{"mrenclave":"@E","isvSvn":1}]}""", "measurements[1]: member \"isvSvn\" is unknown")]
    [InlineData("""{"measurements":[{"mrenclave":"@E","debug":true,"debug":false}]}""", "debug")]
    [InlineData("""{"measurements":[{"mrenclave":"@E","statuses":["Revoked"]}]}""", "measurements[0].statuses: Revoked found, which nothing allows")]
    [InlineData("""{"configurations":[[[[[[[[[]]]]]]]]]}""", "no JSON object")]
    [InlineData("""{"debug":true} //""", "no JSON object")]
    [InlineData("""{"measurements":[{}]}""", "measurements[0]: none found")]
    [InlineData("""{"measurements":[{"mrenclave":"@E","mrtd":"@T"}]}""", "measurements[0]: mrenclave and mrtd found")]
    [InlineData("""{"measurements":[{"mrsigner":"@S"}]}""", "isvProdId and minimumIsvSvn are expected")]
    [InlineData("""{"measurements":[{"mrenclave":"@E","isvProdId":1}]}""", "isvProdId and minimumIsvSvn are expected")]
    [InlineData("""{"measurements":[{"mrenclave":"12"}]}""", "64 lower-case hex digits")]
    [InlineData("""{"measurements":[{"mrenclave":"@E","mrservicetd":"@V"}]}""", "measurements[0]: mrservicetd is expected beside mrtd")]
    [InlineData("""{"measurements":[{"mrtd":"@T","mrservicetd":"b1"}]}""", "measurements[0].mrservicetd: \"b1\" found, 96 lower-case hex digits")]
    [InlineData("""{"measurements":[{"mrtd":"@T","mrservicetd":"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"}]}""", "measurements[0]: mrservicetd: zeros found")]
    public void Read_Mistake_IsNamed(string json, string named)
        => Should.Throw<QuotePolicyException>(() => Read(json)).Message.ShouldContain(named);

    [Fact]
    public void Read_SeveralMistakes_NamesEach()
    {
        var message = Should.Throw<QuotePolicyException>(() => Read("""{"crls":"no","statuses":["x"],"color":1}""")).Message;
        message.Split(Environment.NewLine).Length.ShouldBe(3);
    }

    private static QuotePolicy Read(string json) => QuotePolicy.Read(Encoding.UTF8.GetBytes(
        json.Replace("@E", MrEnclave, StringComparison.Ordinal).Replace("@S", MrSigner, StringComparison.Ordinal).Replace("@T", MrTd, StringComparison.Ordinal)
            .Replace("@V", MrServiceTd, StringComparison.Ordinal)));

    private (byte[] Quote, QuoteCollateral Collateral) Simulated(SimulatedStanding standing)
        => (_maker.Platform.Quote(new SimulatedEnclave(new byte[32]), new byte[64]), _maker.Platform.IssueCollateral(standing));
}

/// <summary>The page that operators read says what the code does.</summary>
public sealed class PolicyPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Vectors.SharedVectors.RepositoryRoot, "docs", "operations", "attestation-policy.md"));

    [Fact]
    public void Page_Example_IsAPolicy()
    {
        var start = Page.IndexOf("```json\n", StringComparison.Ordinal) + 8;
        var policy = QuotePolicy.Read(Encoding.UTF8.GetBytes(Page[start..Page.IndexOf("```", start, StringComparison.Ordinal)]));

        policy.Measurements!.Value.Length.ShouldBe(2);
        policy.MinimumEvaluationNumber.ShouldBe(17);
    }

    [Fact]
    public void Page_Refusals_AreAllNamed()
    {
        foreach (var name in Enum.GetNames<PolicyRefusal>()) Page.ShouldContain($"`{name}`");
        foreach (var name in Enum.GetNames<TcbStatus>()) Page.ShouldContain($"`{name}`");
    }
}
