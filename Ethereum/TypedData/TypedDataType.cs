using System.Collections.Immutable;
using System.Globalization;

namespace Pythia.Ethereum;

/// <summary>A field of a struct: its name, and its type as EIP-712 writes it (<c>uint64</c>, <c>Person</c>, <c>Person[2][]</c>).</summary>
public sealed record TypedDataField(string Name, string Type);

/// <summary>A field's type, taken apart: an elementary type or a struct, in as many arrays as <see cref="Dimensions"/> says.</summary>
/// <param name="Name">The innermost type's name.</param>
/// <param name="Elementary">The innermost type where it is no struct.</param>
/// <param name="Dimensions">Array lengths, innermost first; -1 is a length that the value decides.</param>
internal sealed record TypedDataType(string Name, ElementaryType? Elementary, ImmutableArray<int> Dimensions)
{
    public const int AnyLength = -1;

    // Longer arrays and deeper nesting than this serve nobody who has to read what is signed.
    private const int MaxDimensions = 8;

    public bool IsArray => !Dimensions.IsEmpty;

    public TypedDataType Element => this with { Dimensions = Dimensions[..^1] };

    /// <exception cref="FormatException">Not a type, or too many dimensions.</exception>
    public static TypedDataType Parse(string text)
    {
        var dimensions = ImmutableArray.CreateBuilder<int>();
        var rest = text.AsSpan();
        var firstBracket = rest.IndexOf('[');
        var name = firstBracket < 0 ? rest : rest[..firstBracket];
        rest = rest[name.Length..];
        while (!rest.IsEmpty)
        {
            var close = rest.IndexOf(']');
            if (rest[0] != '[' || close < 0 || dimensions.Count == MaxDimensions) throw Bad(text);

            var length = AnyLength;
            var digits = rest[1..close];
            if (!digits.IsEmpty && (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out length) || digits[0] == '0')) throw Bad(text);

            dimensions.Add(length);
            rest = rest[(close + 1)..];
        }

        if (!IsIdentifier(name)) throw Bad(text);
        return new TypedDataType(name.ToString(), ElementaryType.TryParse(name, out var elementary) ? elementary : null, dimensions.ToImmutable());
    }

    /// <summary>Letters, digits, _ and $, the first no digit (EIP-712 takes Solidity's identifiers).</summary>
    public static bool IsIdentifier(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || char.IsAsciiDigit(name[0])) return false;
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '$')) return false;
        }

        return true;
    }

    private static FormatException Bad(string text) => new($"type '{Hex.Shorten(text)}' found, a name and at most {MaxDimensions} array brackets expected");
}
