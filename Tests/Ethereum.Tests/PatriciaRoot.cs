namespace Pythia.Ethereum.Tests;

/// <summary>The root of a Merkle-Patricia trie from all of its entries (Yellow Paper, appendix D): short and slow, for the vectors only.</summary>
internal static class PatriciaRoot
{
    public static Hash32 Of(IEnumerable<KeyValuePair<byte[], byte[]>> entries)
    {
        var nibbled = entries.Select(e => (Key: e.Key.SelectMany(b => new[] { (byte)(b >> 4), (byte)(b & 15) }).ToArray(), e.Value)).ToList();
        return Keccak256.HashData(Node(nibbled, 0));
    }

    private static byte[] Node(List<(byte[] Key, byte[] Value)> entries, int at)
    {
        if (entries.Count == 0) return Rlp.EmptyString.ToArray();
        if (entries.Count == 1) return Rlp.EncodeList(Rlp.EncodeBytes(HexPrefix(entries[0].Key[at..], isLeaf: true)), Rlp.EncodeBytes(entries[0].Value));

        var shared = CommonNibbles(entries, at);
        if (shared > 0) return Rlp.EncodeList(Rlp.EncodeBytes(HexPrefix(entries[0].Key[at..(at + shared)], isLeaf: false)), Reference(Node(entries, at + shared)));

        var children = Enumerable.Range(0, 16).Select(n => Reference(Node([.. entries.Where(e => e.Key.Length > at && e.Key[at] == n)], at + 1)));
        var here = entries.Where(e => e.Key.Length == at).Select(e => e.Value).SingleOrDefault([]);
        return Rlp.EncodeList([.. children, Rlp.EncodeBytes(here)]);
    }

    // A node of less than 32 bytes stands in its parent itself.
    private static byte[] Reference(byte[] node) => node.Length < 32 ? node : Rlp.EncodeBytes(Keccak256.HashData(node).ToArray());

    private static int CommonNibbles(List<(byte[] Key, byte[] Value)> entries, int at)
    {
        var shared = 0;
        while (entries.TrueForAll(e => e.Key.Length > at + shared && e.Key[at + shared] == entries[0].Key[at + shared])) shared++;
        return shared;
    }

    private static byte[] HexPrefix(byte[] nibbles, bool isLeaf)
    {
        var flag = (byte)((isLeaf ? 2 : 0) + (nibbles.Length & 1));
        byte[] all = (nibbles.Length & 1) == 1 ? [flag, .. nibbles] : [flag, 0, .. nibbles];
        return [.. all.Chunk(2).Select(pair => (byte)((pair[0] << 4) | pair[1]))];
    }
}
