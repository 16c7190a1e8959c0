using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Tries;

/// <summary>Checks a proof that is a list of nodes from the root down, as <c>eth_getProof</c> gives it (EIP-1186).</summary>
public static class TrieProof
{
    /// <summary>Most elements of a list: each node of the longest path, twice.</summary>
    public const int MaxListedNodes = 2 * TrieWalk.MaxNodes;

    /// <summary>Says whether <paramref name="nodes"/> prove that <paramref name="key"/> is in the trie, or that it isn't.</summary>
    /// <param name="root">From a header or an account that was checked; never from the message that holds the proof.</param>
    /// <param name="key">The path's bytes; for state and storage the hash of address or slot.</param>
    /// <param name="nodes">The nodes of the path in its order, none missing and none to spare. A node that lies inside its parent
    /// may follow it once more as an element of its own: some clients list those too. For an empty trie: nothing, or the one byte 0x80.</param>
    /// <param name="keys">What is known of the tree's keys.</param>
    public static TrieVerdict Check(
        scoped in Hash32 root, scoped ReadOnlySpan<byte> key, ReadOnlySpan<ReadOnlyMemory<byte>> nodes, TrieKeys keys = TrieKeys.OneLength)
    {
        if (nodes.Length > MaxListedNodes) return TrieVerdict.Invalid(InvalidReason.TooManyNodes, MaxListedNodes);

        var list = new NodeList(nodes);
        if (root == TrieWalk.EmptyRoot && nodes.Length > 0 && nodes[0].Span.SequenceEqual(Rlp.EmptyString)) list.Used++;

        var verdict = TrieWalk.Find(root, key, ref list, keys);
        if (verdict.Reason == InvalidReason.NodeMissing) return TrieVerdict.Invalid(InvalidReason.CutShort, verdict.Nodes);
        if (verdict.Verdict == Verdict.Invalid) return verdict;

        return list.Used == nodes.Length ? verdict : TrieVerdict.Invalid(InvalidReason.ExtraNodes, list.Used);
    }

    private ref struct NodeList(ReadOnlySpan<ReadOnlyMemory<byte>> nodes) : ITrieNodes
    {
        private readonly ReadOnlySpan<ReadOnlyMemory<byte>> _nodes = nodes;

        /// <summary>Nodes taken from the list.</summary>
        public int Used { get; set; }

        public bool TryGet(scoped in Hash32 hash, out ReadOnlySpan<byte> node)
        {
            node = Used < _nodes.Length ? _nodes[Used].Span : default;
            return Used++ < _nodes.Length;
        }

        public void Entered(ReadOnlySpan<byte> embedded)
        {
            if (Used < _nodes.Length && _nodes[Used].Span.SequenceEqual(embedded)) Used++;
        }
    }
}
