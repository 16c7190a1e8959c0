using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Tries;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>Every change to one true proof, one at a time: each is refused, and says why. For recorded, made and live proofs alike.</summary>
internal static class ProofDamage
{
    public static void Holds(ProofCase each)
    {
        var verdict = each.Check();
        verdict.Verdict.ShouldBe(each.Truth is null ? Verdict.Absent : Verdict.Included, $"{each.Name}: {verdict.Reason}");
        verdict.Value.ToArray().ShouldBe(each.Truth ?? [], each.Name);
        verdict.Nodes.ShouldBe(each.Nodes.Length, each.Name);
    }

    public static void CutAtEveryNode(ProofCase each)
    {
        for (var kept = 0; kept < each.Nodes.Length; kept++) Expect(each, each.Nodes[..kept], InvalidReason.CutShort, $"{kept} nodes kept");
    }

    public static void NodeLeftOut(ProofCase each)
    {
        for (var left = 0; left < each.Nodes.Length - 1; left++) Expect(each, [.. each.Nodes[..left], .. each.Nodes[(left + 1)..]], Mismatch(left), $"without {left}");
    }

    public static void TwoNodesSwapped(ProofCase each)
    {
        for (var first = 0; first < each.Nodes.Length; first++)
        {
            for (var second = first + 1; second < each.Nodes.Length; second++)
            {
                var nodes = each.Nodes.ToArray();
                (nodes[first], nodes[second]) = (nodes[second], nodes[first]);
                Expect(each, nodes, Mismatch(first), $"{first}<>{second}");
            }
        }
    }

    /// <returns>How many bytes were flipped.</returns>
    public static int EveryByteFlipped(ProofCase each)
    {
        var flipped = 0;
        for (var node = 0; node < each.Nodes.Length; node++)
        {
            for (var position = 0; position < each.Nodes[node].Length; position++, flipped++)
            {
                var nodes = each.Nodes.ToArray();
                nodes[node] = (byte[])nodes[node].Clone();
                nodes[node][position] ^= (byte)(1 << (flipped % 8));
                Expect(each, nodes, Mismatch(node), $"node {node} byte {position}");
            }
        }

        return flipped;
    }

    public static void NodeAdded(ProofCase each)
    {
        Expect(each, [.. each.Nodes, [0xc2, 0x20, 0x01]], InvalidReason.ExtraNodes, "a node more");
        if (each.Nodes.Length > 0) Expect(each, [.. each.Nodes, each.Nodes[^1]], InvalidReason.ExtraNodes, "the last node twice");
    }

    public static void WrongRoot(ProofCase each)
    {
        if (each.Nodes.Length == 0) return;

        each.Check(root: Hash32.Zero).Reason.ShouldBe(InvalidReason.WrongRoot, each.Name);
        each.Check(root: Keccak256.HashData(each.Nodes[^1].AsSpan(1))).Reason.ShouldBe(InvalidReason.WrongRoot, each.Name);
        each.Check(root: TrieWalk.EmptyRoot).Reason.ShouldBe(InvalidReason.ExtraNodes, each.Name);
    }

    /// <summary>Reads the proof for keys that part from its own at every nibble, and for <paramref name="others"/>.</summary>
    /// <returns>How many keys were read.</returns>
    public static int OtherKeys(ProofCase each, IEnumerable<byte[]> others)
    {
        var read = 0;
        foreach (var key in KeysAround(each.Key).Concat(others))
        {
            var verdict = each.Check(key: key);
            if (each.IsFalse(verdict, key)) Assert.Fail($"{each.Name} read for {Convert.ToHexString(key)}: {verdict.Verdict}");

            read++;
        }

        return read;
    }

    private static IEnumerable<byte[]> KeysAround(byte[] key)
    {
        for (var nibble = 0; nibble < 2 * key.Length; nibble++)
        {
            var other = (byte[])key.Clone();
            other[nibble / 2] ^= (byte)(nibble % 2 == 0 ? 0x10 : 0x01);
            yield return other;
        }
    }

    private static InvalidReason Mismatch(int node) => node == 0 ? InvalidReason.WrongRoot : InvalidReason.HashMismatch;

    // Shouldly would make the message each time.
    private static void Expect(ProofCase each, byte[][] nodes, InvalidReason expected, string change)
    {
        var reason = each.Check(nodes).Reason;
        if (reason != expected) Assert.Fail($"{each.Name}, {change}: {reason} found, {expected} expected");
    }
}
