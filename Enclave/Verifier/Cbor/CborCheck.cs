using System.Buffers.Binary;
using System.Text.Unicode;

namespace Pythia.Enclave.Verifier.Cbor;

/// <summary>What is wrong with bytes that should be deterministic CBOR.</summary>
public enum CborError
{
    None = 0,

    /// <summary>The bytes end inside an item.</summary>
    Truncated,

    /// <summary>More bytes follow the item.</summary>
    TrailingBytes,

    /// <summary>A length or number is longer than it need be (RFC 8949 §4.2.1).</summary>
    NotShortest,

    /// <summary>An item of indefinite length, or a break outside one (RFC 8949 §4.2.1 forbids both).</summary>
    IndefiniteLength,

    /// <summary>Additional information 28 to 30: reserved (RFC 8949 §3).</summary>
    Reserved,

    /// <summary>Well-formed, but no part of this protocol: tags, floats, simple values other than null.</summary>
    Unsupported,

    /// <summary>Map keys are not in bytewise order, or one comes twice (RFC 8949 §4.2.1, §5.6).</summary>
    KeysNotSorted,

    /// <summary>Text that is not UTF-8 (RFC 8949 §3.1).</summary>
    InvalidText,

    /// <summary>Nested deeper than <see cref="CborCheck.MaxDepth"/>.</summary>
    TooDeep,

    /// <summary>Longer than the caller takes.</summary>
    TooLong,

    /// <summary>Deterministic CBOR, but not of the type or size that is due here.</summary>
    UnexpectedItem,
}

/// <summary>
/// Says whether bytes are one item of deterministic CBOR (RFC 8949 §4.2.1) in the subset that is spoken here: unsigned and negative
/// integers, byte and text strings, arrays, maps, null. Every other input gets a named error; none an exception.
/// </summary>
public static class CborCheck
{
    /// <summary>Arrays and maps inside each other; the deepest message here has four.</summary>
    public const int MaxDepth = 8;

    /// <summary>Checks the whole of <paramref name="source"/>.</summary>
    /// <param name="source">Exactly one item.</param>
    /// <param name="maxBytes">Longer input is <see cref="CborError.TooLong"/> before a byte of it is read.</param>
    public static CborError Check(ReadOnlySpan<byte> source, int maxBytes)
    {
        if (source.Length > maxBytes)
        {
            return CborError.TooLong;
        }

        var position = 0;
        var error = CheckItem(source, ref position, depth: 0);
        return error != CborError.None ? error
            : position != source.Length ? CborError.TrailingBytes
            : CborError.None;
    }

    /// <summary>
    /// Reads an item's head (RFC 8949 §3): major type in the top three bits, then a number in 0, 1, 2, 4 or 8 bytes, big-endian.
    /// </summary>
    internal static CborError ReadHead(ReadOnlySpan<byte> source, ref int position, out int major, out ulong argument)
    {
        (major, argument) = (0, 0);
        if (position >= source.Length)
        {
            return CborError.Truncated;
        }

        major = source[position] >> 5;
        var information = source[position] & 0x1F;
        if (information >= 28)
        {
            return information == 31 ? CborError.IndefiniteLength : CborError.Reserved;
        }

        if (major == 7 && information >= 24)
        {
            return source.Length - position - 1 < 1 << (information - 24) ? CborError.Truncated : CborError.Unsupported;
        }

        if (information < 24)
        {
            argument = (ulong)information;
            position++;
            return CborError.None;
        }

        var size = 1 << (information - 24);
        if (source.Length - position - 1 < size)
        {
            return CborError.Truncated;
        }

        var number = source.Slice(position + 1, size);
        argument = size switch
        {
            1 => number[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(number),
            4 => BinaryPrimitives.ReadUInt32BigEndian(number),
            _ => BinaryPrimitives.ReadUInt64BigEndian(number),
        };
        position += 1 + size;
        var least = size switch { 1 => 24UL, 2 => 1UL << 8, 4 => 1UL << 16, _ => 1UL << 32 };
        return argument < least ? CborError.NotShortest : CborError.None;
    }

    private static CborError CheckItem(ReadOnlySpan<byte> source, ref int position, int depth)
    {
        var error = ReadHead(source, ref position, out var major, out var argument);
        if (error != CborError.None)
        {
            return error;
        }

        switch (major)
        {
            case CborMajor.Unsigned or CborMajor.Negative:
                return CborError.None;
            case CborMajor.Bytes or CborMajor.Text:
                return CheckString(source, ref position, major, argument);
            case CborMajor.Array or CborMajor.Map when depth == MaxDepth:
                return CborError.TooDeep;
            case CborMajor.Array:
                return CheckArray(source, ref position, argument, depth);
            case CborMajor.Map:
                return CheckMap(source, ref position, argument, depth);
            default:
                return major == CborMajor.Simple && argument == CborMajor.Null ? CborError.None : CborError.Unsupported;
        }
    }

    private static CborError CheckString(ReadOnlySpan<byte> source, ref int position, int major, ulong length)
    {
        if (length > (ulong)(source.Length - position))
        {
            return CborError.Truncated;
        }

        var content = source.Slice(position, (int)length);
        position += (int)length;
        return major == CborMajor.Text && !Utf8.IsValid(content) ? CborError.InvalidText : CborError.None;
    }

    private static CborError CheckArray(ReadOnlySpan<byte> source, ref int position, ulong count, int depth)
    {
        // Each element has at least one byte, so a count above what is left need not be walked.
        if (count > (ulong)(source.Length - position))
        {
            return CborError.Truncated;
        }

        for (var i = 0UL; i < count; i++)
        {
            if (CheckItem(source, ref position, depth + 1) is not CborError.None and var error)
            {
                return error;
            }
        }

        return CborError.None;
    }

    private static CborError CheckMap(ReadOnlySpan<byte> source, ref int position, ulong count, int depth)
    {
        if (count > (ulong)(source.Length - position) / 2)
        {
            return CborError.Truncated;
        }

        var previousKey = ReadOnlySpan<byte>.Empty;
        for (var i = 0UL; i < count; i++)
        {
            var keyStart = position;
            if (CheckItem(source, ref position, depth + 1) is not CborError.None and var keyError)
            {
                return keyError;
            }

            var key = source[keyStart..position];
            if (i > 0 && key.SequenceCompareTo(previousKey) <= 0)
            {
                return CborError.KeysNotSorted;
            }

            previousKey = key;
            if (CheckItem(source, ref position, depth + 1) is not CborError.None and var valueError)
            {
                return valueError;
            }
        }

        return CborError.None;
    }
}

/// <summary>Major types of RFC 8949 §3.1.</summary>
internal static class CborMajor
{
    public const int Unsigned = 0;
    public const int Negative = 1;
    public const int Bytes = 2;
    public const int Text = 3;
    public const int Array = 4;
    public const int Map = 5;
    public const int Simple = 7;

    /// <summary>The simple value null (RFC 8949 §3.3).</summary>
    public const int Null = 22;
}
