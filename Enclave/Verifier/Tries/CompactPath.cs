namespace Pythia.Enclave.Verifier.Tries;

/// <summary>A path of nibbles in hex-prefix encoding (Yellow Paper, appendix C).</summary>
/// <remarks>First byte: high nibble 0 extension even, 1 extension odd, 2 leaf even, 3 leaf odd; its low nibble is the first of an odd
/// path and 0 before an even one. Then two nibbles a byte.</remarks>
internal readonly ref struct CompactPath
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _skipped;

    private CompactPath(ReadOnlySpan<byte> bytes, int skipped, bool isLeaf)
    {
        _bytes = bytes;
        _skipped = skipped;
        IsLeaf = isLeaf;
    }

    public bool IsLeaf { get; }

    /// <summary>Nibbles.</summary>
    public int Length => (2 * _bytes.Length) - _skipped;

    public static bool TryRead(ReadOnlySpan<byte> bytes, out CompactPath path)
    {
        path = default;
        if (bytes.IsEmpty) return false;

        var flag = bytes[0] >> 4;
        var odd = (flag & 1) == 1;
        if (flag > 3 || (!odd && (bytes[0] & 0xf) != 0)) return false;

        path = new CompactPath(bytes, odd ? 1 : 2, isLeaf: flag >= 2);
        return true;
    }

    /// <summary>Says whether the key continues with this path from its nibble <paramref name="from"/> on.</summary>
    public bool IsPrefixOf(ReadOnlySpan<byte> key, int from)
    {
        if (Length > (2 * key.Length) - from) return false;

        for (var i = 0; i < Length; i++)
        {
            if (Nibble(_bytes, _skipped + i) != Nibble(key, from + i)) return false;
        }

        return true;
    }

    /// <summary>Encodes the nibbles <paramref name="from"/> to <paramref name="to"/> (not included) of <paramref name="key"/>.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> destination, ReadOnlySpan<byte> key, int from, int to, bool isLeaf)
    {
        var odd = ((to - from) & 1) == 1;
        var flag = (isLeaf ? 0x20 : 0) | (odd ? 0x10 : 0);
        destination[0] = (byte)(odd ? flag | Nibble(key, from++) : flag);
        var written = 1;
        for (; from < to; from += 2) destination[written++] = (byte)((Nibble(key, from) << 4) | Nibble(key, from + 1));

        return written;
    }

    /// <summary>The nibble at <paramref name="index"/>, high one of each byte first.</summary>
    public static int Nibble(ReadOnlySpan<byte> bytes, int index) => (index & 1) == 0 ? bytes[index >> 1] >> 4 : bytes[index >> 1] & 0xf;
}
