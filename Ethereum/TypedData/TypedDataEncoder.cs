using System.Collections;

namespace Pythia.Ethereum;

/// <summary>EIP-712, "Definition of encodeData": every field becomes one word; dynamic values, arrays and structs their hash.</summary>
internal static class TypedDataEncoder
{
    // Recursive structs are allowed; a value this deep is not.
    private const int MaxDepth = 32;

    public static byte[] EncodeStruct(TypedDataSchema schema, string name, IReadOnlyDictionary<string, object?> values, int depth = 0)
    {
        if (depth > MaxDepth) throw new ArgumentException($"{name} found at depth {depth}, at most {MaxDepth} expected", nameof(values));

        var type = schema.StructOf(name);
        if (values.Count != type.Fields.Length) throw new ArgumentException($"{values.Count} values found for {name}, {type.Fields.Length} expected", nameof(values));

        var encoded = new byte[ElementaryType.WordSize * (1 + type.Fields.Length)];
        type.Hash.CopyTo(encoded);
        var place = encoded.AsSpan(ElementaryType.WordSize);
        foreach (var field in type.Fields)
        {
            if (!values.TryGetValue(field.Name, out var value)) throw new ArgumentException($"no value found for {name}.{field.Name}", nameof(values));

            WriteWord(schema, field.Type, value, place, depth);
            place = place[ElementaryType.WordSize..];
        }

        return encoded;
    }

    private static void WriteWord(TypedDataSchema schema, TypedDataType type, object? value, Span<byte> word, int depth)
    {
        word = word[..ElementaryType.WordSize];
        if (type.IsArray) Keccak256.HashData(EncodeArray(schema, type, value, depth), word);
        else if (type.Elementary is not { } elementary) Keccak256.HashData(EncodeStruct(schema, type.Name, ToFields(type, value), depth + 1), word);
        else if (elementary.IsDynamic) Keccak256.HashData(elementary.ToContent(value).Span, word);
        else elementary.WriteWord(value, word);
    }

    private static byte[] EncodeArray(TypedDataSchema schema, TypedDataType type, object? value, int depth)
    {
        if (value is string or byte[] || value is not IEnumerable sequence)
            throw new ArgumentException($"{Describe(value)} found, an array of {type.Name} expected", nameof(value));

        var elements = sequence.Cast<object?>().ToList();
        var length = type.Dimensions[^1];
        if (length != TypedDataType.AnyLength && length != elements.Count)
            throw new ArgumentException($"{elements.Count} elements of {type.Name} found, {length} expected", nameof(value));

        var encoded = new byte[ElementaryType.WordSize * elements.Count];
        for (var i = 0; i < elements.Count; i++) WriteWord(schema, type.Element, elements[i], encoded.AsSpan(i * ElementaryType.WordSize), depth + 1);
        return encoded;
    }

    private static IReadOnlyDictionary<string, object?> ToFields(TypedDataType type, object? value)
        => value as IReadOnlyDictionary<string, object?>
            ?? throw new ArgumentException($"{Describe(value)} found, the fields of {type.Name} expected", nameof(value));

    private static string Describe(object? value) => value?.GetType().Name ?? "null";
}
