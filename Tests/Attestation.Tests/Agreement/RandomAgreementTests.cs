using System.Text.Json.Nodes;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Tcb;
using Pythia.Tests.Quotes;
using Shouldly;

namespace Pythia.Tests.Agreement;

/// <summary>
/// Made evidence at random, held against the other implementation: levels that a platform reaches or just misses, statuses of platform and quoting enclave, and one byte
/// changed anywhere. The seed is fixed; <c>PYTHIA_AGREEMENT_INPUTS</c> sets another number of inputs each. docs/decisions/015 lists where the two differ on purpose.
/// </summary>
public sealed class RandomAgreementTests : IDisposable
{
    private const int DefaultInputs = 60;

    private static readonly int Inputs = int.TryParse(Environment.GetEnvironmentVariable("PYTHIA_AGREEMENT_INPUTS"), out var number) ? number : DefaultInputs;

    // The other one reads neither dates, issuers nor signatures of CRLs, and lets text stand around PEM.
    private static readonly string[] OnlyOurs =
    [
        "RootCrlMalformed", "RootCrlIssuerMismatch", "RootCrlSignatureInvalid", "RootCrlNotYetValid", "RootCrlExpired",
        "PckCrlMalformed", "PckCrlIssuerMismatch", "PckCrlSignatureInvalid", "PckCrlNotYetValid", "PckCrlExpired",
        "PckChainMalformed", "TcbInfoChainMalformed", "QeIdentityChainMalformed",
    ];

    private static readonly string[] Statuses = [.. TcbStatuses.OfPlatforms.Select(status => status.ToString())];

    private readonly QuoteMaker _maker = new();
    private readonly OtherVerifier _other = new();

    public void Dispose()
    {
        _other.Dispose();
        _maker.Dispose();
    }

    [AgreementFact]
    public async Task RandomLevels_BothFindTheSameStatus()
    {
        var random = new Random(15);
        var (found, none) = (0, 0);
        for (var i = 0; i < Inputs; i++)
        {
            var collateral = _maker.Collateral(tcbInfo: RandomTcbInfo(random)) with { QeIdentity = _maker.Sign("enclaveIdentity", RandomQeIdentity(random)) };
            var quote = _maker.Quote(3, QuoteMaker.SgxBody()); // the other one takes SGX in version 3 alone
            var appraisal = _maker.Verify(quote, collateral);
            var (status, advisoryIds, error) = await JudgeAsync(quote, collateral);

            if (error is not null) // no level, or Revoked
            {
                (appraisal.Facts!.Status is null or TcbStatus.Revoked).ShouldBeTrue($"input {i}: {appraisal.Facts.Status} here, there {error}");
                none++;
                continue;
            }

            // The other one forgets the configuration under a quoting enclave that is out of date; Intel's table keeps it.
            var expected = status == "OutOfDate" && appraisal.Facts!.Qe!.Status == TcbStatus.OutOfDate && TcbStatuses.NeedsConfiguration(appraisal.Facts.Platform!.Status)
                ? "OutOfDateConfigurationNeeded"
                : status;
            appraisal.Facts!.Status.ToString().ShouldBe(expected, $"input {i}");
            appraisal.Facts.AdvisoryIds.Order(StringComparer.Ordinal).ShouldBe(advisoryIds.Order(StringComparer.Ordinal), $"input {i}");
            found++;
        }

        found.ShouldBeGreaterThan(Inputs / 4);
        none.ShouldBeGreaterThan(Inputs / 10);
    }

