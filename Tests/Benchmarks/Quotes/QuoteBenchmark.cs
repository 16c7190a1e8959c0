using System.Security.Cryptography;
using Pythia.Benchmarks.Measuring;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;

namespace Pythia.Benchmarks.Quotes;

/// <summary>Quotes verified and judged, everything anew and with collateral that was verified before, against P-256 verifications alone.</summary>
internal sealed class QuoteBenchmark : IBenchmark
{
    public string Name => "quotes";

    public async Task RunAsync(Scale scale, Report report, CancellationToken cancellationToken)
    {
        using var platform = SimulatedPlatform.Create(TimeProvider.System);
        var quote = platform.Quote(new SimulatedEnclave(SHA256.HashData("code"u8)), new byte[64]);
        var collateral = platform.IssueCollateral();
        var policy = QuotePolicy.Strict with { Trust = QuoteTrust.Of(platform.RootKey) };
        var now = TimeProvider.System.GetUtcNow();
        var cache = new CollateralCache();

        report.Add(
            "One quote with its PCK chain, TCB info, QE identity and two CRLs, by one caller",
            "A whole check takes 10 P-256 verifications (root, CA, PCK certificate, TCB signer, two documents, two CRLs, QE report, quote) and the reading of about 15 KB; with verified collateral it takes 2. Importing a key costs as much as two or three verifications; cold imports five. Expected: at least × 0.03 cold and × 0.25 with verified collateral.",
            await Contest.RunAsync(
                scale,
                new Contestant("P-256 verification alone (432 bytes)", VerifyAlone),
                new Contestant("cold: every signature verified", until => Verify(until, null)),
                new Contestant("with verified collateral", until => Verify(until, cache))));

        Task<long> Verify(Deadline until, CollateralCache? known)
        {
            var verified = 0L;
            for (; !until.HasPassed; verified++)
            {
                var verdict = policy.Judge(QuoteVerifier.Verify(quote, collateral, policy.Trust, now, known));
                if (!verdict.IsAccepted) throw new InvalidOperationException(verdict.Reasons[0].ToString());
            }

            return Task.FromResult(verified);
        }
    }

    private static Task<long> VerifyAlone(Deadline until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var data = new byte[432];
        var signature = key.SignData(data, HashAlgorithmName.SHA256);
        var verified = 0L;
        for (; !until.HasPassed; verified++)
        {
            if (!key.VerifyData(data, signature, HashAlgorithmName.SHA256)) throw new InvalidOperationException("a signature of this key does not verify");
        }

        return Task.FromResult(verified);
    }
}
