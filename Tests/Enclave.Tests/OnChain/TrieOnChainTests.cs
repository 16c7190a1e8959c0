using System.Collections.Concurrent;
using Pythia.Enclave.Tests.Proofs;
using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Tries;
using Pythia.Ethereum;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Enclave.Tests.OnChain;

/// <summary>The contract walks tries as the enclave does: the same verdict, the same value, and for a broken proof the error of the same reason.</summary>
public sealed class TrieOnChainTests(FactsChain chain) : IClassFixture<FactsChain>
{
    /// <summary>One proof, whole or damaged, for one key.</summary>
    private sealed record Walk(string Name, Hash32 Root, byte[] Key, byte[][] Nodes);

    [VectorFact("mainnet-proofs")]
    public async Task ValueAt_RecordedAndMadeProofs_IsWhatTheVerifierSays()
    {
        var verdicts = await AgreeAsync(ProofCase.All().Select(each => new Walk(each.Name, each.Root, each.Key, each.Nodes)));
        verdicts[Verdict.Included].ShouldBeGreaterThan(120);
        verdicts[Verdict.Absent].ShouldBeGreaterThan(100);
        verdicts.ShouldNotContainKey(Verdict.Invalid);
    }

    [VectorFact("ethereum-tests")]
    public async Task ValueAt_SecureTriesOfEthereumTests_IsWhatTheVerifierSays()
    {
        var walks = EthereumTrieTests.SecureTries().SelectMany(each => each.Trie.Paths
            .SelectMany(path => new[] { path, string.Concat(path.AsSpan(0, 63), path[63] == '0' ? "1" : "0"), string.Concat(path[0] == '0' ? "1" : "0", path.AsSpan(1)) })
            .Select(path => new Walk($"{each.Name} {path}", each.Root, Convert.FromHexString(path), [.. each.Trie.ProvePath(path)])));
        var verdicts = await AgreeAsync(walks);
        verdicts[Verdict.Included].ShouldBeGreaterThan(30);
        verdicts[Verdict.Absent].ShouldBeGreaterThan(60);
    }

    [VectorFact("mainnet-proofs")]
    public async Task ValueAt_DamagedProofs_IsRefusedForTheSameReason()
    {
        var cases = ProofCase.Mainnet().Concat(ProofCase.Made().Where((_, i) => i % 9 == 0)).ToList();
        var verdicts = await AgreeAsync(cases.SelectMany(Damaged));
        verdicts[Verdict.Invalid].ShouldBeGreaterThan(1_500);
    }

    [Fact]
    public async Task ValueAt_NodesThatHashRightButAreWrong_IsRefusedForTheSameReason()
    {
        var key = Enumerable.Repeat((byte)0x77, 32).ToArray();
        var damaged = TrieReasonTests.Damaged().Select(row => (Name: (string)row[0], Nodes: (byte[][])row[2])).ToList();
        var verdicts = await AgreeAsync(damaged.Select(each => new Walk(each.Name, Keccak256.HashData(each.Nodes[0]), key, each.Nodes)));
        verdicts[Verdict.Invalid].ShouldBe(damaged.Count);
    }

    [Fact]
    public async Task ValueAt_EmptyTrieAndEmbeddedNodes_IsWhatTheVerifierSays()
    {
        var key = Enumerable.Repeat((byte)0x77, 32).ToArray();
        var other = TestNode.Hashed([1, 2, 3]);
        byte[] empty = [0x80];

        // A branch at the last nibble but one, whose leaves lie inside it, under an extension of 62 nibbles.
        var leaf = TestNode.Leaf("7", [9]);
        var branch = TestNode.BranchOf((7, leaf), (1, other));
        byte[][] nodes = [TestNode.Extension(new string('7', 62), TestNode.Hashed(branch)), branch];
        var root = Keccak256.HashData(nodes[0]);
        var verdicts = await AgreeAsync(
        [
            new("nothing", TrieWalk.EmptyRoot, key, []), new("the empty node", TrieWalk.EmptyRoot, key, [empty]), new("twice", TrieWalk.EmptyRoot, key, [empty, empty]),
            new("another root", Keccak256.HashData([1]), key, []), new("embedded", root, key, nodes), new("and listed", root, key, [.. nodes, leaf]),
            new("and listed twice", root, key, [.. nodes, leaf, leaf]), new("another listed", root, key, [.. nodes, TestNode.Leaf("7", [8])]),
        ]);
        verdicts.ToDictionary().ShouldBe(new Dictionary<Verdict, int> { [Verdict.Absent] = 2, [Verdict.Included] = 2, [Verdict.Invalid] = 4 }, ignoreOrder: true);
    }

