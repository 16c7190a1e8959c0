using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Attestation.Tcb;
using Pythia.Tests.Quotes;
using Shouldly;

namespace Pythia.Tests.Agreement;

/// <summary>
/// Two implementations, the same evidence: whatever we let through the other lets through with the same status and advisories; whatever it refuses, we refuse.
/// It refuses debug and Revoked itself, and leaves all else to its caller.
/// </summary>
public sealed class AgreementTests
{
    [AgreementFact]
    public async Task RealQuotes_BothSayTheSame()
    {
        using var other = new OtherVerifier();
        var agreed = 0;
        foreach (var found in SharedCase.AllNames.Select(SharedCase.Load))
        {
            // TCB info of version 2 has no id, which the other asks for.
            if (found.Name == "sgx3-intelqvl-simulated-root") continue;

            agreed += await CompareAsync(other, found.Name, found.Quote, found.Collateral, QuoteTrust.Intel, found.Now, root: null) ? 1 : 0;
        }

        agreed.ShouldBeGreaterThanOrEqualTo(9);
    }

    [AgreementFact]
    public async Task MadeQuotes_OfAllVersionsAndStatuses_BothSayTheSame()
    {
        using var other = new OtherVerifier();
        using var maker = new QuoteMaker();
        var root = maker.Platform.Certificates.Root.RawData;
        var tdx = QuoteMaker.TdxBody(is15: false, 3, 1, 7);
        tdx[123] = 0x10; // SEPT_VE_DISABLE, which the other insists on
        var tdx15 = QuoteMaker.TdxBody(is15: true, 3, 1, 7);
        tdx15[123] = 0x10;
        var agreed = 0;
        foreach (var (name, quote, collateral) in new[]
        {
            ("v3", maker.Quote(3, QuoteMaker.SgxBody()), maker.Collateral()),
            ("v3 debug", maker.Quote(3, QuoteMaker.SgxBody(flags: 0x07)), maker.Collateral()),
            ("v4 TDX", maker.Quote(4, tdx, isTdx: true), maker.Collateral(isTdx: true)),
            ("v5 TDX 1.0", maker.Quote(5, tdx, isTdx: true), maker.Collateral(isTdx: true)),
            ("v5 TDX 1.5", maker.Quote(5, tdx15, isTdx: true), maker.Collateral(isTdx: true)),
            ("leaf revoked", maker.Quote(3, QuoteMaker.SgxBody()), maker.Collateral(standing: new SimulatedStanding { LeafRevoked = true })),
            ("CA revoked", maker.Quote(3, QuoteMaker.SgxBody()), maker.Collateral(standing: new SimulatedStanding { IntermediateRevoked = true })),
            ("signer revoked", maker.Quote(3, QuoteMaker.SgxBody()), maker.Collateral(standing: new SimulatedStanding { TcbSignerRevoked = true })),
            ("level revoked", maker.Quote(3, QuoteMaker.SgxBody()), maker.Collateral(standing: new SimulatedStanding { TcbStatus = "Revoked" })),
            ("out of date", maker.Quote(3, QuoteMaker.SgxBody()), maker.Collateral(standing: new SimulatedStanding { TcbStatus = "OutOfDate", AdvisoryIds = ["INTEL-SA-00001"] })),
            ("no level", maker.Quote(3, QuoteMaker.SgxBody()), maker.Collateral(standing: new SimulatedStanding { NoLevel = true })),
            ("other FMSPC", maker.Quote(3, QuoteMaker.SgxBody()), maker.Collateral(standing: new SimulatedStanding { Fmspc = new byte[6] })),
        })
        {
            agreed += await CompareAsync(other, name, quote, collateral, maker.Trust, QuoteMaker.Now, root) ? 1 : 0;
        }

        agreed.ShouldBe(5);
    }

    // True where both let it through.
    private static async Task<bool> CompareAsync(
        OtherVerifier other, string name, byte[] quote, QuoteCollateral collateral, QuoteTrust trust, DateTimeOffset now, byte[]? root)
    {
        var policy = QuotePolicy.Strict with { Trust = trust, CrlsRequired = false, Statuses = [.. Enum.GetValues<TcbStatus>().Where(status => status != TcbStatus.Revoked)] };
        var appraisal = QuoteVerifier.Verify(quote, collateral, trust, now);
        var verdict = policy.Judge(appraisal);
        var (status, advisoryIds, error) = await other.JudgeAsync(quote, collateral, now, root);

        if (verdict.IsAccepted) error.ShouldBeNull($"{name}: the other refuses what we accept");
        if (error is not null)
        {
            verdict.IsAccepted.ShouldBeFalse(name);
            return false;
        }

        appraisal.Facts!.Status.ToString().ShouldBe(status, name);
        appraisal.Facts.AdvisoryIds.Order(StringComparer.Ordinal).ShouldBe(advisoryIds.Order(StringComparer.Ordinal), name);
        // The one thing that it lets through and we don't: a CRL out of its time.
        if (!verdict.IsAccepted) verdict.Reasons.Select(reason => reason.Name).ShouldBe(["PckCrlExpired"], name);
        return true;
    }
}
