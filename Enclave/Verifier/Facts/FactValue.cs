using System.Collections.Immutable;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Facts;

/// <summary>One argument or one element of a result: an unsigned number or a byte string, as the CDDL has it (architecture section 7).</summary>
public readonly struct FactValue : IEquatable<FactValue>
{
    private readonly ulong _number;
    private readonly ImmutableArray<byte> _bytes;

    private FactValue(ulong number, ImmutableArray<byte> bytes) => (_number, _bytes) = (number, bytes);

    /// <summary>True for <c>uint</c>, false for <c>bstr</c>. The default value is the number 0.</summary>
    public bool IsNumber => _bytes.IsDefault;

    /// <exception cref="InvalidOperationException">It is a byte string.</exception>
    public ulong Number => IsNumber ? _number : throw new InvalidOperationException("a byte string was found, a number expected");

    /// <exception cref="InvalidOperationException">It is a number.</exception>
    public ReadOnlyMemory<byte> Bytes
        => IsNumber ? throw new InvalidOperationException("a number was found, a byte string expected") : _bytes.AsMemory();

    public static FactValue Of(ulong number) => new(number, default);

    public static FactValue Of(ReadOnlySpan<byte> bytes) => new(0, [.. bytes]);

    public static FactValue Of(Address address) => new(0, [.. address.ToArray()]);

    public static FactValue Of(Hash32 word) => new(0, [.. word.ToArray()]);

    public bool Equals(FactValue other)
        => IsNumber == other.IsNumber && (IsNumber ? _number == other._number : _bytes.AsSpan().SequenceEqual(other._bytes.AsSpan()));

    public override bool Equals(object? obj) => obj is FactValue other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(_number);
        hash.AddBytes(IsNumber ? [] : _bytes.AsSpan());
        return hash.ToHashCode();
    }

    public static bool operator ==(FactValue left, FactValue right) => left.Equals(right);

    public static bool operator !=(FactValue left, FactValue right) => !left.Equals(right);

    /// <summary>Decimal, or 0x and lower-case hex.</summary>
    public override string ToString() => IsNumber ? $"{_number}" : Hex.Format(_bytes.AsSpan());
}
