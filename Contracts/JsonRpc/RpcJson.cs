using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Pythia.Ethereum;

namespace Pythia.Contracts.JsonRpc;

/// <summary>Reads the values of Ethereum's JSON-RPC: quantities, data, hashes. Wrong ones throw <see cref="FormatException"/>.</summary>
public static class RpcJson
{
    private const int MaxQuantityChars = 66; // 0x and 256 bits

    public static ulong UInt64(JsonElement json)
    {
        var value = Integer(json);
        return value <= ulong.MaxValue ? (ulong)value : throw new FormatException($"{value} found, a quantity of 64 bits expected");
    }

    public static BigInteger Integer(JsonElement json)
    {
        var text = Text(json);
        return text.Length is > 2 and <= MaxQuantityChars
            && text.StartsWith("0x", StringComparison.Ordinal)
            && BigInteger.TryParse($"0{text.AsSpan(2)}", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException($"'{Shorten(text)}' found, a quantity such as 0x1b4 expected");
    }

    public static Hash32 Hash32(JsonElement json) => Ethereum.Hash32.Parse(Text(json));

    /// <summary>A word written as data or as a quantity: nodes differ for storage keys and values.</summary>
    public static Hash32 Word(JsonElement json)
    {
        if (Ethereum.Hash32.TryParse(Text(json), out var word)) return word;

        var bytes = new byte[Ethereum.Hash32.Size];
        var number = Integer(json).ToByteArray(isUnsigned: true, isBigEndian: true);
        number.CopyTo(bytes, bytes.Length - number.Length);
        return Ethereum.Hash32.FromSpan(bytes);
    }

    public static Address Address(JsonElement json) => Ethereum.Address.Parse(Text(json).ToLowerInvariant());

    public static byte[] Bytes(JsonElement json) => Hex.Parse(Text(json));

    public static ImmutableArray<T> List<T>(JsonElement json, Func<JsonElement, T> read)
        => json.ValueKind == JsonValueKind.Array ? [.. json.EnumerateArray().Select(read)] : throw new FormatException($"{json.ValueKind} found, an array expected");

    /// <summary>A member that must be there.</summary>
    public static JsonElement Member(JsonElement json, string name)
        => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member) ? member : throw new FormatException($"'{name}' is missing");

    /// <summary>A member that may be absent or null.</summary>
    public static T? Optional<T>(JsonElement json, string name, Func<JsonElement, T> read)
        where T : struct
        => json.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? read(member) : null;

    public static bool IsNull(JsonElement json) => json.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    private static string Text(JsonElement json)
        => json.ValueKind == JsonValueKind.String ? json.GetString()! : throw new FormatException($"{json.ValueKind} found, a 0x string expected");

    private static string Shorten(string text) => text.Length <= 80 ? text : $"{text.AsSpan(0, 77)}...";
}
