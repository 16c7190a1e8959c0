using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Pythia.Ethereum;

/// <summary>The JSON form of typed data, <c>eth_signTypedData_v4</c>.</summary>
internal static class TypedDataJson
{
    private const int MaxDepth = 48;
    private const int MaxNumberChars = 80; // 2^256 has 78 digits

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly BigInteger LargestJsonNumber = (BigInteger.One << 53) - 1;

    public static bool TryParse(ReadOnlyMemory<byte> json, [NotNullWhen(true)] out TypedDataMessage? message, [NotNullWhen(false)] out string? reason)
    {
        message = null;
        reason = null;
        if (json.Length > TypedDataMessage.MaxJsonBytes)
        {
            reason = $"{json.Length} bytes found, at most {TypedDataMessage.MaxJsonBytes} expected";
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            message = Read(document.RootElement);
            return true;
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException or InvalidOperationException)
        {
            reason = e.Message;
            return false;
        }
    }

    public static byte[] Write(TypedDataMessage message)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("types");
            WriteFields(writer, TypedDataDomain.TypeName, message.Domain.Fields);
            foreach (var (name, fields) in message.Schema.Structs.OrderBy(s => s.Key, StringComparer.Ordinal)) WriteFields(writer, name, fields);
            writer.WriteEndObject();
            writer.WriteString("primaryType", message.Schema.PrimaryType);
            writer.WritePropertyName("domain");
            WriteDomain(writer, message.Domain);
            writer.WritePropertyName("message");
            WriteValue(writer, message.Values);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static TypedDataMessage Read(JsonElement root)
    {
        var structs = new Dictionary<string, ImmutableArray<TypedDataField>>();
        foreach (var type in Member(root, "types").EnumerateObject())
        {
            structs.Add(type.Name, [.. type.Value.EnumerateArray().Select(f => new TypedDataField(Text(Member(f, "name")), Text(Member(f, "type"))))]);
        }

        var domain = ReadDomain(Member(root, "domain"));
        if (structs.Remove(TypedDataDomain.TypeName, out var domainFields) && !domainFields.SequenceEqual(domain.Fields))
        {
            throw new FormatException($"types.{TypedDataDomain.TypeName} lists {Names(domainFields)}, but the domain holds {Names(domain.Fields)}");
        }

        var schema = new TypedDataSchema(structs, Text(Member(root, "primaryType")));
        return new TypedDataMessage(domain, schema, ReadStruct(schema, schema.PrimaryType, Member(root, "message")));
    }

    private static TypedDataDomain ReadDomain(JsonElement json)
    {
        string? name = null, version = null;
        BigInteger? chainId = null;
        Address? contract = null;
        Hash32? salt = null;
        foreach (var member in json.EnumerateObject())
        {
            switch (member.Name)
            {
                case "name": name = Text(member.Value); break;
                case "version": version = Text(member.Value); break;
                case "chainId": chainId = ReadNumber(member.Value); break;
                case "verifyingContract": contract = Address.Parse(Text(member.Value)); break;
                case "salt": salt = Hash32.Parse(Text(member.Value)); break;
                default: throw new FormatException($"domain.{Hex.Shorten(member.Name)} found, name, version, chainId, verifyingContract or salt expected");
            }
        }

        return new TypedDataDomain(name, version, chainId, contract, salt);
    }

    private static Dictionary<string, object?> ReadStruct(TypedDataSchema schema, string name, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object) throw new FormatException($"{json.ValueKind} found, an object with the fields of {name} expected");

        var fields = schema.StructOf(name).Fields;
        var values = new Dictionary<string, object?>(fields.Length);
        foreach (var field in fields) values.Add(field.Name, ReadValue(schema, field.Type, Member(json, field.Name)));

