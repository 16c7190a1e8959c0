using Pythia.Enclave.Verifier.Tries;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Receipts;

/// <summary>The root of a Merkle-Patricia trie over a whole set of entries (Yellow Paper, appendix D); nothing but the root is kept.</summary>
public static class OrderedTrie
{
    /// <summary>Root over the values of a block's list: the key of the value at index i is RLP(i), as for receipts and transactions.</summary>
    public static Hash32 RootOfList(IReadOnlyList<ReadOnlyMemory<byte>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var entries = new KeyValuePair<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>[values.Count];
        for (var i = 0; i < entries.Length; i++) entries[i] = new(Rlp.EncodeUInt64((ulong)i), values[i]);

        return Root(entries);
    }

    /// <summary>Root over entries in any order.</summary>
    /// <param name="entries">Keys of at most <see cref="TrieWalk.MaxKeyBytes"/>, each once; values of one byte or more.</param>
    /// <exception cref="ArgumentException">A key twice or too long, or an empty value.</exception>
    public static Hash32 Root(ReadOnlySpan<KeyValuePair<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>> entries)
    {
        if (entries.IsEmpty) return TrieWalk.EmptyRoot;

        var sorted = entries.ToArray();
        Array.Sort(sorted, static (left, right) => left.Key.Span.SequenceCompareTo(right.Key.Span));
        for (var i = 0; i < sorted.Length; i++)
        {
            if (sorted[i].Value.IsEmpty || sorted[i].Key.Length > TrieWalk.MaxKeyBytes || (i > 0 && sorted[i].Key.Span.SequenceEqual(sorted[i - 1].Key.Span)))
                throw new ArgumentException($"key {Hex.Format(sorted[i].Key.Span)} is twice there, too long or without a value", nameof(entries));
        }

        return Keccak256.HashData(Encode(sorted, 0));
    }

    // The node of entries that agree in their first `from` nibbles. Sorted by bytes, entries are sorted by nibbles, prefixes first.
    private static byte[] Encode(ReadOnlySpan<KeyValuePair<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>> entries, int from)
    {
        var first = entries[0].Key.Span;
        if (entries.Length == 1) return EncodeShort(first, from, 2 * first.Length, isLeaf: true, Rlp.EncodeBytes(entries[0].Value.Span));

        var shared = SharedNibbles(first, entries[^1].Key.Span, from);
        return shared > from
            ? EncodeShort(first, from, shared, isLeaf: false, Reference(Encode(entries, shared)))
            : EncodeBranch(entries, from);
    }

    private static byte[] EncodeBranch(ReadOnlySpan<KeyValuePair<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>> entries, int from)
    {
        var writer = new RlpWriter(544);
        var list = writer.StartList();
        var endsHere = 2 * entries[0].Key.Length == from;
        var rest = endsHere ? entries[1..] : entries;
        for (var nibble = 0; nibble < TrieNode.BranchChildren; nibble++)
        {
            var count = 0;
            while (count < rest.Length && CompactPath.Nibble(rest[count].Key.Span, from) == nibble) count++;

            writer.WriteEncoded(count == 0 ? Rlp.EmptyString : Reference(Encode(rest[..count], from + 1)));
            rest = rest[count..];
        }

        writer.WriteBytes(endsHere ? entries[0].Value.Span : default);
        writer.EndList(list);
        return writer.ToArray();
    }

    private static byte[] EncodeShort(ReadOnlySpan<byte> key, int from, int to, bool isLeaf, ReadOnlySpan<byte> encodedItem)
    {
        var writer = new RlpWriter(encodedItem.Length + Hash32.Size + 16);
        var list = writer.StartList();
        Span<byte> path = stackalloc byte[TrieWalk.MaxKeyBytes + 1];
        writer.WriteBytes(path[..CompactPath.Write(path, key, from, to, isLeaf)]);
        writer.WriteEncoded(encodedItem);
        writer.EndList(list);
        return writer.ToArray();
    }

    // 32 bytes or more are referred to by hash, fewer lie inside the parent.
    private static ReadOnlySpan<byte> Reference(byte[] node)
        => node.Length < Hash32.Size ? node : Rlp.EncodeBytes(Keccak256.HashData(node).ToArray());

    private static int SharedNibbles(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, int from)
    {
        var most = 2 * Math.Min(left.Length, right.Length);
        while (from < most && CompactPath.Nibble(left, from) == CompactPath.Nibble(right, from)) from++;

        return from;
    }
}