    private static IEnumerable<Walk> Damaged(ProofCase each)
    {
        for (var i = 0; i < each.Nodes.Length; i++)
        {
            yield return Of($"cut to {i}", [.. each.Nodes[..i]]);
            yield return Of($"without {i}", [.. each.Nodes[..i], .. each.Nodes[(i + 1)..]]);
            for (var position = 7 * i % 61; position < each.Nodes[i].Length; position += 307)
            {
                var nodes = each.Nodes.ToArray();
                nodes[i] = (byte[])nodes[i].Clone();
                nodes[i][position] ^= (byte)(1 << (position % 8));
                yield return Of($"node {i} byte {position}", nodes);
            }
        }

        yield return Of("a node more", [.. each.Nodes, [0xc2, 0x20, 0x01]]);
        for (var nibble = 0; nibble < 64; nibble += 7)
        {
            var key = (byte[])each.Key.Clone();
            key[nibble / 2] ^= (byte)(nibble % 2 == 0 ? 0x50 : 0x05);
            yield return new Walk($"{each.Name}: read for a key that parts at {nibble}", each.Root, key, each.Nodes);
        }

        Walk Of(string damage, byte[][] nodes) => new($"{each.Name}: {damage}", each.Root, each.Key, nodes);
    }

    private async Task<ConcurrentDictionary<Verdict, int>> AgreeAsync(IEnumerable<Walk> walks)
    {
        var verdicts = new ConcurrentDictionary<Verdict, int>();
        await Parallel.ForEachAsync(walks, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (walk, _) =>
        {
            var said = await chain.ValueAtAsync(walk.Root, Hash32.FromSpan(walk.Key), walk.Nodes);
            var verdict = Expect(walk, said);
            verdicts.AddOrUpdate(verdict, 1, (_, count) => count + 1);
        });
        return verdicts;
    }

    private static Verdict Expect(Walk walk, Said said)
    {
        var verdict = TrieProof.Check(walk.Root, walk.Key, Array.ConvertAll(walk.Nodes, node => (ReadOnlyMemory<byte>)node));
        if (verdict.Verdict == Verdict.Invalid)
        {
            said.Error.ShouldBe(NameOf(verdict.Reason, said.Error), $"{walk.Name}: {verdict.Reason}");
            return verdict.Verdict;
        }

        said.Error.ShouldBeNull(walk.Name);
        (said.Included, Convert.ToHexString(said.Value)).ShouldBe((verdict.Verdict == Verdict.Included, Convert.ToHexString(verdict.Value)), walk.Name);
        return verdict.Verdict;
    }

    private static string? NameOf(InvalidReason reason, string? found) => reason switch
    {
        InvalidReason.CutShort => "ProofCutShort",
        InvalidReason.ExtraNodes => "ProofNodesLeft",
        InvalidReason.HashMismatch or InvalidReason.WrongRoot => "ProofHashMismatch",

        // What the verifier looks at before the hash, the contract does after it; it has no bound but the path's own length.
        InvalidReason.NodeTooLarge => found is "ProofHashMismatch" ? found : "ProofMalformed",
        InvalidReason.TooManyNodes => "ProofNodesLeft",
        _ => "ProofMalformed",
    };
}