        var extra = json.EnumerateObject().FirstOrDefault(m => !values.ContainsKey(m.Name));
        return extra.Value.ValueKind == JsonValueKind.Undefined ? values : throw new FormatException($"{name}.{Hex.Shorten(extra.Name)} found, which {name} does not have");
    }

    private static object? ReadValue(TypedDataSchema schema, TypedDataType type, JsonElement json)
    {
        if (type.IsArray) return json.EnumerateArray().Select(e => ReadValue(schema, type.Element, e)).ToArray();
        return type.Elementary is { } elementary ? ReadElementary(elementary, json) : ReadStruct(schema, type.Name, json);
    }

    private static object ReadElementary(ElementaryType type, JsonElement json) => type.Kind switch
    {
        ElementaryKind.UInt or ElementaryKind.Int => ReadNumber(json),
        ElementaryKind.Address => Address.Parse(Text(json)),
        ElementaryKind.Bool => json.GetBoolean(),
        ElementaryKind.String => Text(json),
        _ => Hex.Parse(Text(json)),
    };

    // A JSON integer, a decimal string or a 0x string.
    private static BigInteger ReadNumber(JsonElement json)
    {
        var text = json.ValueKind == JsonValueKind.Number ? json.GetRawText() : Text(json);
        if (text.Length is 0 or > MaxNumberChars) throw new FormatException($"{text.Length} characters found, a number of at most {MaxNumberChars} expected");

        BigInteger value;
        var parsed = text.StartsWith("0x", StringComparison.Ordinal)
            ? BigInteger.TryParse($"0{text.AsSpan(2)}", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && text.Length > 2
            : BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        return parsed ? value : throw new FormatException($"'{text}' found, an integer expected");
    }

    private static JsonElement Member(JsonElement json, string name)
        => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member) ? member : throw new FormatException($"'{name}' is missing");

    private static string Text(JsonElement json)
        => json.ValueKind == JsonValueKind.String ? json.GetString()! : throw new FormatException($"{json.ValueKind} found, a string expected");

    private static string Names(ImmutableArray<TypedDataField> fields) => $"({string.Join(", ", fields.Select(f => $"{f.Type} {f.Name}"))})";

    private static void WriteFields(Utf8JsonWriter writer, string name, ImmutableArray<TypedDataField> fields)
    {
        writer.WriteStartArray(name);
        foreach (var field in fields)
        {
            writer.WriteStartObject();
            writer.WriteString("name", field.Name);
            writer.WriteString("type", field.Type);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteDomain(Utf8JsonWriter writer, TypedDataDomain domain)
    {
        writer.WriteStartObject();
        if (domain.Name is { } name) writer.WriteString("name", name);
        if (domain.Version is { } version) writer.WriteString("version", version);
        if (domain.ChainId is { } chainId)
        {
            writer.WritePropertyName("chainId");
            if (chainId <= LargestJsonNumber) writer.WriteNumberValue((long)chainId);
            else writer.WriteStringValue(chainId.ToString(CultureInfo.InvariantCulture));
        }

        if (domain.VerifyingContract is { } contract) writer.WriteString("verifyingContract", contract.ToString());
        if (domain.Salt is { } salt) writer.WriteString("salt", salt.ToString());
        writer.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case IReadOnlyDictionary<string, object?> fields:
                writer.WriteStartObject();
                foreach (var (name, field) in fields)
                {
                    writer.WritePropertyName(name);
                    WriteValue(writer, field);
                }

                writer.WriteEndObject();
                break;
            case string text: writer.WriteStringValue(text); break;
            case bool flag: writer.WriteBooleanValue(flag); break;
            case byte[] bytes: writer.WriteStringValue(Hex.Format(bytes)); break;
            case ReadOnlyMemory<byte> bytes: writer.WriteStringValue(Hex.Format(bytes.Span)); break;
            case ImmutableArray<byte> bytes: writer.WriteStringValue(Hex.Format(bytes.AsSpan())); break;
            case Enum number: writer.WriteStringValue(number.ToString("D")); break;
            case IEnumerable sequence:
                writer.WriteStartArray();
                foreach (var element in sequence) WriteValue(writer, element);
                writer.WriteEndArray();
                break;
            default:
                writer.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture)); // integers, Address, Hash32
                break;
        }
    }
}
