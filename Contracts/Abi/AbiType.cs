using System.Collections.Immutable;
using Pythia.Ethereum;

namespace Pythia.Contracts.Abi;

/// <summary>A parameter of a function, event, error or tuple; the name may be empty.</summary>
public sealed record AbiParameter(string Name, AbiType Type, bool Indexed = false);

/// <summary>A type of the contract ABI: elementary, array or tuple.</summary>
/// <remarks>Source: docs.soliditylang.org, "Contract ABI Specification". Values in .NET: elementary ones as
/// <see cref="ElementaryType"/> says; arrays any sequence; tuples a sequence of their components or a value tuple.
/// Decoded arrays and tuples are <see cref="AbiValues"/>.</remarks>
public sealed class AbiType
{
    /// <summary>Length of an array whose value decides it.</summary>
    public const int AnyLength = -1;

    /// <summary>How deep arrays and tuples may nest.</summary>
    public const int MaxDepth = 16;

    // Bounds the size of a fixed array's head and so of what decoding allocates for a type, whatever the data.
    private const int MaxHeadBytes = 1 << 20;

    private AbiType(ElementaryType? elementary, AbiType? element, int length, ImmutableArray<AbiParameter> components)
    {
        (Elementary, Element, Length, Components) = (elementary, element, length, components);
        Depth = element is not null ? element.Depth + 1 : 1 + components.Select(c => c.Type.Depth).DefaultIfEmpty(0).Max();
        if (Depth > MaxDepth + 1) throw new FormatException($"a type {Depth} deep found, at most {MaxDepth} expected");

        IsDynamic = element is not null
            ? length == AnyLength || element.IsDynamic
            : elementary?.IsDynamic ?? components.Any(c => c.Type.IsDynamic);
        var headBytes = IsDynamic || elementary is not null ? ElementaryType.WordSize
            : element is not null ? (long)length * element.HeadBytes
            : components.Sum(c => (long)c.Type.HeadBytes);
        if (headBytes > MaxHeadBytes) throw new FormatException($"a type of {headBytes} bytes found, at most {MaxHeadBytes} expected");

        HeadBytes = (int)headBytes;
        Name = element is not null ? $"{element.Name}[{(length == AnyLength ? string.Empty : length)}]"
            : elementary?.Name ?? $"({string.Join(',', components.Select(c => c.Type.Name))})";
    }

    /// <summary>The type where it is neither array nor tuple.</summary>
    public ElementaryType? Elementary { get; }

    /// <summary>The type of an array's elements; null where this is no array.</summary>
    public AbiType? Element { get; }

    /// <summary>The number of an array's elements, or <see cref="AnyLength"/>.</summary>
    public int Length { get; }

    /// <summary>A tuple's components.</summary>
    public ImmutableArray<AbiParameter> Components { get; }

    public bool IsTuple => Elementary is null && Element is null;

    /// <summary>True where the value stands behind the heads and its head is an offset.</summary>
    public bool IsDynamic { get; }

    /// <summary>Bytes in the head: 32 for elementary and dynamic types, all of it for others.</summary>
    public int HeadBytes { get; }

    /// <summary>The canonical name, as selectors hash it.</summary>
    public string Name { get; }

    internal int Depth { get; }

    public static AbiType Of(ElementaryType type) => new(type, null, 0, []);

    public static AbiType Tuple(params ImmutableArray<AbiParameter> components) => new(null, null, 0, components);

    /// <summary>An array of this element.</summary>
    /// <param name="length">0 or more, or <see cref="AnyLength"/>.</param>
    public static AbiType Array(AbiType element, int length = AnyLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, AnyLength);
        return new AbiType(null, element, length, []);
    }

    /// <summary>Reads a type such as <c>uint256</c>, <c>(address,bytes32[2])[]</c> or <c>tuple(address owner, uint64 epoch)</c>.</summary>
    /// <exception cref="FormatException">Not a type of the ABI.</exception>
    public static AbiType Parse(string text) => AbiParser.ParseType(text);

    public override string ToString() => Name;

    // Lengths of the arrays around the innermost type, innermost first.
    internal IEnumerable<int> ArrayLengths() => Element is null ? [] : Element.ArrayLengths().Append(Length);
}
