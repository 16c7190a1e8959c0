using Pythia.Ethereum;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>
/// A Merkle-Patricia trie that knows what it holds, to make proofs and to judge verdicts by. Written apart from the verifier: nibbles are
/// characters, nodes are objects.
/// </summary>
internal sealed class TestTrie
{
    private readonly SortedDictionary<string, byte[]> _entries = new(StringComparer.Ordinal);
    private readonly bool _hashKeys;
    private Node? _built;

    public TestTrie(bool hashKeys = true) => _hashKeys = hashKeys;

    public int Count => _entries.Count;

    public IEnumerable<string> Paths => _entries.Keys;

    public Hash32 Root => _entries.Count == 0 ? Keccak256.HashData([0x80]) : Keccak256.HashData(Build().Rlp);

    public byte[]? this[ReadOnlySpan<byte> key]
    {
        get => _entries.GetValueOrDefault(PathOf(key));
        set
        {
            _built = null;
            if (value is null or []) _entries.Remove(PathOf(key));
            else _entries[PathOf(key)] = value;
        }
    }

    /// <summary>The key as the trie has it: 64 nibbles when keys are hashed.</summary>
    public string PathOf(ReadOnlySpan<byte> key)
        => Convert.ToHexStringLower(_hashKeys ? Keccak256.HashData(key).ToArray() : key);

    /// <summary>Value at a path of nibbles, for a judge.</summary>
    public byte[]? AtPath(string path) => _entries.GetValueOrDefault(path);

    /// <summary>The nodes from the root to where the path ends, those inside their parents left out.</summary>
    public List<byte[]> Prove(ReadOnlySpan<byte> key) => ProvePath(PathOf(key));

    public List<byte[]> ProvePath(string path)
    {
        var proof = new List<byte[]>();
        for (var node = _entries.Count == 0 ? null : Build(); node is not null; node = node.Next(path))
        {
            if (proof.Count == 0 || node.Rlp.Length >= 32) proof.Add(node.Rlp);
        }

        return proof;
    }

    private Node Build() => _built ??= Build([.. _entries], 0);

    private static Node Build(List<KeyValuePair<string, byte[]>> entries, int depth)
    {
        if (entries.Count == 1) return new Leaf(depth, entries[0].Key[depth..], entries[0].Value);

        var common = entries[0].Key;
        foreach (var (key, _) in entries)
        {
            var shared = depth;
            while (shared < common.Length && shared < key.Length && common[shared] == key[shared]) shared++;
            common = common[..shared];
        }

        if (common.Length > depth) return new Extension(depth, common[depth..], Build(entries, common.Length));

        var children = new Node?[16];
        for (var nibble = 0; nibble < 16; nibble++)
        {
            var under = entries.Where(entry => entry.Key.Length > depth && Convert.ToInt32(entry.Key[depth].ToString(), 16) == nibble).ToList();
            children[nibble] = under.Count == 0 ? null : Build(under, depth + 1);
        }

        return new Branch(depth, children, entries.SingleOrDefault(entry => entry.Key.Length == depth).Value ?? []);
    }

    private abstract class Node(int depth, byte[] rlp)
    {
        protected int Depth => depth;

        public byte[] Rlp => rlp;

        public abstract Node? Next(string path);

        protected static byte[] Reference(Node? node) => node switch
        {
            null => [0x80],
            { Rlp.Length: < 32 } => node.Rlp,
            _ => [0xa0, .. Keccak256.HashData(node.Rlp).ToArray()],
        };
    }

    private sealed class Leaf(int depth, string rest, byte[] value) : Node(depth, TestNode.Leaf(rest, value))
    {
        public override Node? Next(string path) => null;
    }

    private sealed class Extension(int depth, string shared, Node child) : Node(depth, TestNode.Extension(shared, Reference(child)))
    {
        public override Node? Next(string path) => path[Depth..].StartsWith(shared, StringComparison.Ordinal) ? child : null;
    }

    private sealed class Branch(int depth, Node?[] children, byte[] value) : Node(depth, TestNode.Branch(value, Array.ConvertAll(children, Reference)))
    {
        public override Node? Next(string path) => path.Length == Depth ? null : children[Convert.ToInt32(path[Depth].ToString(), 16)];
    }
}

/// <summary>Nodes as bytes, right ones and, for tests of damage, wrong ones.</summary>
internal static class TestNode
{
    public static byte[] Leaf(string path, ReadOnlySpan<byte> value) => Short(Compact(path, leaf: true), Rlp.EncodeBytes(value));

    public static byte[] Extension(string path, byte[] reference) => Short(Compact(path, leaf: false), reference);

    public static byte[] Short(ReadOnlySpan<byte> compact, byte[] encodedItem) => Rlp.EncodeList(Rlp.EncodeBytes(compact), encodedItem);

    public static byte[] Branch(ReadOnlySpan<byte> value, params byte[][] references) => Rlp.EncodeList([.. references, Rlp.EncodeBytes(value)]);

    /// <summary>A branch with these children, by nibble; no value.</summary>
    public static byte[] BranchOf(params (int Nibble, byte[] Reference)[] children)
    {
        var references = Enumerable.Repeat<byte[]>([0x80], 16).ToArray();
        foreach (var (nibble, reference) in children) references[nibble] = reference;

        return Branch([], references);
    }

    public static byte[] Hashed(byte[] node) => [0xa0, .. Keccak256.HashData(node).ToArray()];

    public static byte[] Compact(string path, bool leaf)
    {
        var flag = leaf ? 2 : 0;
        var nibbles = path.Length % 2 == 0 ? $"{flag}0{path}" : $"{flag + 1}{path}";
        return Convert.FromHexString(nibbles);
    }
}
