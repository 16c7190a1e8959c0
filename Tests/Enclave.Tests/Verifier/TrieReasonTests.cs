using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Tries;
using Pythia.Ethereum;
using Shouldly;
using static Pythia.Enclave.Tests.Proofs.TestNode;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>Nodes that hash right and are wrong in themselves: a reason for each.</summary>
public sealed class TrieReasonTests
{
    private static readonly byte[] Key = Enumerable.Repeat((byte)0x77, 32).ToArray();
    private static readonly string Path = new('7', 64);
    private static readonly byte[] Other = Hashed([1, 2, 3]);

    public static TheoryData<string, InvalidReason, byte[][]> Damaged() => new()
    {
        { "no RLP", InvalidReason.BadRlp, [[0xf8]] },
        { "bytes behind the list", InvalidReason.BadRlp, [[.. Leaf(Path, [1]), 0]] },
        { "length in a longer form than needed", InvalidReason.BadRlp, [[0xf8, 0x02, 0x20, 0x01]] },
        { "an item cut short", InvalidReason.BadRlp, [[0xc2, 0x20, 0x82]] },
        { "one byte in a longer form than needed", InvalidReason.BadRlp, [[0xc3, 0x81, 0x20, 0x01]] },
        { "nothing", InvalidReason.BadRlp, [[]] },
        { "a string", InvalidReason.NotANode, [[0x83, 1, 2, 3]] },
        { "three items", InvalidReason.NotANode, [Rlp.EncodeList([0x20], [0x01], [0x01])] },
        { "sixteen items", InvalidReason.NotANode, [Rlp.EncodeList(Enumerable.Repeat(Other, 16).ToArray())] },
        { "eighteen items", InvalidReason.NotANode, [Rlp.EncodeList([.. Enumerable.Repeat(Other, 17), [0x80]])] },
        { "a path that is a list", InvalidReason.NotANode, [Rlp.EncodeList([0xc1, 0x20], [0x01])] },
        { "a leaf whose value is a list", InvalidReason.NotANode, [Short(Compact(Path, leaf: true), [0xc1, 0x01])] },
        { "a branch whose value is a list", InvalidReason.NotANode, [Rlp.EncodeList([.. Enumerable.Repeat(Other, 16), [0xc0]])] },
        { "an empty path", InvalidReason.BadCompactPath, [Short([], [0x01])] },
        { "a flag above 3", InvalidReason.BadCompactPath, [Short([0x40, 0x77], [0x01])] },
        { "padding that is not zero", InvalidReason.BadCompactPath, [Short([0x27, 0x77], [0x01])] },
        { "a child of 31 bytes", InvalidReason.BadChildReference, [BranchOf((7, [0x9f, .. new byte[31]]), (1, Other))] },
        { "a child of one byte", InvalidReason.BadChildReference, [BranchOf((7, [0x05]), (1, Other))] },
        { "a child of 33 bytes", InvalidReason.BadChildReference, [BranchOf((7, [0xa1, .. new byte[33]]), (1, Other))] },
        { "damage in a child beside the path", InvalidReason.BadChildReference, [BranchOf((7, Other), (1, [0x9f, .. new byte[31]]))] },
        { "an extension to nothing", InvalidReason.BadChildReference, [Extension("77", [0x80])] },
        { "an embedded node of 32 bytes", InvalidReason.EmbeddedNodeTooLong, [BranchOf((7, Leaf("777", new byte[27])), (1, Other))] },
        { "an extension with an embedded node of 32 bytes", InvalidReason.EmbeddedNodeTooLong, [Extension("77", Leaf("777", new byte[27]))] },
        { "a small node by hash", InvalidReason.HashedNodeTooShort, Chain(Leaf("777", [1])) },
        { "a branch with one child", InvalidReason.BranchTooBare, [BranchOf((7, Other))] },
        { "a branch with nothing", InvalidReason.BranchTooBare, [BranchOf()] },
        { "an extension without path", InvalidReason.EmptyExtension, [Extension("", Other)] },
        { "an extension to a leaf", InvalidReason.ExtensionWithoutBranch, ExtensionTo(Leaf(Path[1..], new byte[40])) },
        { "an extension to an extension", InvalidReason.ExtensionWithoutBranch, ExtensionTo(Extension("77", Other)) },
        { "an extension to an embedded leaf", InvalidReason.ExtensionWithoutBranch, [Extension("7", Leaf("777", [1]))] },
        { "a leaf without value", InvalidReason.EmptyLeaf, [Leaf(Path, [])] },
        { "a branch with a value", InvalidReason.ValueInWrongPlace, [Branch([5], [.. Enumerable.Repeat(Other, 16)])] },
        { "a leaf with a path too short", InvalidReason.WrongPathLength, [Leaf(Path[1..], [1])] },
        { "a leaf with a path too long", InvalidReason.WrongPathLength, [Leaf(Path + "7", [1])] },
        { "another leaf with a path too short", InvalidReason.WrongPathLength, [Leaf("12", [1])] },
        { "an extension as long as the key", InvalidReason.WrongPathLength, [Extension(Path, Other)] },
        { "a leaf of nothing behind the whole key", InvalidReason.WrongPathLength, Deep(66) },
        { "a node above the limit", InvalidReason.NodeTooLarge, [Leaf(Path, new byte[TrieWalk.MaxNodeBytes])] },
        { "more nodes than a path twice", InvalidReason.TooManyNodes, [.. Enumerable.Repeat(Leaf(Path, [1]), TrieProof.MaxListedNodes + 1)] },
    };

