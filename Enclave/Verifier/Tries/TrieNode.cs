using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Tries;

internal enum TrieNodeKind
{
    Branch,
    Extension,
    Leaf,
}

/// <summary>One node, read strictly and canonically (Yellow Paper, appendix D).</summary>
internal readonly ref struct TrieNode
{
    /// <summary>Children of a branch; the item behind them is its value.</summary>
    public const int BranchChildren = 16;

    private TrieNode(TrieNodeKind kind, CompactPath path, ReadOnlySpan<byte> child, ReadOnlySpan<byte> value)
    {
        Kind = kind;
        Path = path;
        Child = child;
        Value = value;
    }

    public TrieNodeKind Kind { get; }

    /// <summary>Of an extension or a leaf.</summary>
    public CompactPath Path { get; }

    /// <summary>RLP of the reference to the child: 0x80 for none, 0xa0 and a hash, or an embedded node. Of a branch: the child asked for.</summary>
    public ReadOnlySpan<byte> Child { get; }

    /// <summary>Of a leaf or a branch; empty for none.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Reads a node.</summary>
    /// <param name="encoded">Its RLP, exactly.</param>
    /// <param name="nibble">Which child of a branch is wanted, 0 to 15; any other number for none.</param>
    /// <param name="node">The node, when <see cref="InvalidReason.None"/> is returned.</param>
    public static InvalidReason Read(ReadOnlySpan<byte> encoded, int nibble, out TrieNode node)
    {
        node = default;
        if (!RlpReader.TryReadWholeList(encoded, out var items)) return Rlp.IsWellFormed(encoded) ? InvalidReason.NotANode : InvalidReason.BadRlp;

        var count = 0;
        for (var counter = items; !counter.IsAtEnd; count++)
        {
            if (!counter.TrySkip()) return InvalidReason.BadRlp;
        }

        return count switch
        {
            2 => ReadShort(items, out node),
            BranchChildren + 1 => ReadBranch(items, nibble, out node),
            _ => InvalidReason.NotANode,
        };
    }

    private static InvalidReason ReadBranch(RlpReader items, int nibble, out TrieNode node)
    {
        node = default;
        var wanted = Rlp.EmptyString;
        var occupied = 0;
        for (var i = 0; i < BranchChildren; i++)
        {
            _ = items.TryReadItem(out var child, out _);
            var reason = CheckReference(child);
            if (reason != InvalidReason.None) return reason;

            if (child.Length > 1) occupied++;
            if (i == nibble) wanted = child;
        }

        if (!items.TryReadBytes(out var value)) return InvalidReason.NotANode;
        if (!value.IsEmpty) occupied++;
        if (occupied < 2) return InvalidReason.BranchTooBare;

        node = new TrieNode(TrieNodeKind.Branch, default, wanted, value);
        return InvalidReason.None;
    }

    private static InvalidReason ReadShort(RlpReader items, out TrieNode node)
    {
        node = default;
        if (!items.TryReadBytes(out var compact)) return InvalidReason.NotANode;
        if (!CompactPath.TryRead(compact, out var path)) return InvalidReason.BadCompactPath;

        if (path.IsLeaf)
        {
            if (!items.TryReadBytes(out var value)) return InvalidReason.NotANode;
            if (value.IsEmpty) return InvalidReason.EmptyLeaf;

            node = new TrieNode(TrieNodeKind.Leaf, path, default, value);
            return InvalidReason.None;
        }

        if (path.Length == 0) return InvalidReason.EmptyExtension;

        _ = items.TryReadItem(out var child, out _);
        if (child.Length == 1) return InvalidReason.BadChildReference;

        node = new TrieNode(TrieNodeKind.Extension, path, child, default);
        return CheckReference(child);
    }

    // Nothing, 32 bytes, or a list of fewer than 32 bytes as encoded.
    private static InvalidReason CheckReference(ReadOnlySpan<byte> child)
    {
        if (child.SequenceEqual(Rlp.EmptyString) || IsHash(child)) return InvalidReason.None;
        if (child[0] < Rlp.EmptyList[0]) return InvalidReason.BadChildReference;

        return child.Length < Hash32.Size ? InvalidReason.None : InvalidReason.EmbeddedNodeTooLong;
    }

    /// <summary>Says whether a reference is a hash: 0xa0 and 32 bytes.</summary>
    public static bool IsHash(ReadOnlySpan<byte> child) => child.Length == Hash32.Size + 1 && child[0] == 0x80 + Hash32.Size;
}
