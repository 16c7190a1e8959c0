using Pythia.Enclave.Verifier;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>Recorded and made proofs hold; every change to one, one at a time, is refused and says why.</summary>
public sealed class TrieDamageTests
{
    private static readonly Lazy<List<ProofCase>> Cases = new(ProofCase.All);

    [VectorFact("mainnet-proofs")]
    public void Check_TrueProof_IsTheTruth()
    {
        Cases.Value.Count.ShouldBeGreaterThan(300);
        Cases.Value.ForEach(ProofDamage.Holds);
    }

    [VectorFact("mainnet-proofs")]
    public void Check_CutAtEveryNode_IsCutShort() => Cases.Value.ForEach(ProofDamage.CutAtEveryNode);

    [VectorFact("mainnet-proofs")]
    public void Check_NodeLeftOut_IsRefusedByName() => Cases.Value.ForEach(ProofDamage.NodeLeftOut);

    [VectorFact("mainnet-proofs")]
    public void Check_TwoNodesSwapped_IsRefusedByName() => Cases.Value.ForEach(ProofDamage.TwoNodesSwapped);

    [VectorFact("mainnet-proofs")]
    public void Check_EveryBytePositionFlipped_IsRefusedByName()
        => Cases.Value.OrderByDescending(each => each.Nodes.Length).DistinctBy(each => (each.Root, each.Truth is null)).Sum(ProofDamage.EveryByteFlipped).ShouldBeGreaterThan(50_000);

    [VectorFact("mainnet-proofs")]
    public void Check_NodeAdded_IsExtraNodes() => Cases.Value.ForEach(ProofDamage.NodeAdded);

    [VectorFact("mainnet-proofs")]
    public void Check_WrongRoot_IsWrongRoot() => Cases.Value.ForEach(ProofDamage.WrongRoot);

    [VectorFact("mainnet-proofs")]
    public void Check_ProofOfAnotherKey_IsNeverFalse()
        => Cases.Value.GroupBy(each => each.Root).Sum(group => group.Sum(each => ProofDamage.OtherKeys(each, group.Select(other => other.Key).Take(60)))).ShouldBeGreaterThan(10_000);

    [VectorFact("mainnet-proofs")]
    public void Check_ProofUnderAnotherTriesRoot_IsWrongRoot()
    {
        var one = Cases.Value.DistinctBy(each => each.Root).Where(each => each.Nodes.Length > 0).ToList();
        one.Count.ShouldBeGreaterThan(12);
        foreach (var each in one)
        {
            foreach (var other in one.Where(other => other.Root != each.Root))
                each.Check(root: other.Root).Reason.ShouldBe(InvalidReason.WrongRoot, $"{each.Name} under {other.Name}");
        }
    }
}
