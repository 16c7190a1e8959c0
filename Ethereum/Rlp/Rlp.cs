namespace Pythia.Ethereum;

/// <summary>Whole values in RLP, the encoding of headers, transactions, receipts and trie nodes (Yellow Paper, appendix B).</summary>
public static class Rlp
{
    /// <summary>Longest payload whose length stands in the first byte.</summary>
    public const int MaxShortPayloadBytes = 55;

    /// <summary>How deep <see cref="IsWellFormed"/> follows lists; nothing of Ethereum nests deeper than six.</summary>
    public const int MaxDepth = 64;

    /// <summary>The empty byte string, 0x80.</summary>
    public static ReadOnlySpan<byte> EmptyString => [0x80];

    /// <summary>The empty list, 0xc0.</summary>
    public static ReadOnlySpan<byte> EmptyList => [0xc0];

    /// <summary>One byte string.</summary>
    public static byte[] EncodeBytes(ReadOnlySpan<byte> value)
    {
        var writer = new RlpWriter(value.Length + 9);
        writer.WriteBytes(value);
        return writer.ToArray();
    }

    /// <summary>A number as a scalar: big-endian without leading zeros, zero is the empty string.</summary>
    public static byte[] EncodeUInt64(ulong value)
    {
        var writer = new RlpWriter(9);
        writer.WriteUInt64(value);
        return writer.ToArray();
    }

    /// <summary>A list of items that are encoded already.</summary>
    public static byte[] EncodeList(params ReadOnlySpan<byte[]> encodedItems)
    {
        var writer = new RlpWriter();
        var list = writer.StartList();
        foreach (var item in encodedItems) writer.WriteEncoded(item);
        writer.EndList(list);
        return writer.ToArray();
    }

    /// <summary>Says whether the bytes are exactly one item, strict at every depth up to <see cref="MaxDepth"/>.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> encoded)
    {
        var reader = new RlpReader(encoded);
        return IsItemWellFormed(ref reader, MaxDepth) && reader.IsAtEnd;
    }

    private static bool IsItemWellFormed(ref RlpReader reader, int depthLeft)
    {
        if (!reader.IsNextList) return reader.TryReadBytes(out _);
        if (depthLeft == 0 || !reader.TryReadList(out var items)) return false;

        while (!items.IsAtEnd)
        {
            if (!IsItemWellFormed(ref items, depthLeft - 1)) return false;
        }

        return true;
    }
}
