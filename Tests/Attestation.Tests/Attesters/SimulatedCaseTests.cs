using System.Security.Cryptography;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Attestation.Tcb;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Tests.Attesters;

/// <summary>The cases that no public data has: a whole hierarchy in which one thing is wrong, and the one reason that it must be refused for.</summary>
public sealed class SimulatedCaseTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly SimulatedEnclave Enclave = new(SHA256.HashData("code"u8));
    private static readonly byte[] ReportData = [.. SHA256.HashData("bound"u8), .. new byte[32]];

    private readonly SimulatedPlatform _platform = SimulatedPlatform.Create(new ManualTimeProvider(Now));

    /// <summary>What is wrong, every reason that verifier and policy give together, in their order.</summary>
    public static TheoryData<string, string[]> Cases => new()
    {
        { "nothing", [] },
        { "nothing, Platform CA", [] },
        { "SWHardeningNeeded", [] },
        { "leaf revoked", ["PckCertificateRevoked"] },
        { "intermediate revoked", ["IntermediateRevoked"] },
        { "TCB signer revoked", ["TcbSignerRevoked"] },
        { "level Revoked", ["StatusNotAllowed"] },
        { "level OutOfDate", ["StatusNotAllowed"] },
        { "level ConfigurationNeeded", ["StatusNotAllowed"] },
        { "below every level", ["TcbLevelUnsupported"] },
        { "QE Revoked", ["StatusNotAllowed"] },
        { "QE OutOfDate", ["StatusNotAllowed"] },
        { "QE of another signer", ["QeSignerMismatch"] },
        { "QE debug", ["QeAttributesMismatch"] },
        { "root CRL missing", ["RootCrlMissing"] },
        { "PCK CRL missing", ["PckCrlMissing"] },
        { "root CRL expired", ["RootCrlExpired"] },
        { "PCK CRL expired", ["PckCrlExpired"] },
        { "root CRL as PCK CRL", ["PckCrlIssuerMismatch", "PckCrlSignatureInvalid"] },
        { "TCB info missing", ["TcbInfoMissing", "EvaluationNumberTooLow"] },
        { "documents expired", ["TcbInfoExpired", "QeIdentityExpired"] },
        { "issued in the future", ["RootCrlNotYetValid", "PckCrlNotYetValid", "TcbInfoNotYetValid", "QeIdentityNotYetValid"] },
        { "TCB info tampered", ["TcbInfoSignatureInvalid"] },
        { "QE identity tampered", ["QeIdentitySignatureInvalid"] },
        { "TCB info of another FMSPC", ["FmspcMismatch"] },
        { "TCB info of another PCE", ["PceIdMismatch"] },
        { "evaluation number too low", ["EvaluationNumberTooLow"] },
        { "debug enclave", ["DebugEnabled"] },
        { "enclave not initialized", ["NotInitialized"] },
        { "another measurement", ["MeasurementNotAllowed"] },
        { "another platform", ["PlatformNotAllowed"] },
        { "REPORTDATA changed", ["QuoteSignatureInvalid"] },
        { "Intel's trust", ["RootUntrusted"] },
    };

    public void Dispose() => _platform.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Verify_OneThingWrong_IsRefusedForThat(string wrong, string[] expected)
    {
        using var variant = Variant(wrong);
        var platform = variant ?? _platform;
        var quote = platform.Quote(EnclaveOf(wrong), ReportData);
        if (wrong == "REPORTDATA changed") quote[368] ^= 1;
        var trust = wrong == "Intel's trust" ? QuoteTrust.Intel : QuoteTrust.Of(platform.RootKey);

        var appraisal = QuoteVerifier.Verify(quote, Collateral(wrong, platform), trust, Now);
        var verdict = PolicyOf(wrong, trust).Judge(appraisal);

        verdict.Reasons.Select(reason => reason.Name).Distinct(StringComparer.Ordinal).ShouldBe(expected, ignoreOrder: true, Details(verdict));
        verdict.IsAccepted.ShouldBe(expected.Length == 0);
    }

    [Fact]
    public void Judge_StrictPolicy_RefusesTheSimulatedRootByName()
    {
        var quote = _platform.Quote(Enclave, ReportData);

        var byIntel = QuotePolicy.Strict.Judge(QuoteVerifier.Verify(quote, _platform.IssueCollateral(), QuoteTrust.Intel, Now));
        byIntel.IsAccepted.ShouldBeFalse();
        byIntel.Reasons.Select(reason => reason.Name).ShouldContain("RootUntrusted");

        // Whoever hands the verifier another trust than the policy's gets no further.
        var byItself = QuotePolicy.Strict.Judge(QuoteVerifier.Verify(quote, _platform.IssueCollateral(), QuoteTrust.Of(_platform.RootKey), Now));
        byItself.Reasons.Select(reason => reason.Name).ShouldBe(["RootNotAllowed"]);
    }

    [Fact]
    public void Verify_SimulatedQuote_StatesEveryFact()
    {
        var facts = QuoteVerifier.Verify(
            _platform.Quote(Enclave with { ProductId = 3, SecurityVersion = 4 }, ReportData),
            _platform.IssueCollateral(new SimulatedStanding { TcbStatus = "SWHardeningNeeded", AdvisoryIds = ["INTEL-SA-00615"], EvaluationNumber = 18 }),
            QuoteTrust.Of(_platform.RootKey), Now).Facts!;

        facts.Sgx!.MrEnclave.ToArray().ShouldBe(Enclave.Measurement.ToArray());
        facts.Sgx.MrSigner.ToArray().ShouldBe(Enclave.Signer.ToArray());
        (facts.Sgx.IsvProdId, facts.Sgx.IsvSvn, facts.Debug).ShouldBe((3, 4, false));
        facts.ReportData.ToArray().ShouldBe(ReportData);
        facts.Pck!.Fmspc.ToArray().ShouldBe(_platform.Processor.Fmspc.ToArray());
        facts.Pck.Ppid.ToArray().ShouldBe(_platform.Processor.Ppid.ToArray());
        (facts.Status, facts.TcbEvaluationNumber, facts.QeEvaluationNumber).ShouldBe((TcbStatus.SWHardeningNeeded, 18, 18));
        facts.AdvisoryIds.ShouldBe(["INTEL-SA-00615"]);
        facts.Validity!.Value.NotAfter.ShouldBe(Now.AddDays(30));
    }

    private static SimulatedPlatform? Variant(string wrong) => wrong switch
    {
        "nothing, Platform CA" => SimulatedPlatform.Create(new ManualTimeProvider(Now), new SimulatedProcessor { ByPlatformCa = true }),
        "QE debug" => SimulatedPlatform.Create(
            new ManualTimeProvider(Now), new SimulatedProcessor { QuotingEnclaveFlags = new SimulatedProcessor().QuotingEnclaveFlags | SimulatedEnclave.DebugFlag }),
        _ => null,
    };

    private static SimulatedEnclave EnclaveOf(string wrong) => wrong switch
    {
        "debug enclave" => Enclave with { Flags = Enclave.Flags | SimulatedEnclave.DebugFlag },
        "enclave not initialized" => Enclave with { Flags = 0x04 },
        "another measurement" => Enclave with { Measurement = SHA256.HashData("other code"u8) },
        _ => Enclave,
    };

    private static QuotePolicy PolicyOf(string wrong, QuoteTrust trust)
        => QuotePolicy.Strict with
        {
            Trust = trust,
            MinimumEvaluationNumber = 17,
            Measurements = [new AllowedMeasurement { MrEnclave = Convert.ToHexStringLower(Enclave.Measurement.Span) }],
            Platforms = wrong == "another platform" ? [new string('0', 32)] : null,
        };

    private static QuoteCollateral Collateral(string wrong, SimulatedPlatform platform)
    {
        var good = platform.IssueCollateral();
        return wrong switch
        {
            "root CRL missing" => good with { RootCaCrl = null },
            "PCK CRL missing" => good with { PckCrl = null },
            "root CRL as PCK CRL" => good with { PckCrl = good.RootCaCrl },
            "TCB info missing" => good with { TcbInfo = null },
            "TCB info tampered" => good with { TcbInfo = Changed(good.TcbInfo!.Value, "\"svn\":255", "\"svn\":254") },
            "QE identity tampered" => good with { QeIdentity = Changed(good.QeIdentity!.Value, "\"isvsvn\":8", "\"isvsvn\":1") },
            _ => platform.IssueCollateral(Standing(wrong)),
        };
    }

    private static SimulatedStanding Standing(string wrong) => wrong switch
    {
        "SWHardeningNeeded" => new() { TcbStatus = "SWHardeningNeeded", AdvisoryIds = ["INTEL-SA-00615"] },
        "leaf revoked" => new() { LeafRevoked = true },
        "intermediate revoked" => new() { IntermediateRevoked = true },
        "TCB signer revoked" => new() { TcbSignerRevoked = true },
        "level Revoked" => new() { TcbStatus = "Revoked" },
        "level OutOfDate" => new() { TcbStatus = "OutOfDate" },
        "level ConfigurationNeeded" => new() { TcbStatus = "ConfigurationNeeded" },
        "below every level" => new() { NoLevel = true },
        "QE Revoked" => new() { QeStatus = "Revoked" },
        "QE OutOfDate" => new() { QeStatus = "OutOfDate" },
        "QE of another signer" => new() { QeSigner = new byte[32] },
        "root CRL expired" => new() { IssuedAt = Now.AddDays(-2), RootCrlLifetime = TimeSpan.FromDays(1) },
        "PCK CRL expired" => new() { IssuedAt = Now.AddDays(-2), PckCrlLifetime = TimeSpan.FromDays(1) },
        "documents expired" => new() { IssuedAt = Now.AddDays(-2), Lifetime = TimeSpan.FromDays(1), PckCrlLifetime = TimeSpan.FromDays(30) },
        "issued in the future" => new() { IssuedAt = Now.AddSeconds(1) },
        "TCB info of another FMSPC" => new() { Fmspc = Convert.FromHexString("00906ED50000") },
        "TCB info of another PCE" => new() { PceId = new byte[] { 1, 0 } },
        "evaluation number too low" => new() { EvaluationNumber = 16 },
        _ => new(),
    };

    private static ReadOnlyMemory<byte> Changed(ReadOnlyMemory<byte> json, string from, string to)
    {
        var text = System.Text.Encoding.UTF8.GetString(json.Span);
        text.ShouldContain(from);
        return System.Text.Encoding.UTF8.GetBytes(text.Replace(from, to, StringComparison.Ordinal));
    }

    private static string Details(PolicyVerdict verdict) => string.Join('\n', verdict.Reasons.Select(reason => $"{reason.Name}: {reason.Detail}"));
}
