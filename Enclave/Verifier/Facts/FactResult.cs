using System.Collections.Immutable;

namespace Pythia.Enclave.Verifier.Facts;

/// <summary>The four shapes of <c>result</c> in the CDDL of architecture section 7.</summary>
public enum FactResultShape
{
    /// <summary>Proven absent or zero. It permits nothing.</summary>
    Null = 0,

    /// <summary>One unsigned number.</summary>
    Number = 1,

    /// <summary>One byte string.</summary>
    Bytes = 2,

    /// <summary>1 to 6 numbers or byte strings.</summary>
    Array = 3,
}

/// <summary>What a fact came to. The default is null, which permits nothing.</summary>
public readonly struct FactResult : IEquatable<FactResult>
{
    /// <summary>Most elements of an array.</summary>
    public const int MaxElements = 6;

    private readonly ImmutableArray<FactValue> _values;

    private FactResult(FactResultShape shape, ImmutableArray<FactValue> values) => (Shape, _values) = (shape, values);

    public FactResultShape Shape { get; }

    public bool IsNull => Shape == FactResultShape.Null;

    /// <summary>Nothing for null, one element for a number or a byte string, 1 to 6 for an array.</summary>
    public ImmutableArray<FactValue> Values => _values.IsDefault ? [] : _values;

    public static FactResult Null => default;

    public static FactResult Single(FactValue value) => new(value.IsNumber ? FactResultShape.Number : FactResultShape.Bytes, [value]);

    /// <exception cref="ArgumentException">None, or more than <see cref="MaxElements"/>.</exception>
    public static FactResult ArrayOf(params ReadOnlySpan<FactValue> values)
        => values.Length is >= 1 and <= MaxElements
            ? new FactResult(FactResultShape.Array, [.. values])
            : throw new ArgumentException($"{values.Length} elements found, 1 to {MaxElements} expected", nameof(values));

    public bool Equals(FactResult other) => Shape == other.Shape && Values.AsSpan().SequenceEqual(other.Values.AsSpan());

    public override bool Equals(object? obj) => obj is FactResult other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Shape);
        foreach (var value in Values) hash.Add(value);
        return hash.ToHashCode();
    }

    public static bool operator ==(FactResult left, FactResult right) => left.Equals(right);

    public static bool operator !=(FactResult left, FactResult right) => !left.Equals(right);

    /// <summary><c>null</c>, a value, or values in brackets.</summary>
    public override string ToString() => Shape switch
    {
        FactResultShape.Null => "null",
        FactResultShape.Array => $"[{string.Join(", ", Values)}]",
        _ => Values[0].ToString(),
    };
}
