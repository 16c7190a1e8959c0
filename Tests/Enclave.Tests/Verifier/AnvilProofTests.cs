using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>Proofs recorded from anvil, on every fork, under the state roots of their headers.</summary>
public sealed class AnvilProofTests
{
    [Fact]
    public void Check_EveryRecordedProof_Holds()
    {
        var absent = 0;
        foreach (var each in AnvilBlock.All())
        {
            var root = each.Header().StateRoot;
            foreach (var json in each.Proofs)
            {
                var proof = AccountProof.Read(TestChain.Utf8(json!)).Value!;
                var report = ProofCheck.Check(root, proof);

                report.Holds.ShouldBeTrue($"{each.Name} {report.Account}");
                foreach (var (slot, claimed) in report.Slots.Zip(proof.Slots))
                {
                    slot.Value.ShouldBe(claimed.Value);
                    slot.Verdict.ShouldBe(claimed.Value.IsZero ? Verdict.Absent : Verdict.Included);
                    if (slot.Verdict == Verdict.Absent) absent++;
                }
            }
        }

        absent.ShouldBeGreaterThan(20);
    }

    /// <summary>Slot 3 was set to 300 in block 2 and to zero in block 3. anvil keeps the leaf, so that its proof ends in one.</summary>
    [Fact]
    public void Check_SlotSetToZero_IsAbsentWhetherTheLeafIsKeptOrNot()
    {
        var blocks = AnvilBlock.All().Where(each => each.Fork != "berlin").ToList();
        foreach (var block in blocks)
        {
            var proof = AccountProof.Read(TestChain.Utf8(block.Proofs[0]!)).Value!;
            var slot = ProofCheck.Check(block.Header().StateRoot, proof).Slots.Single(slot => slot.Slot == Hash32.FromUInt64(3));
            var set = block.Header().Number == 2;
            slot.Verdict.ShouldBe(set ? Verdict.Included : Verdict.Absent, block.Name);
            slot.Value.ShouldBe(set ? Hash32.FromUInt64(300) : Hash32.Zero);
        }

        var kept = blocks.Where(block => block.Header().Number == 3).Select(block => AccountProof.Read(TestChain.Utf8(block.Proofs[0]!)).Value!.Slots[2].Nodes[^1].ToArray());
        kept.Select(Convert.ToHexString).ShouldContain(node => node.EndsWith("8180"), "anvil keeps a zeroed slot as leaf 0x80");
    }

    [Fact]
    public void Check_ProofOfAnotherBlocksState_IsRefused()
    {
        var blocks = AnvilBlock.All();
        foreach (var each in blocks)
        {
            foreach (var other in blocks.Where(other => other.Header().StateRoot != each.Header().StateRoot))
            {
                var report = ProofCheck.Check(each.Header().StateRoot, AccountProof.Read(TestChain.Utf8(other.Proofs[0]!)).Value!);
                report.Account.Reason.ShouldBe(InvalidReason.WrongRoot, $"{other.Name} under {each.Name}");
            }
        }
    }
}