    [Theory]
    [MemberData(nameof(Damaged))]
    public void Check_NodesThatHashRightButAreWrong_AreRefusedByName(string damage, InvalidReason reason, byte[][] nodes)
    {
        var verdict = TrieProof.Check(Keccak256.HashData(nodes[0]), Key, Array.ConvertAll(nodes, node => (ReadOnlyMemory<byte>)node));

        verdict.Reason.ShouldBe(reason, damage);
        verdict.Verdict.ShouldBe(Verdict.Invalid);
        verdict.Value.Length.ShouldBe(0);
    }

    [Fact]
    public void Check_KeyAboveTheLimit_IsKeyTooLong()
        => TrieProof.Check(Hash32.Zero, new byte[TrieWalk.MaxKeyBytes + 1], []).Reason.ShouldBe(InvalidReason.KeyTooLong);

    [Fact]
    public void Check_EmptyTrie_IsAbsentWithNothingOrTheEmptyNode()
    {
        TrieProof.Check(TrieWalk.EmptyRoot, Key, []).Verdict.ShouldBe(Verdict.Absent);
        TrieProof.Check(TrieWalk.EmptyRoot, Key, [new byte[] { 0x80 }]).Verdict.ShouldBe(Verdict.Absent);
        TrieProof.Check(TrieWalk.EmptyRoot, Key, [new byte[] { 0x80 }, new byte[] { 0x80 }]).Reason.ShouldBe(InvalidReason.ExtraNodes);
        TrieProof.Check(TrieWalk.EmptyRoot, Key, [Leaf(Path, [1])]).Reason.ShouldBe(InvalidReason.ExtraNodes);
    }

    [Fact]
    public void Check_NoNodesUnderAnyOtherRoot_IsCutShortAndNotAbsent()
    {
        var verdict = TrieProof.Check(Keccak256.HashData([1]), Key, []);
        verdict.Verdict.ShouldBe(Verdict.Invalid);
        verdict.Reason.ShouldBe(InvalidReason.CutShort);
    }

    [Fact]
    public void Check_EmbeddedNodeListedOnceMore_IsTaken()
    {
        var embedded = Leaf("777", [9]);
        byte[][] nodes = [BranchOf((7, embedded), (1, Other))];
        var root = Keccak256.HashData(nodes[0]);
        byte[] key = [0x77, 0x77];

        Check(root, key, nodes).Value.ToArray().ShouldBe([9]);
        Check(root, key, [.. nodes, embedded]).Value.ToArray().ShouldBe([9]);
        Check(root, key, [.. nodes, embedded, embedded]).Reason.ShouldBe(InvalidReason.ExtraNodes);
        Check(root, key, [.. nodes, Leaf("777", [8])]).Reason.ShouldBe(InvalidReason.ExtraNodes);
    }

    [Fact]
    public void Find_NodeNotInTheStore_IsNodeMissing()
    {
        var store = new Store();
        TrieWalk.Find(Keccak256.HashData([1]), Key, ref store).Reason.ShouldBe(InvalidReason.NodeMissing);
    }

    [Fact]
    public void Find_StoreThatLies_IsHashMismatchOrWrongRoot()
    {
        var leaf = Leaf(Path[1..], new byte[40]);
        var branch = BranchOf((7, Hashed(leaf)), (1, Other));
        var store = new Store { [Keccak256.HashData(branch)] = branch, [Keccak256.HashData(leaf)] = leaf };
        TrieWalk.Find(Keccak256.HashData(branch), Key, ref store).Verdict.ShouldBe(Verdict.Included);

        store[Keccak256.HashData(leaf)] = Leaf(Path[1..], new byte[41]);
        TrieWalk.Find(Keccak256.HashData(branch), Key, ref store).Reason.ShouldBe(InvalidReason.HashMismatch);

        store[Keccak256.HashData(branch)] = leaf;
        TrieWalk.Find(Keccak256.HashData(branch), Key, ref store).Reason.ShouldBe(InvalidReason.WrongRoot);
    }

    private static TrieVerdict Check(Hash32 root, byte[] key, byte[][] nodes)
        => TrieProof.Check(root, key, Array.ConvertAll(nodes, node => (ReadOnlyMemory<byte>)node));

    private static byte[][] Chain(byte[] second) => [BranchOf((7, Hashed(second)), (1, Other)), second];

    private static byte[][] ExtensionTo(byte[] second) => [Extension("7", Hashed(second)), second];

    // Branches all the way down and one more.
    private static byte[][] Deep(int count)
    {
        var nodes = new List<byte[]> { BranchOf((7, Other), (1, Other)) };
        while (nodes.Count < count) nodes.Insert(0, BranchOf((7, Hashed(nodes[0])), (1, Other)));

        return [.. nodes];
    }

    private sealed class Store : Dictionary<Hash32, byte[]>, ITrieNodes
    {
        public bool TryGet(scoped in Hash32 hash, out ReadOnlySpan<byte> node)
        {
            var found = TryGetValue(hash, out var bytes);
            node = bytes;
            return found;
        }
    }
}
