using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Tries;

/// <summary>What is known of a tree's keys.</summary>
public enum TrieKeys
{
    /// <summary>All have the length of the key asked for, as in the state and storage tries, whose keys are hashes.</summary>
    OneLength = 0,

    /// <summary>They may be prefixes of one another, as in the tries of transactions and receipts.</summary>
    AnyLength = 1,
}

/// <summary>
/// Follows one key down a Merkle-Patricia trie from a root that is known from elsewhere (Yellow Paper, appendix D). Every node is hashed
/// and held to the canonical form; whatever is missing, cut, swapped or malformed is invalid, and only a complete path is an absence.
/// </summary>
/// <remarks>Pure: any bytes get a verdict, none an exception; no heap is taken.
/// 1. get the node that the hash names · 2. hash it · 3. read it · 4. step: value, absence, the next hash, or an embedded node (to 3).</remarks>
public static class TrieWalk
{
    /// <summary>Longest key: 32 bytes, 64 nibbles.</summary>
    public const int MaxKeyBytes = Hash32.Size;

    /// <summary>Longest path: a branch a nibble, and a leaf.</summary>
    public const int MaxNodes = (2 * MaxKeyBytes) + 1;

    /// <summary>Largest node; a full branch without a value has 532 bytes, a leaf with an account at most 150.</summary>
    public const int MaxNodeBytes = 1024;

    /// <summary>Root of a trie that holds nothing: keccak256(0x80).</summary>
    public static Hash32 EmptyRoot { get; } = Keccak256.HashData(Rlp.EmptyString);

    /// <summary>Looks <paramref name="key"/> up.</summary>
    /// <param name="root">From a header or an account that was checked; never from where the nodes come from.</param>
    /// <param name="key">The path's bytes; for state and storage the hash of address or slot.</param>
    /// <param name="nodes">Where nodes are found.</param>
    /// <param name="keys">What is known of the tree's keys.</param>
    public static TrieVerdict Find<TNodes>(scoped in Hash32 root, scoped ReadOnlySpan<byte> key, scoped ref TNodes nodes, TrieKeys keys = TrieKeys.OneLength)
        where TNodes : ITrieNodes, allows ref struct
    {
        if (key.Length > MaxKeyBytes) return TrieVerdict.Invalid(InvalidReason.KeyTooLong, 0);
        if (root == EmptyRoot) return TrieVerdict.Absent(0);

        var position = new Position { KeyNibbles = 2 * key.Length, Keys = keys };
        var hash = root;
        for (var used = 0; used < MaxNodes; used++)
        {
            if (!nodes.TryGet(hash, out var node)) return TrieVerdict.Invalid(InvalidReason.NodeMissing, used);

            var reason = CheckNode(node, hash, isRoot: used == 0);
            if (reason != InvalidReason.None) return TrieVerdict.Invalid(reason, used);

            var step = position.Step(key, node);
            while (step == StepKind.Embedded)
            {
                nodes.Entered(position.Next);
                step = position.Step(key, position.Next);
            }

            if (step == StepKind.Included) return TrieVerdict.Included(position.Value, used + 1);
            if (step == StepKind.Absent) return TrieVerdict.Absent(used + 1);
            if (step == StepKind.Invalid) return TrieVerdict.Invalid(position.Reason, used);

            hash = Hash32.FromSpan(position.Next);
        }

        return TrieVerdict.Invalid(InvalidReason.TooManyNodes, MaxNodes);
    }

    private static InvalidReason CheckNode(ReadOnlySpan<byte> node, scoped in Hash32 hash, bool isRoot)
    {
        if (node.Length > MaxNodeBytes) return InvalidReason.NodeTooLarge;
        if (Keccak256.HashData(node) != hash) return isRoot ? InvalidReason.WrongRoot : InvalidReason.HashMismatch;

        return !isRoot && node.Length < Hash32.Size ? InvalidReason.HashedNodeTooShort : InvalidReason.None;
    }

    private enum StepKind
    {
        Invalid = 0,
        Included,
        Absent,
        Hashed,
        Embedded,
    }

    /// <summary>How far the walk has come.</summary>
    private ref struct Position
    {
        private int _nibble;
        private bool _branchExpected;

        public int KeyNibbles { get; init; }

        public TrieKeys Keys { get; init; }

        public InvalidReason Reason { get; private set; }

        public ReadOnlySpan<byte> Value { get; private set; }

        /// <summary>After a step: 32 bytes of the next node's hash, or the embedded node.</summary>
        public ReadOnlySpan<byte> Next { get; private set; }

        private readonly int NibblesLeft => KeyNibbles - _nibble;

        public StepKind Step(scoped ReadOnlySpan<byte> key, ReadOnlySpan<byte> encoded)
        {
            var wanted = NibblesLeft > 0 ? CompactPath.Nibble(key, _nibble) : -1;
            var reason = TrieNode.Read(encoded, wanted, out var node);
            if (reason != InvalidReason.None) return Refuse(reason);
            if (_branchExpected && node.Kind != TrieNodeKind.Branch) return Refuse(InvalidReason.ExtensionWithoutBranch);

            _branchExpected = node.Kind == TrieNodeKind.Extension;
            return node.Kind switch
            {
                TrieNodeKind.Branch => StepBranch(node),
                TrieNodeKind.Extension => StepExtension(key, node),
                _ => StepLeaf(key, node),
            };
        }

        private StepKind StepBranch(in TrieNode node)
        {
            if (Keys == TrieKeys.OneLength && !node.Value.IsEmpty) return Refuse(InvalidReason.ValueInWrongPlace);
            if (NibblesLeft > 0)
            {
                _nibble++;
                return Follow(node.Child);
            }

            return Keys == TrieKeys.OneLength ? Refuse(InvalidReason.WrongPathLength) : End(node.Value);
        }

        private StepKind StepExtension(scoped ReadOnlySpan<byte> key, in TrieNode node)
        {
            // A branch must come behind it, which takes one nibble more.
            if (Keys == TrieKeys.OneLength && node.Path.Length >= NibblesLeft) return Refuse(InvalidReason.WrongPathLength);
            if (!node.Path.IsPrefixOf(key, _nibble)) return StepKind.Absent;

            _nibble += node.Path.Length;
            return Follow(node.Child);
        }

        private StepKind StepLeaf(scoped ReadOnlySpan<byte> key, in TrieNode node)
        {
            if (Keys == TrieKeys.OneLength && node.Path.Length != NibblesLeft) return Refuse(InvalidReason.WrongPathLength);

            return node.Path.Length == NibblesLeft && node.Path.IsPrefixOf(key, _nibble) ? End(node.Value) : StepKind.Absent;
        }

        private StepKind Follow(ReadOnlySpan<byte> child)
        {
            if (child.Length == 1) return StepKind.Absent;

            var hashed = TrieNode.IsHash(child);
            Next = hashed ? child[1..] : child;
            return hashed ? StepKind.Hashed : StepKind.Embedded;
        }

        private StepKind End(ReadOnlySpan<byte> value)
        {
            Value = value;
            return value.IsEmpty ? StepKind.Absent : StepKind.Included;
        }

        private StepKind Refuse(InvalidReason reason)
        {
            Reason = reason;
            return StepKind.Invalid;
        }
    }
}
