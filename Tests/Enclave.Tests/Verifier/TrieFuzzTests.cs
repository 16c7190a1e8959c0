using Pythia.Enclave.Verifier;
using Pythia.Ethereum;
using Pythia.Vectors;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>Many changes to true proofs at random. What a trie holds is known from its making: no verdict may contradict it.</summary>
public sealed class TrieFuzzTests(ITestOutputHelper output)
{
    private const int Inputs = 150_000;

    [VectorFact("mainnet-proofs")]
    public void Check_MutatedProofs_AreNeverFalse()
    {
        var random = Seeded.Start(output);
        var cases = ProofCase.All();
        var verdicts = new Dictionary<string, int>();
        for (var i = 0; i < Inputs; i++)
        {
            var from = cases[random.Next(cases.Count)];
            var nodes = from.Nodes.ToList();
            var key = (byte[])from.Key.Clone();
            var root = from.Root;
            var changes = 1 + random.Next(3);
            for (var change = 0; change < changes; change++) Mutate(random, cases, nodes, ref key, ref root);

            // Under another trie's root that trie's contents are the truth; under a root made up nothing is.
            var judge = root == from.Root ? from : cases.Find(each => each.Root == root);
            var verdict = from.Check([.. nodes], key, root);
            if (judge is null ? verdict.Verdict != Verdict.Invalid : judge.IsFalse(verdict, key))
                Assert.Fail($"input {i}: {from.Name}, key {Convert.ToHexString(key)}, root {root}: {verdict.Verdict}");

            var name = verdict.Verdict == Verdict.Invalid ? verdict.Reason.ToString() : verdict.Verdict.ToString();
            verdicts[name] = verdicts.GetValueOrDefault(name) + 1;
        }

        foreach (var (name, count) in verdicts.OrderByDescending(each => each.Value)) output.WriteLine($"{count,7} {name}");
        verdicts.Keys.ShouldContain(nameof(Verdict.Included));
        verdicts.Keys.ShouldContain(nameof(Verdict.Absent));
    }

    /// <summary>Bytes that hash right, because the root is made from them: anything may be in them, and nothing may be thrown.</summary>
    [VectorFact("mainnet-proofs")]
    public void Check_MutatedNodesUnderTheirOwnRoot_AlwaysGetAnAnswer()
    {
        var random = Seeded.Start(output);
        var cases = ProofCase.All().Where(each => each.Nodes.Length > 0).ToList();
        var verdicts = new Dictionary<string, int>();
        for (var i = 0; i < Inputs; i++)
        {
            var from = cases[random.Next(cases.Count)];
            var node = (byte[])from.Nodes[random.Next(from.Nodes.Length)].Clone();
            for (var change = random.Next(3); change >= 0; change--) node = MutateNode(random, node);

            var verdict = from.Check([node], from.Key, Keccak256.HashData(node));
            var name = verdict.Verdict == Verdict.Invalid ? verdict.Reason.ToString() : verdict.Verdict.ToString();
            verdicts[name] = verdicts.GetValueOrDefault(name) + 1;
        }

        foreach (var (name, count) in verdicts.OrderByDescending(each => each.Value)) output.WriteLine($"{count,7} {name}");
        verdicts.Count.ShouldBeGreaterThan(7, "the mutations reach most of the checks");
    }

    private static void Mutate(Random random, List<ProofCase> cases, List<byte[]> nodes, ref byte[] key, ref Hash32 root)
    {
        var at = nodes.Count == 0 ? 0 : random.Next(nodes.Count);
        switch (random.Next(10))
        {
            case 0 or 1 or 2 when nodes.Count > 0:
                nodes[at] = MutateNode(random, nodes[at]);
                break;
            case 3 when nodes.Count > 0:
                nodes.RemoveRange(at, nodes.Count - at);
                break;
            case 4 when nodes.Count > 0:
                nodes.RemoveAt(at);
                break;
            case 5 when nodes.Count > 0:
                (nodes[at], nodes[0]) = (nodes[0], nodes[at]);
                break;
            case 6:
                var other = cases[random.Next(cases.Count)].Nodes;
                if (other.Length > 0) nodes.Insert(at, other[random.Next(other.Length)]);
                break;
            case 7:
                key = cases[random.Next(cases.Count)].Key;
                break;
            case 8:
                key = (byte[])key.Clone();
                key[random.Next(key.Length)] ^= (byte)(1 << random.Next(8));
                break;
            default:
                root = random.Next(2) == 0 ? cases[random.Next(cases.Count)].Root : Keccak256.HashData(key);
                break;
        }
    }

    private static byte[] MutateNode(Random random, byte[] node)
    {
        if (node.Length == 0) return [(byte)random.Next(256)];

        var at = random.Next(node.Length);
        switch (random.Next(6))
        {
            case 0:
                return node[..at];
            case 1:
                return [.. node, (byte)random.Next(256)];
            case 2:
                return [.. node[..at], .. node[(at + 1)..]];
            default:
                var changed = (byte[])node.Clone();
                var most = random.Next(2) == 0 ? Math.Min(4, node.Length) : node.Length;
                changed[random.Next(most)] = random.Next(3) == 0 ? (byte)0x80 : (byte)random.Next(256);
                return changed;
        }
    }
}
