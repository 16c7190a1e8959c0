using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Tries;
using Pythia.Ethereum;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>Every true proof holds; every change to one, one at a time, is refused and says why.</summary>
public sealed class TrieDamageTests
{
    private static readonly Lazy<List<ProofCase>> Cases = new(ProofCase.All);

    [VectorFact("mainnet-proofs")]
    public void Check_TrueProof_IsTheTruth()
    {
        Cases.Value.Count.ShouldBeGreaterThan(300);
        foreach (var each in Cases.Value)
        {
            var verdict = each.Check();
            verdict.Verdict.ShouldBe(each.Truth is null ? Verdict.Absent : Verdict.Included, $"{each.Name}: {verdict.Reason}");
            verdict.Value.ToArray().ShouldBe(each.Truth ?? [], each.Name);
            verdict.Nodes.ShouldBe(each.Nodes.Length, each.Name);
        }
    }

    [VectorFact("mainnet-proofs")]
    public void Check_CutAtEveryNode_IsCutShort()
    {
        foreach (var each in Cases.Value)
        {
            for (var kept = 0; kept < each.Nodes.Length; kept++)
                each.Check(each.Nodes[..kept]).Reason.ShouldBe(InvalidReason.CutShort, $"{each.Name}, {kept} nodes kept");
        }
    }

    [VectorFact("mainnet-proofs")]
    public void Check_FirstNodesMissing_IsRefusedByName()
    {
        foreach (var each in Cases.Value.Where(each => each.Nodes.Length > 1))
        {
            for (var dropped = 0; dropped < each.Nodes.Length - 1; dropped++)
            {
                byte[][] nodes = [.. each.Nodes[..dropped], .. each.Nodes[(dropped + 1)..]];
                each.Check(nodes).Reason.ShouldBe(dropped == 0 ? InvalidReason.WrongRoot : InvalidReason.HashMismatch, $"{each.Name} without {dropped}");
            }
        }
    }

    [VectorFact("mainnet-proofs")]
    public void Check_TwoNodesSwapped_IsRefusedByName()
    {
        foreach (var each in Cases.Value)
        {
            for (var first = 0; first < each.Nodes.Length; first++)
            {
                for (var second = first + 1; second < each.Nodes.Length; second++)
                {
                    var nodes = each.Nodes.ToArray();
                    (nodes[first], nodes[second]) = (nodes[second], nodes[first]);
                    each.Check(nodes).Reason.ShouldBe(first == 0 ? InvalidReason.WrongRoot : InvalidReason.HashMismatch, $"{each.Name} {first}<>{second}");
                }
            }
        }
    }

    [VectorFact("mainnet-proofs")]
    public void Check_EveryBytePositionFlipped_IsRefusedByName()
    {
        var flipped = 0;
        foreach (var each in Cases.Value.Where(each => each.Nodes.Length > 0).OrderByDescending(each => each.Nodes.Length).DistinctBy(each => (each.Root, each.Truth is null)))
        {
            for (var node = 0; node < each.Nodes.Length; node++)
            {
                for (var position = 0; position < each.Nodes[node].Length; position++, flipped++)
                {
                    var nodes = each.Nodes.ToArray();
                    nodes[node] = (byte[])nodes[node].Clone();
                    nodes[node][position] ^= (byte)(1 << (flipped % 8));
                    var reason = each.Check(nodes).Reason;
                    if (reason != (node == 0 ? InvalidReason.WrongRoot : InvalidReason.HashMismatch)) Assert.Fail($"{each.Name} node {node} byte {position}: {reason}");
                }
            }
        }

        flipped.ShouldBeGreaterThan(50_000);
    }

    [VectorFact("mainnet-proofs")]
    public void Check_NodeAdded_IsExtraNodes()
    {
        foreach (var each in Cases.Value)
        {
            byte[] extra = [0xc2, 0x20, 0x01];
            each.Check([.. each.Nodes, extra]).Reason.ShouldBe(InvalidReason.ExtraNodes, each.Name);
            if (each.Nodes.Length > 0) each.Check([.. each.Nodes, each.Nodes[^1]]).Reason.ShouldBe(InvalidReason.ExtraNodes, each.Name);
        }
    }

    [VectorFact("mainnet-proofs")]
    public void Check_WrongRoot_IsWrongRoot()
    {
        foreach (var each in Cases.Value.Where(each => each.Nodes.Length > 0))
        {
            each.Check(root: Hash32.Zero).Reason.ShouldBe(InvalidReason.WrongRoot, each.Name);
            each.Check(root: Keccak256.HashData(each.Nodes[^1].AsSpan(1))).Reason.ShouldBe(InvalidReason.WrongRoot, each.Name);
            each.Check(root: TrieWalk.EmptyRoot).Reason.ShouldBe(InvalidReason.ExtraNodes, each.Name);
        }
    }

    [VectorFact("mainnet-proofs")]
    public void Check_ProofOfAnotherKey_IsNeverFalse()
    {
        // Each proof is read for every key of its own trie that is known and for keys that part from its own at every nibble.
        var read = 0;
        foreach (var group in Cases.Value.GroupBy(each => each.Root))
        {
            var keys = group.SelectMany(each => KeysAround(each.Key)).DistinctBy(Convert.ToHexString).Take(300).ToList();
            foreach (var each in group)
            {
                foreach (var key in keys)
                {
                    var verdict = each.Check(key: key);
                    if (each.IsFalse(verdict, key)) Assert.Fail($"{each.Name} read for {Convert.ToHexString(key)}: {verdict.Verdict}");

                    read++;
                }
            }
        }

        read.ShouldBeGreaterThan(50_000);
    }

    [VectorFact("mainnet-proofs")]
    public void Check_ProofUnderAnotherTriesRoot_IsInvalid()
    {
        var one = Cases.Value.DistinctBy(each => each.Root).Where(each => each.Nodes.Length > 0).ToList();
        one.Count.ShouldBeGreaterThan(12);
        foreach (var each in one)
        {
            foreach (var other in one.Where(other => other.Root != each.Root))
                each.Check(root: other.Root).Reason.ShouldBe(InvalidReason.WrongRoot, $"{each.Name} under {other.Name}");
        }
    }

    private static IEnumerable<byte[]> KeysAround(byte[] key)
    {
        yield return key;
        for (var nibble = 0; nibble < 2 * key.Length; nibble++)
        {
            var other = (byte[])key.Clone();
            other[nibble / 2] ^= (byte)(nibble % 2 == 0 ? 0x10 : 0x01);
            yield return other;
        }
    }
}
