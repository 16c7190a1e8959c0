using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;

namespace Pythia.Ethereum;

/// <summary>The struct types of a message and which of them is signed (EIP-712, "Definition of typed structured data").</summary>
/// <remarks>Immutable; make it once: type hashes are computed with it.</remarks>
public sealed class TypedDataSchema
{
    /// <summary>Most structs a schema takes, and most fields a struct.</summary>
    public const int MaxStructs = 64;

    private readonly FrozenDictionary<string, StructType> _structs;

    /// <summary>A schema of these structs.</summary>
    /// <param name="structs">Fields by struct name; <c>EIP712Domain</c> is not one of them.</param>
    /// <param name="primaryType">The struct that is signed.</param>
    /// <exception cref="FormatException">A type is no type, is missing, occurs twice, or there are too many.</exception>
    public TypedDataSchema(IReadOnlyDictionary<string, ImmutableArray<TypedDataField>> structs, string primaryType)
    {
        if (structs.Count > MaxStructs) throw new FormatException($"{structs.Count} structs found, at most {MaxStructs} expected");
        if (!structs.ContainsKey(primaryType)) throw new FormatException($"struct '{Hex.Shorten(primaryType)}' is not among the types");

        PrimaryType = primaryType;
        Structs = structs.ToImmutableDictionary();
        var types = structs.ToDictionary(s => s.Key, s => ParseStruct(s.Key, s.Value));
        foreach (var (name, type) in types)
        {
            var missing = type.Fields.FirstOrDefault(f => f.Type.Elementary is null && !types.ContainsKey(f.Type.Name));
            if (missing is not null) throw new FormatException($"field {name}.{missing.Name} is of '{Hex.Shorten(missing.Type.Name)}', which is not among the types");
        }

        _structs = types.ToFrozenDictionary(t => t.Key, t => t.Value with { Hash = HashType(EncodeType(t.Key, types)) });
    }

    public string PrimaryType { get; }

    public ImmutableDictionary<string, ImmutableArray<TypedDataField>> Structs { get; }

    /// <summary>keccak256 of the primary struct's <see cref="EncodeType()"/>.</summary>
    public Hash32 TypeHash => _structs[PrimaryType].Hash;

    /// <summary>Reads structs written one after the other, the signed one first: <c>Mail(Person to,string text)Person(address wallet)</c>.</summary>
    /// <exception cref="FormatException">The text is not of that form.</exception>
    public static TypedDataSchema Parse(string encodedTypes)
    {
        ArgumentNullException.ThrowIfNull(encodedTypes);
        var structs = new Dictionary<string, ImmutableArray<TypedDataField>>();
        string? primary = null;
        for (var rest = encodedTypes; rest.Length > 0;)
        {
            var open = rest.IndexOf('(');
            var close = rest.IndexOf(')');
            if (open < 1 || close < open) throw new FormatException($"'{Hex.Shorten(rest)}' found, Name(type field,…) expected");

            var fields = rest[(open + 1)..close].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(ParseField);
            var name = rest[..open];
            if (!structs.TryAdd(name, [.. fields])) throw new FormatException($"struct '{name}' found twice");
            primary ??= name;
            rest = rest[(close + 1)..];
        }

        return new TypedDataSchema(structs, primary ?? throw new FormatException("no struct found, one at least expected"));
    }

    /// <summary>The primary struct, then the structs it refers to in the order of their names.</summary>
    public string EncodeType() => EncodeType(PrimaryType, _structs);

    /// <summary>keccak256(typeHash ‖ encodeData), the struct's part of the digest.</summary>
    /// <param name="values">A value for every field of the primary struct, and no other.</param>
    /// <exception cref="ArgumentException">A value is missing, too much, or not of its type.</exception>
    public Hash32 HashStruct(IReadOnlyDictionary<string, object?> values) => Keccak256.HashData(EncodeData(values));

    /// <summary>The type hash and one word a field.</summary>
    public byte[] EncodeData(IReadOnlyDictionary<string, object?> values) => TypedDataEncoder.EncodeStruct(this, PrimaryType, values);

    /// <summary>Values by field name from values in the order of the primary struct's fields.</summary>
    public IReadOnlyDictionary<string, object?> NameValues(params ReadOnlySpan<object?> values)
    {
        var fields = _structs[PrimaryType].Fields;
        if (fields.Length != values.Length) throw new ArgumentException($"{values.Length} values found, {fields.Length} expected for {PrimaryType}", nameof(values));

        var named = new Dictionary<string, object?>(fields.Length);
        for (var i = 0; i < fields.Length; i++) named.Add(fields[i].Name, values[i]);
        return named;
    }

    internal StructType StructOf(string name) => _structs[name];

    private static TypedDataField ParseField(string text)
    {
        var parts = text.Split(' ');
        return parts.Length == 2 ? new TypedDataField(parts[1], parts[0]) : throw new FormatException($"'{Hex.Shorten(text)}' found, 'type name' expected");
    }

    private static StructType ParseStruct(string name, ImmutableArray<TypedDataField> fields)
    {
        if (!TypedDataType.IsIdentifier(name) || ElementaryType.TryParse(name, out _)) throw new FormatException($"'{Hex.Shorten(name)}' found, a struct's name expected");
        if (fields.Length > MaxStructs) throw new FormatException($"{fields.Length} fields found in {name}, at most {MaxStructs} expected");

        var seen = new HashSet<string>();
        foreach (var field in fields)
        {
            if (!TypedDataType.IsIdentifier(field.Name) || !seen.Add(field.Name))
                throw new FormatException($"field '{Hex.Shorten(field.Name)}' of {name} found, a name that occurs once expected");
        }

        return new StructType([.. fields.Select(f => new StructField(f.Name, f.Type, TypedDataType.Parse(f.Type)))], default);
    }

    private static string EncodeType<T>(string primary, T structs)
        where T : IReadOnlyDictionary<string, StructType>
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        Collect(primary);
        found.Remove(primary);

        var text = new StringBuilder();
        foreach (var name in found.Prepend(primary))
        {
            text.Append(name).Append('(').AppendJoin(',', structs[name].Fields.Select(f => $"{f.TypeText} {f.Name}")).Append(')');
        }

        return text.ToString();

        void Collect(string name)
        {
            if (!structs.TryGetValue(name, out var type) || !found.Add(name)) return;
            foreach (var field in type.Fields) Collect(field.Type.Name);
        }
    }

    private static Hash32 HashType(string encodedType) => Keccak256.HashData(Encoding.UTF8.GetBytes(encodedType));
}

internal sealed record StructType(ImmutableArray<StructField> Fields, Hash32 Hash);

internal sealed record StructField(string Name, string TypeText, TypedDataType Type);
