using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pythia.Ethereum;

/// <summary>20 bytes: an account of the chain. Compared and ordered as big-endian bytes.</summary>
[JsonConverter(typeof(AddressJsonConverter))]
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public readonly struct Address : IEquatable<Address>, IComparable<Address>, ISpanParsable<Address>
{
    public const int Size = 20;

    /// <summary>Bytes of an uncompressed public key without its prefix: x 32, y 32.</summary>
    public const int PublicKeySize = 64;

    // The bytes in their order, whatever the machine's own; never read as numbers.
    private readonly ulong _a;
    private readonly ulong _b;
    private readonly uint _c;

    public static Address Zero => default;

    public bool IsZero => (_a | _b | _c) == 0;

    /// <summary>Copies exactly <see cref="Size"/> bytes.</summary>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> has another length.</exception>
    public static Address FromSpan(ReadOnlySpan<byte> bytes)
        => bytes.Length == Size
            ? MemoryMarshal.Read<Address>(bytes)
            : throw new ArgumentException($"{bytes.Length} bytes found, {Size} expected", nameof(bytes));

    /// <summary>The last 20 bytes of the key's Keccak-256 hash (Yellow Paper, appendix F).</summary>
    /// <param name="publicKey">64 bytes: x 32, y 32, big-endian, without the prefix 04.</param>
    public static Address FromPublicKey(ReadOnlySpan<byte> publicKey)
    {
        if (publicKey.Length != PublicKeySize)
            throw new ArgumentException($"{publicKey.Length} bytes found, {PublicKeySize} expected", nameof(publicKey));

        Span<byte> hash = stackalloc byte[Hash32.Size];
        Keccak256.HashData(publicKey, hash);
        return FromSpan(hash[12..]);
    }

    /// <summary>The address of the contract that <paramref name="sender"/> creates with its transaction of this nonce.</summary>
    public static Address OfCreatedContract(Address sender, ulong nonce)
    {
        var writer = new RlpWriter();
        var list = writer.StartList();
        writer.WriteAddress(sender);
        writer.WriteUInt64(nonce);
        writer.EndList(list);
        Span<byte> hash = stackalloc byte[Hash32.Size];
        Keccak256.HashData(writer.WrittenSpan, hash);
        return FromSpan(hash[12..]);
    }

    /// <summary>The address in the last 20 bytes of a word whose first 12 are zero.</summary>
    public static bool TryFromWord(Hash32 word, out Address address)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        word.CopyTo(bytes);
        address = FromSpan(bytes[12..]);
        return bytes[..12].IndexOfAnyExcept((byte)0) < 0;
    }

    /// <summary>Writes 20 bytes.</summary>
    public void CopyTo(Span<byte> destination) => AsSpan(in this).CopyTo(destination);

    public byte[] ToArray() => AsSpan(in this).ToArray();

    /// <summary>12 zero bytes and the address, as the ABI and topics hold it.</summary>
    public Hash32 ToWord()
    {
        Span<byte> word = stackalloc byte[Hash32.Size];
        word.Clear();
        CopyTo(word[12..]);
        return Hash32.FromSpan(word);
    }

    /// <summary><c>0x</c> and 40 lower-case hex digits.</summary>
    public override string ToString() => Hex.Format(AsSpan(in this));

    /// <summary>The digits' case is a checksum (EIP-55).</summary>
    public string ToChecksumString()
    {
        Span<char> text = stackalloc char[2 + (2 * Size)];
        ToString().CopyTo(text);
        ApplyChecksum(text[2..]);
        return text.ToString();
    }

    /// <summary>Reads <c>0x</c> and 40 hex digits; where both cases occur, they must be the checksum of EIP-55.</summary>
    /// <exception cref="FormatException">Other text, or the checksum is wrong.</exception>
    public static Address Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parse(text.AsSpan(), null);
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out Address value) => TryParse(text.AsSpan(), null, out value);

    public static Address Parse(string s, IFormatProvider? provider) => Parse(s);

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Address result) => TryParse(s.AsSpan(), provider, out result);

    public static Address Parse(ReadOnlySpan<char> s, IFormatProvider? provider)
        => TryParse(s, provider, out var value)
            ? value
            : throw new FormatException($"'{Hex.Shorten(s)}' found, 0x and 40 hex digits expected (mixed case must be the EIP-55 checksum)");

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Address result)
    {
        result = default;
        Span<byte> bytes = stackalloc byte[Size];
        if (!Hex.TryParse(s, bytes)) return false;

        var address = FromSpan(bytes);
        var digits = s[2..];
        var mixed = digits.ContainsAnyInRange('A', 'F') && digits.ContainsAnyInRange('a', 'f');
        if (mixed && !address.ToChecksumString().AsSpan(2).SequenceEqual(digits)) return false;

        result = address;
        return true;
    }

    public bool Equals(Address other) => ((_a ^ other._a) | (_b ^ other._b) | (_c ^ other._c)) == 0;

    public override bool Equals(object? obj) => obj is Address other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_a, _b, _c);

    public int CompareTo(Address other) => AsSpan(in this).SequenceCompareTo(AsSpan(in other));

    public static bool operator ==(Address left, Address right) => left.Equals(right);

    public static bool operator !=(Address left, Address right) => !left.Equals(right);

    public static bool operator <(Address left, Address right) => left.CompareTo(right) < 0;

    public static bool operator <=(Address left, Address right) => left.CompareTo(right) <= 0;

    public static bool operator >(Address left, Address right) => left.CompareTo(right) > 0;

    public static bool operator >=(Address left, Address right) => left.CompareTo(right) >= 0;

    // A digit is upper case where the same nibble of the hash of the lower-case digits is 8 or more.
    private static void ApplyChecksum(Span<char> digits)
    {
        Span<byte> ascii = stackalloc byte[2 * Size];
        for (var i = 0; i < digits.Length; i++) ascii[i] = (byte)digits[i];

        Span<byte> hash = stackalloc byte[Hash32.Size];
        Keccak256.HashData(ascii, hash);
        for (var i = 0; i < digits.Length; i++)
        {
            var nibble = (hash[i / 2] >> ((i & 1) == 0 ? 4 : 0)) & 0xf;
            if (nibble >= 8) digits[i] = char.ToUpperInvariant(digits[i]);
        }
    }

    private static ReadOnlySpan<byte> AsSpan(ref readonly Address value)
        => MemoryMarshal.AsBytes(new ReadOnlySpan<Address>(in value));
}

/// <summary>An <see cref="Address"/> as its lower-case text, as a value and as a key of an object.</summary>
public sealed class AddressJsonConverter : JsonConverter<Address>
{
    public override Address Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => reader.TokenType == JsonTokenType.String && Address.TryParse(reader.GetString(), out var value)
            ? value
            : throw new JsonException("0x and 40 hex digits expected");

    public override void Write(Utf8JsonWriter writer, Address value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());

    public override Address ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => Address.TryParse(reader.GetString(), out var value) ? value : throw new JsonException("0x and 40 hex digits expected");

    public override void WriteAsPropertyName(Utf8JsonWriter writer, Address value, JsonSerializerOptions options) => writer.WritePropertyName(value.ToString());
}
