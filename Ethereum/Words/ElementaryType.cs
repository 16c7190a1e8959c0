using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Pythia.Ethereum;

/// <summary>The kinds of Solidity's elementary types that cross a contract's border.</summary>
public enum ElementaryKind
{
    UInt = 0,
    Int = 1,
    Address = 2,
    Bool = 3,
    FixedBytes = 4,
    Bytes = 5,
    String = 6,
}

/// <summary>An elementary type by its canonical name (<c>uint256</c>, never <c>uint</c>), and its values as 32-byte words.</summary>
/// <remarks>Values in .NET: <see cref="BigInteger"/> for every uint and int (any integer type is taken), <see cref="Ethereum.Address"/>,
/// <see cref="bool"/>, <see cref="Hash32"/> for bytes32, <c>byte[]</c> for other bytes, <see cref="string"/>.</remarks>
public readonly record struct ElementaryType
{
    public const int WordSize = 32;

    // A lone surrogate is refused, not replaced: what is hashed is what was said.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ElementaryType(ElementaryKind kind, int size) => (Kind, Size) = (kind, size);

    public ElementaryKind Kind { get; }

    /// <summary>Bits of an integer, bytes of fixed bytes; otherwise 0.</summary>
    public int Size { get; }

    /// <summary>True for bytes and string, whose content stands behind their word.</summary>
    public bool IsDynamic => Kind is ElementaryKind.Bytes or ElementaryKind.String;

    public string Name => Kind switch
    {
        ElementaryKind.UInt => $"uint{Size}",
        ElementaryKind.Int => $"int{Size}",
        ElementaryKind.Address => "address",
        ElementaryKind.Bool => "bool",
        ElementaryKind.FixedBytes => $"bytes{Size}",
        ElementaryKind.Bytes => "bytes",
        _ => "string",
    };

    public static bool TryParse(ReadOnlySpan<char> name, out ElementaryType type)
    {
        type = default;
        ElementaryType? parsed = name switch
        {
            "address" => new(ElementaryKind.Address, 0),
            "bool" => new(ElementaryKind.Bool, 0),
            "bytes" => new(ElementaryKind.Bytes, 0),
            "string" => new(ElementaryKind.String, 0),
            _ when name.StartsWith("uint") && TryParseSize(name[4..], 256, out var bits) && bits % 8 == 0 => new(ElementaryKind.UInt, bits),
            _ when name.StartsWith("int") && TryParseSize(name[3..], 256, out var bits) && bits % 8 == 0 => new(ElementaryKind.Int, bits),
            _ when name.StartsWith("bytes") && TryParseSize(name[5..], WordSize, out var bytes) => new(ElementaryKind.FixedBytes, bytes),
            _ => null,
        };
        type = parsed.GetValueOrDefault();
        return parsed.HasValue;
    }

    /// <summary>Writes a static value as its word: numbers right-aligned and sign-extended, fixed bytes left-aligned.</summary>
    /// <exception cref="ArgumentException">The value is not of this type or out of its range.</exception>
    public void WriteWord(object? value, Span<byte> word)
    {
        word = word[..WordSize];
        word.Clear();
        switch (Kind)
        {
            case ElementaryKind.UInt or ElementaryKind.Int:
                WriteInteger(ToInteger(value), word);
                break;
            case ElementaryKind.Address:
                (value is Address address ? address : throw Unexpected(value)).CopyTo(word[12..]);
                break;
            case ElementaryKind.Bool:
                word[31] = (value is bool flag ? flag : throw Unexpected(value)) ? (byte)1 : (byte)0;
                break;
            case ElementaryKind.FixedBytes:
                var bytes = ToBytes(value);
                if (bytes.Length != Size) throw new ArgumentException($"{bytes.Length} bytes found, {Size} expected for {Name}", nameof(value));
                bytes.Span.CopyTo(word);
                break;
            default:
                throw new InvalidOperationException($"{Name} found, a static type expected");
        }
    }

    /// <summary>Reads a static value; false if the padding is not what <see cref="WriteWord"/> would have written.</summary>
    public bool TryReadWord(ReadOnlySpan<byte> word, out object? value)
    {
        value = Kind switch
        {
            ElementaryKind.UInt or ElementaryKind.Int => TryReadInteger(word, out var number) ? number : null,
            ElementaryKind.Address => word[..12].ContainsAnyExcept((byte)0) ? null : Address.FromSpan(word[12..WordSize]),
            ElementaryKind.Bool => word[..31].ContainsAnyExcept((byte)0) || word[31] > 1 ? null : word[31] == 1,
            ElementaryKind.FixedBytes when Size == WordSize => Hash32.FromSpan(word[..WordSize]),
            ElementaryKind.FixedBytes => word[Size..WordSize].ContainsAnyExcept((byte)0) ? null : word[..Size].ToArray(),
            _ => throw new InvalidOperationException($"{Name} found, a static type expected"),
        };
        return value is not null;
    }

    /// <summary>The content of a dynamic value: bytes as they are, a string in UTF-8.</summary>
    /// <exception cref="ArgumentException">The value is not of this type.</exception>
    public ReadOnlyMemory<byte> ToContent(object? value) => Kind switch
    {
        ElementaryKind.Bytes => ToBytes(value),
        ElementaryKind.String => value is string text ? StrictUtf8.GetBytes(text) : throw Unexpected(value),
        _ => throw new InvalidOperationException($"{Name} found, bytes or string expected"),
    };

    public override string ToString() => Name;

    private static bool TryParseSize(ReadOnlySpan<char> digits, int largest, out int size)
        => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out size) && size > 0 && size <= largest && digits[0] != '0';

    private void WriteInteger(BigInteger value, Span<byte> word)
    {
        var signed = Kind is ElementaryKind.Int;
        var fits = signed
            ? value.GetBitLength() < Size // without the sign bit
            : value.Sign >= 0 && value.GetBitLength() <= Size;
        if (!fits) throw new ArgumentException($"{value} found, a number that fits {Name} expected", nameof(value));

        if (value.Sign < 0) word.Fill(0xff);
        Span<byte> bytes = stackalloc byte[WordSize + 1];
        _ = value.TryWriteBytes(bytes, out var written, isUnsigned: false, isBigEndian: true);
        var number = bytes[..written];
        if (written > WordSize) number = number[1..]; // the zero byte above a full unsigned word
        number.CopyTo(word[(WordSize - number.Length)..]);
    }

    private bool TryReadInteger(ReadOnlySpan<byte> word, out BigInteger value)
    {
        var signed = Kind is ElementaryKind.Int;
        value = new BigInteger(word[..WordSize], isUnsigned: !signed, isBigEndian: true);
        return signed ? value.GetBitLength() < Size : value.GetBitLength() <= Size;
    }

    private BigInteger ToInteger(object? value) => value switch
    {
        BigInteger big => big,
        int i => i,
        uint i => i,
        long i => i,
        ulong i => i,
        byte i => i,
        sbyte i => i,
        short i => i,
        ushort i => i,
        UInt128 i => i,
        Int128 i => i,
        Enum e => Convert.ToInt64(e, CultureInfo.InvariantCulture),
        Hash32 word when Kind is ElementaryKind.UInt => new BigInteger(word.ToArray(), isUnsigned: true, isBigEndian: true),
        _ => throw Unexpected(value),
    };

    private ReadOnlyMemory<byte> ToBytes(object? value) => value switch
    {
        byte[] bytes => bytes,
        ReadOnlyMemory<byte> memory => memory,
        ImmutableArray<byte> array => array.AsMemory(),
        Hash32 hash => hash.ToArray(),
        _ => throw Unexpected(value),
    };

    private ArgumentException Unexpected(object? value)
        => new($"{value?.GetType().Name ?? "null"} found, a value of {Name} expected", nameof(value));
}