    [AgreementFact]
    public async Task RandomByteChanged_NobodyLetsThroughWhatTheOtherRefuses()
    {
        var random = new Random(16);
        var everything = _maker.Policy with { Statuses = [.. Enum.GetValues<TcbStatus>()] };
        for (var i = 0; i < Inputs; i++)
        {
            var version = 3 + random.Next(3);
            var (quote, good) = (version == 3 ? _maker.Quote(version, QuoteMaker.SgxBody()) : _maker.Quote(version, TdxBody(is15: version == 5), isTdx: true), _maker.Collateral(isTdx: version > 3));
            var piece = Tampering.Pieces[random.Next(Tampering.Pieces.Length)];
            var original = Tampering.Get(quote, good, piece);
            byte[] changed = [.. original];
            var at = random.Next(changed.Length);
            changed[at] ^= (byte)(1 << random.Next(8));
            var (changedQuote, collateral) = Tampering.With(quote, good, piece, changed);

            var verdict = everything.Judge(_maker.Verify(changedQuote, collateral));
            var (_, _, error) = await JudgeAsync(changedQuote, collateral);

            var what = $"input {i}: byte {at} of {piece}, {string.Join(", ", verdict.Reasons.Select(reason => reason.Name))} here, there {error ?? "nothing"}";
            if (verdict.IsAccepted) Tampering.IsOutside(piece, original, at, changed[at]).ShouldBeTrue(what);
            else if (error is null) verdict.Reasons.ShouldContain(reason => OnlyOurs.Contains(reason.Name, StringComparer.Ordinal), what);
        }
    }

    private static byte[] TdxBody(bool is15)
    {
        var body = QuoteMaker.TdxBody(is15, 3, 1, 7);
        body[123] = 0x10; // SEPT_VE_DISABLE, which the other one insists on
        return body;
    }

    private Task<(string? Status, string[] AdvisoryIds, string? Error)> JudgeAsync(byte[] quote, QuoteCollateral collateral)
        => _other.JudgeAsync(quote, collateral, QuoteMaker.Now, _maker.Platform.Certificates.Root.RawData);

    private string RandomTcbInfo(Random random)
    {
        var levels = new JsonArray();
        for (var level = random.Next(4); level >= 0; level--) levels.Add(RandomLevel(random));

        var info = new JsonObject
        {
            ["id"] = "SGX",
            ["version"] = 3,
            ["issueDate"] = "2026-02-20T00:00:00Z",
            ["nextUpdate"] = "2026-03-20T00:00:00Z",
            ["fmspc"] = Convert.ToHexString(_maker.Platform.Processor.Fmspc.Span),
            ["pceId"] = "0000",
            ["tcbType"] = 0,
            ["tcbEvaluationDataNumber"] = 18,
            ["tcbLevels"] = levels,
        };
        return info.ToJsonString();
    }

    // Most levels are just reached or just missed, in one component or in PCESVN.
    private JsonObject RandomLevel(Random random)
    {
        var components = _maker.Platform.Processor.Components.ToArray();
        for (var change = random.Next(3); change > 0; change--)
        {
            var at = random.Next(8);
            components[at] = (byte)Math.Clamp(components[at] + random.Next(-2, 2), 0, byte.MaxValue);
        }

        return new JsonObject
        {
            ["tcb"] = new JsonObject
            {
                ["sgxtcbcomponents"] = new JsonArray([.. components.Select(svn => (JsonNode)new JsonObject { ["svn"] = svn })]),
                ["pcesvn"] = _maker.Platform.Processor.PceSvn + random.Next(-2, 2),
            },
            ["tcbDate"] = "2025-06-01T00:00:00Z",
            ["tcbStatus"] = Statuses[random.Next(Statuses.Length)],
            ["advisoryIDs"] = RandomAdvisories(random),
        };
    }

    private static string RandomQeIdentity(Random random)
    {
        var identity = JsonNode.Parse(QuoteMaker.QeIdentity(isTdx: false))!;
        identity["tcbLevels"] = new JsonArray(
            QeLevel(5 + random.Next(2), "UpToDate"),
            QeLevel(5, ((string[])["UpToDate", "OutOfDate", "Revoked"])[random.Next(3)]));
        return identity.ToJsonString();

        JsonNode QeLevel(int svn, string status) => new JsonObject
        {
            ["tcb"] = new JsonObject { ["isvsvn"] = svn },
            ["tcbDate"] = "2025-06-01T00:00:00Z",
            ["tcbStatus"] = status,
            ["advisoryIDs"] = RandomAdvisories(random),
        };
    }

    private static JsonArray RandomAdvisories(Random random) => new([.. Enumerable.Range(0, random.Next(3)).Select(_ => (JsonNode)$"INTEL-SA-{random.Next(4):00000}").DistinctBy(id => id.ToString())]);
}
