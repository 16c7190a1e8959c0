using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pythia.Ethereum;

/// <summary>32 bytes: a Keccak-256 hash, a storage key, a word of the EVM. Compared and ordered as big-endian bytes.</summary>
[JsonConverter(typeof(Hash32JsonConverter))]
[StructLayout(LayoutKind.Sequential)]
public readonly struct Hash32 : IEquatable<Hash32>, IComparable<Hash32>, ISpanParsable<Hash32>
{
    public const int Size = 32;

    // The bytes in their order, whatever the machine's own; never read as numbers.
    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    public static Hash32 Zero => default;

    public bool IsZero => (_a | _b | _c | _d) == 0;

    /// <summary>Copies exactly <see cref="Size"/> bytes.</summary>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> has another length.</exception>
    public static Hash32 FromSpan(ReadOnlySpan<byte> bytes)
        => bytes.Length == Size
            ? MemoryMarshal.Read<Hash32>(bytes)
            : throw new ArgumentException($"{bytes.Length} bytes found, {Size} expected", nameof(bytes));

    /// <summary>The number as 32 bytes, big-endian.</summary>
    public static Hash32 FromUInt64(ulong value)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bytes.Clear();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], value);
        return FromSpan(bytes);
    }

    /// <summary>Writes 32 bytes.</summary>
    public void CopyTo(Span<byte> destination) => AsSpan(in this).CopyTo(destination);

    public byte[] ToArray() => AsSpan(in this).ToArray();

    /// <summary><c>0x</c> and 64 lower-case hex digits.</summary>
    public override string ToString() => Hex.Format(AsSpan(in this));

    /// <summary>Reads <c>0x</c> and 64 hex digits of either case.</summary>
    /// <exception cref="FormatException">Not <c>0x</c> and 64 hex digits.</exception>
    public static Hash32 Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parse(text.AsSpan(), null);
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out Hash32 value) => TryParse(text.AsSpan(), null, out value);

    public static Hash32 Parse(string s, IFormatProvider? provider) => Parse(s);

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Hash32 result) => TryParse(s.AsSpan(), provider, out result);

    public static Hash32 Parse(ReadOnlySpan<char> s, IFormatProvider? provider)
        => TryParse(s, provider, out var value) ? value : throw new FormatException($"'{Hex.Shorten(s)}' found, 0x and 64 hex digits expected");

    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Hash32 result)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var parsed = Hex.TryParse(s, bytes);
        result = parsed ? FromSpan(bytes) : default;
        return parsed;
    }

    public bool Equals(Hash32 other) => ((_a ^ other._a) | (_b ^ other._b) | (_c ^ other._c) | (_d ^ other._d)) == 0;

    public override bool Equals(object? obj) => obj is Hash32 other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_a, _b, _c, _d);

    public int CompareTo(Hash32 other) => AsSpan(in this).SequenceCompareTo(AsSpan(in other));

    public static bool operator ==(Hash32 left, Hash32 right) => left.Equals(right);

    public static bool operator !=(Hash32 left, Hash32 right) => !left.Equals(right);

    public static bool operator <(Hash32 left, Hash32 right) => left.CompareTo(right) < 0;

    public static bool operator <=(Hash32 left, Hash32 right) => left.CompareTo(right) <= 0;

    public static bool operator >(Hash32 left, Hash32 right) => left.CompareTo(right) > 0;

    public static bool operator >=(Hash32 left, Hash32 right) => left.CompareTo(right) >= 0;

    private static ReadOnlySpan<byte> AsSpan(ref readonly Hash32 value)
        => MemoryMarshal.AsBytes(new ReadOnlySpan<Hash32>(in value));
}

/// <summary>A <see cref="Hash32"/> as its text, as a value and as a key of an object.</summary>
public sealed class Hash32JsonConverter : JsonConverter<Hash32>
{
    public override Hash32 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => reader.TokenType == JsonTokenType.String && Hash32.TryParse(reader.GetString(), out var value)
            ? value
            : throw new JsonException("0x and 64 hex digits expected");

    public override void Write(Utf8JsonWriter writer, Hash32 value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());

    public override Hash32 ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => Hash32.TryParse(reader.GetString(), out var value) ? value : throw new JsonException("0x and 64 hex digits expected");

    public override void WriteAsPropertyName(Utf8JsonWriter writer, Hash32 value, JsonSerializerOptions options) => writer.WritePropertyName(value.ToString());
}
