using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>Recorded answers of Ethereum mainnet hold as they are.</summary>
public sealed class MainnetProofTests
{
    [VectorFact("mainnet-proofs")]
    public void Check_RecordedAnswers_Hold()
    {
        var files = Directory.GetFiles(SharedVectors.Find("mainnet-proofs"), "*.json");
        files.Length.ShouldBe(12);
        foreach (var file in files)
        {
            AccountProof.Read(File.ReadAllBytes(file)).TryGet(out var proof, out var damage).ShouldBeTrue($"{file}: {damage}");
            var report = ProofCheck.Check(Keccak256.HashData(proof!.Nodes[0].Span), proof);

            report.Holds.ShouldBeTrue($"{file}: {report.Account} {string.Join(' ', report.Slots)}");
            report.Slots.Count.ShouldBe(proof.Slots.Length);
        }
    }
}
