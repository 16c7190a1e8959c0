using System.Buffers;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Pythia.Contracts.Abi;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>The JSON form of acts: <c>{"act":"Freeze","contract":"0x…","signer":"0x…","nonce":"0","deadline":"1800000000","deviceId":"0x…"}</c>.</summary>
/// <remarks>After the five common fields come the direct call's parameters by name: addresses, hashes and bytes as 0x hex, whole numbers of up
/// to 48 bits as JSON numbers and wider ones as decimal strings (either is read), structs as objects, arrays as arrays.
/// Reading is strict: every field once and no other.</remarks>
public static class SignedActJson
{
    /// <summary>Longest text that is read.</summary>
    public const int MaxBytes = 256 * 1024;

    private static readonly FrozenDictionary<string, ActDefinition> Definitions = new[]
    {
        RegisterBatchAct.Form, ClaimAct.Form, TransferAct.Form, FreezeAct.Form, UnfreezeAct.Form, RetireAct.Form, EndConsentsAct.Form,
        RotateKeyAct.Form, SetRecoveryAct.Form, StartRecoveryAct.Form, CancelRecoveryAct.Form,
        GrantAct.Form, AcceptAct.Form, RevokeAct.Form, RevokeGranteeAct.Form, RevokeAllAct.Form, WithdrawAct.Form,
        PublishAct.Form, DeprecateAct.Form,
    }.ToFrozenDictionary(d => d.Schema.PrimaryType);

    private static readonly ImmutableArray<AbiParameter> Common =
        AbiCodec.ParseTypes("string act,address contract,address signer,uint256 nonce,uint64 deadline");

    /// <summary>The names of all acts.</summary>
    public static ImmutableArray<string> ActNames { get; } = [.. Definitions.Keys.Order(StringComparer.Ordinal)];

    internal static IEnumerable<ActDefinition> All => Definitions.Values;

    /// <summary>Reads one act.</summary>
    /// <param name="reason">The field, what was found and what was expected; null when read.</param>
    public static bool TryParse(string json, [NotNullWhen(true)] out SignedAct? act, [NotNullWhen(false)] out string? reason)
        => TryParse(Encoding.UTF8.GetBytes(json), out act, out reason);

    /// <inheritdoc cref="TryParse(string, out SignedAct?, out string?)"/>
    public static bool TryParse(ReadOnlyMemory<byte> utf8Json, [NotNullWhen(true)] out SignedAct? act, [NotNullWhen(false)] out string? reason)
    {
        (act, reason) = (null, null);
        if (utf8Json.Length > MaxBytes)
        {
            reason = $"act: {utf8Json.Length} bytes found, at most {MaxBytes} expected";
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(utf8Json, new JsonDocumentOptions { MaxDepth = 8 });
            act = Read(document.RootElement);
            return true;
        }
        catch (JsonException e)
        {
            reason = $"act: text that is no JSON found ({e.Message}), an object expected";
        }
        catch (FormatException e)
        {
            reason = e.Message;
        }

        return false;
    }

    /// <summary>Writes an act; <see cref="TryParse(string, out SignedAct?, out string?)"/> reads the same act back.</summary>
    public static string Format(SignedAct act)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            var (common, inputs) = (Common, act.Definition.Direct.Inputs);
            writer.WriteStartObject();
            WriteFields(writer, common, [act.PrimaryType, act.Contract, act.Signer, act.Nonce, act.DeadlineUnixSeconds]);
            WriteFields(writer, inputs, act.Arguments);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static SignedAct Read(JsonElement json)
    {
        if (json.ValueKind is not JsonValueKind.Object) throw new FormatException($"act: {json.ValueKind} found, an object expected");

        var name = json.TryGetProperty("act", out var value) && value.ValueKind is JsonValueKind.String ? value.GetString()! : string.Empty;
        if (!Definitions.TryGetValue(name, out var definition))
            throw new FormatException($"act: {Show(value)} found, one of {string.Join(", ", ActNames)} expected");

        ImmutableArray<AbiParameter> parameters = [.. Common, .. definition.Direct.Inputs];
        var fields = ReadFields(json, parameters, string.Empty);
        var header = new ActHeader((Address)fields[1]!, (Address)fields[2]!, (BigInteger)fields[3]!, (ulong)(BigInteger)fields[4]!);
        return definition.Create(header, new AbiValues(definition.Direct.Inputs, fields[Common.Length..]));
    }

    // A parameter that would shadow something in Solidity ends in an underscore there.
    private static string NameOf(AbiParameter parameter) => parameter.Name.TrimEnd('_');

