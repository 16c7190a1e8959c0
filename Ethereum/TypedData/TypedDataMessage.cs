using System.Diagnostics.CodeAnalysis;

namespace Pythia.Ethereum;

/// <summary>A message to sign: domain, types and values (EIP-712), in .NET and as the JSON of <c>eth_signTypedData_v4</c>.</summary>
public sealed class TypedDataMessage
{
    /// <summary>Longest JSON that is read.</summary>
    public const int MaxJsonBytes = 256 * 1024;

    /// <summary>A message of these values.</summary>
    /// <param name="values">By field name: elementary values as <see cref="ElementaryType"/> takes them, structs as dictionaries, arrays as sequences.</param>
    /// <exception cref="ArgumentException">A value is missing, too much, or not of its type.</exception>
    public TypedDataMessage(TypedDataDomain domain, TypedDataSchema schema, IReadOnlyDictionary<string, object?> values)
    {
        (Domain, Schema, Values) = (domain, schema, values);
        Digest = domain.Digest(schema.HashStruct(values));
    }

    /// <summary>A message of the primary struct's values in the order of its fields.</summary>
    public TypedDataMessage(TypedDataDomain domain, TypedDataSchema schema, params ReadOnlySpan<object?> values)
        : this(domain, schema, schema.NameValues(values))
    {
    }

    public TypedDataDomain Domain { get; }

    public TypedDataSchema Schema { get; }

    public IReadOnlyDictionary<string, object?> Values { get; }

    /// <summary>The 32 bytes that are signed.</summary>
    public Hash32 Digest { get; }

    /// <summary>Reads the JSON of <c>eth_signTypedData_v4</c>: <c>{types, primaryType, domain, message}</c>.</summary>
    /// <param name="reason">What was found and what was expected, where it is refused.</param>
    /// <remarks>Strict: every field of every struct is there and no other; where <c>types.EIP712Domain</c> is given, it lists exactly the
    /// domain's fields; mixed-case addresses have the right checksum.</remarks>
    public static bool TryParseJson(ReadOnlyMemory<byte> utf8Json, [NotNullWhen(true)] out TypedDataMessage? message, [NotNullWhen(false)] out string? reason)
        => TypedDataJson.TryParse(utf8Json, out message, out reason);

    /// <summary>The JSON of <c>eth_signTypedData_v4</c>; numbers as decimal strings, the chain id as a number where every reader can hold it.</summary>
    public byte[] ToJsonUtf8() => TypedDataJson.Write(this);

    /// <inheritdoc cref="ToJsonUtf8"/>
    public string ToJson() => System.Text.Encoding.UTF8.GetString(ToJsonUtf8());
}
