using System.Buffers.Binary;
using System.Numerics;

namespace Pythia.Ethereum;

/// <summary>Reads one sequence of RLP items strictly (Yellow Paper, appendix B): every length in its only shortest form.</summary>
/// <remarks>Never throws on bad bytes and takes no heap: a <c>TryRead…</c> that is false leaves the reader where it was.
/// Reads one level at a time, so depth is the caller's; see <see cref="Rlp.IsWellFormed"/> for a whole tree.</remarks>
public ref struct RlpReader
{
    private const byte ShortString = 0x80;
    private const byte LongString = 0xb8;
    private const byte ShortList = 0xc0;
    private const byte LongList = 0xf8;

    private readonly ReadOnlySpan<byte> _data;
    private int _position;

    /// <summary>Stands before the first item.</summary>
    /// <param name="data">Items end to end; for one list as a whole see <see cref="TryReadWholeList"/>.</param>
    public RlpReader(ReadOnlySpan<byte> data)
    {
        _data = data;
        _position = 0;
    }

    /// <summary>True when every item was read.</summary>
    public readonly bool IsAtEnd => _position == _data.Length;

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _position;

    /// <summary>The bytes not read yet.</summary>
    public readonly ReadOnlySpan<byte> Remaining => _data[_position..];

    /// <summary>True when the next item is a list, by its first byte only; false at the end.</summary>
    public readonly bool IsNextList => _position < _data.Length && _data[_position] >= ShortList;

    /// <summary>Reads <paramref name="encoded"/> as exactly one list with nothing behind it.</summary>
    public static bool TryReadWholeList(ReadOnlySpan<byte> encoded, out RlpReader items)
    {
        var reader = new RlpReader(encoded);
        return reader.TryReadList(out items) && reader.IsAtEnd;
    }

    /// <summary>Reads a byte string.</summary>
    /// <param name="value">A slice of the input.</param>
    public bool TryReadBytes(out ReadOnlySpan<byte> value) => TryReadPayload(list: false, out value);

    /// <summary>Reads a byte string of exactly <paramref name="length"/> bytes.</summary>
    public bool TryReadBytes(int length, out ReadOnlySpan<byte> value)
    {
        var start = _position;
        if (TryReadPayload(list: false, out value) && value.Length == length) return true;

        _position = start;
        value = default;
        return false;
    }

    /// <summary>Reads a list; <paramref name="items"/> stands before its first item.</summary>
    public bool TryReadList(out RlpReader items)
    {
        var read = TryReadPayload(list: true, out var payload);
        items = new RlpReader(payload);
        return read;
    }

    /// <summary>Reads the next item, whatever it is, with its header: what was hashed or can be read again.</summary>
    public bool TryReadItem(out ReadOnlySpan<byte> encoded, out bool isList)
    {
        var start = _position;
        isList = IsNextList;
        var read = TryReadPayload(isList, out _);
        encoded = read ? _data[start.._position] : default;
        return read;
    }

    /// <summary>Skips one item of either kind.</summary>
    public bool TrySkip() => TryReadPayload(IsNextList, out _);

    public bool TryReadHash32(out Hash32 value)
    {
        var read = TryReadBytes(Hash32.Size, out var bytes);
        value = read ? Hash32.FromSpan(bytes) : default;
        return read;
    }

    public bool TryReadAddress(out Address value)
    {
        var read = TryReadBytes(Address.Size, out var bytes);
        value = read ? Address.FromSpan(bytes) : default;
        return read;
    }

    /// <summary>Reads a scalar of at most 32 bytes: big-endian without leading zeros, zero is the empty string.</summary>
    public bool TryReadScalar(out ReadOnlySpan<byte> bigEndian)
    {
        var start = _position;
        if (TryReadPayload(list: false, out bigEndian) && bigEndian.Length <= Hash32.Size && (bigEndian.IsEmpty || bigEndian[0] != 0)) return true;

        _position = start;
        bigEndian = default;
        return false;
    }

    /// <summary>Reads a scalar that fits 64 bits.</summary>
    public bool TryReadUInt64(out ulong value)
    {
        var start = _position;
        value = 0;
        if (!TryReadScalar(out var bytes)) return false;
        if (bytes.Length > sizeof(ulong))
        {
            _position = start;
            return false;
        }

        foreach (var b in bytes) value = (value << 8) | b;
        return true;
    }

    /// <summary>Reads a scalar of up to 256 bits.</summary>
    public bool TryReadUInt256(out BigInteger value)
    {
        var read = TryReadScalar(out var bytes);
        value = new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
        return read;
    }

    private bool TryReadPayload(bool list, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        var rest = _data[_position..];
        if (rest.IsEmpty || rest[0] >= ShortList != list) return false;
        if (!TryReadHeader(rest, out var headerBytes, out var payloadBytes)) return false;

        payload = rest.Slice(headerBytes, payloadBytes);
        _position += headerBytes + payloadBytes;
        return true;
    }

    private static bool TryReadHeader(ReadOnlySpan<byte> rest, out int headerBytes, out int payloadBytes)
    {
        var first = rest[0];
        headerBytes = first < ShortString ? 0 : 1;
        payloadBytes = first switch
        {
            < ShortString => 1,
            < LongString => first - ShortString,
            < ShortList => -1,
            < LongList => first - ShortList,
            _ => -1,
        };
        if (payloadBytes < 0)
        {
            var lengthBytes = first - (first < ShortList ? LongString : LongList) + 1;
            if (!TryReadLongLength(rest[1..], lengthBytes, out payloadBytes)) return false;
            headerBytes += lengthBytes;
        }

        if (payloadBytes > rest.Length - headerBytes) return false;

        // One byte below 0x80 is its own encoding.
        return first != ShortString + 1 || rest[1] >= ShortString;
    }

    // 1 to 8 bytes, big-endian, without leading zeros, and only for payloads of more than 55 bytes.
    private static bool TryReadLongLength(ReadOnlySpan<byte> bytes, int lengthBytes, out int length)
    {
        length = 0;
        if (bytes.Length < lengthBytes || bytes[0] == 0) return false;

        Span<byte> wide = stackalloc byte[sizeof(ulong)];
        wide.Clear();
        bytes[..lengthBytes].CopyTo(wide[(sizeof(ulong) - lengthBytes)..]);
        var value = BinaryPrimitives.ReadUInt64BigEndian(wide);
        if (value is <= Rlp.MaxShortPayloadBytes or > int.MaxValue) return false;

        length = (int)value;
        return true;
    }
}