    private static object?[] ReadFields(JsonElement json, ImmutableArray<AbiParameter> parameters, string path)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in json.EnumerateObject())
        {
            if (!parameters.Any(p => NameOf(p) == property.Name))
                throw new FormatException($"{path}{property.Name}: unknown field found, only {string.Join(", ", parameters.Select(NameOf))} expected");
            if (!seen.Add(property.Name)) throw new FormatException($"{path}{property.Name}: found twice, once expected");
        }

        return
        [
            .. parameters.Select(p => json.TryGetProperty(NameOf(p), out var value)
                ? ReadValue(value, p.Type, $"{path}{NameOf(p)}")
                : throw new FormatException($"{path}{NameOf(p)}: nothing found, {p.Type.Name} expected")),
        ];
    }

    private static object? ReadValue(JsonElement json, AbiType type, string path)
    {
        if (type.IsTuple)
        {
            return json.ValueKind is JsonValueKind.Object
                ? new AbiValues(type.Components, ReadFields(json, type.Components, $"{path}."))
                : throw new FormatException($"{path}: {Show(json)} found, an object expected");
        }

        if (type.Elementary is not { } elementary)
        {
            return json.ValueKind is JsonValueKind.Array
                ? new AbiValues([], [.. json.EnumerateArray().Select((item, i) => ReadValue(item, type.Element!, $"{path}[{i}]"))])
                : throw new FormatException($"{path}: {Show(json)} found, an array expected");
        }

        return ReadElementary(json, elementary) ?? throw new FormatException($"{path}: {Show(json)} found, {Expected(elementary)} expected");
    }

    private static object? ReadElementary(JsonElement json, ElementaryType type)
    {
        var text = json.ValueKind is JsonValueKind.String ? json.GetString() : null;
        switch (type.Kind)
        {
            case ElementaryKind.Address:
                return Address.TryParse(text, out var address) ? address : null;
            case ElementaryKind.FixedBytes when type.Size == Hash32.Size:
                return Hash32.TryParse(text, out var hash) ? hash : null;
            case ElementaryKind.Bytes:
                return text is not null && Hex.TryParse(text, out var bytes) ? bytes : null;
            case ElementaryKind.String:
                return text;
            case ElementaryKind.UInt:
                return ReadWholeNumber(json.ValueKind is JsonValueKind.Number ? json.GetRawText() : text, type.Size);
            default:
                return null;
        }
    }

    // Decimal digits without sign, point, exponent or leading zeros.
    private static BigInteger? ReadWholeNumber(string? digits, int bits)
    {
        const int mostDigits = 78; // of 2^256 - 1
        if (digits is not { Length: > 0 and <= mostDigits } || (digits.Length > 1 && digits[0] == '0')) return null;

        return BigInteger.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number.GetBitLength() <= bits ? number : null;
    }

    private static string Expected(ElementaryType type) => type.Kind switch
    {
        ElementaryKind.Address => "an address (0x and 40 hex digits)",
        ElementaryKind.FixedBytes => $"{type.Size} bytes (0x and {2 * type.Size} hex digits)",
        ElementaryKind.Bytes => "bytes (0x and hex digits)",
        ElementaryKind.String => "a text",
        _ => $"a whole number below 2^{type.Size}",
    };

    private static string Show(JsonElement json)
    {
        if (json.ValueKind is JsonValueKind.Undefined) return "nothing";

        var text = json.GetRawText();
        return text.Length <= 80 ? text : $"{text.AsSpan(0, 80)}…";
    }

    private static void WriteFields(Utf8JsonWriter writer, ImmutableArray<AbiParameter> parameters, IReadOnlyList<object?> values)
    {
        for (var i = 0; i < parameters.Length; i++)
        {
            writer.WritePropertyName(NameOf(parameters[i]));
            WriteValue(writer, parameters[i].Type, values[i]);
        }
    }

    private static void WriteValue(Utf8JsonWriter writer, AbiType type, object? value)
    {
        if (type.IsTuple)
        {
            writer.WriteStartObject();
            WriteFields(writer, type.Components, (object?[])value!);
            writer.WriteEndObject();
        }
        else if (type.Elementary is not { } elementary)
        {
            writer.WriteStartArray();
            foreach (var item in (object?[])value!) WriteValue(writer, type.Element!, item);
            writer.WriteEndArray();
        }
        else if (elementary.Kind is ElementaryKind.UInt && elementary.Size <= 48)
        {
            writer.WriteRawValue(Convert.ToString(value, CultureInfo.InvariantCulture)!);
        }
        else
        {
            writer.WriteStringValue(value is byte[] bytes ? Hex.Format(bytes) : Convert.ToString(value, CultureInfo.InvariantCulture));
        }
    }
}
