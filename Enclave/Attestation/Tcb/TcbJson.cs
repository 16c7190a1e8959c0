using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Pythia.Enclave.Attestation.Tcb;

/// <summary>Members of signed documents. Each throws <see cref="JsonException"/> naming the member for anything but what is expected.</summary>
internal static class TcbJson
{
    public static JsonElement Member(JsonElement element, string name)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var found) ? found : throw new JsonException($"{name}: not found");

    public static JsonElement? Optional(JsonElement element, string name)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var found) ? found : null;

    public static string Text(JsonElement element, string name)
        => Member(element, name) is { ValueKind: JsonValueKind.String } found ? found.GetString()! : throw new JsonException($"{name}: a string expected");

    public static int Number(JsonElement element, string name, int max = int.MaxValue)
        => Member(element, name) is { ValueKind: JsonValueKind.Number } found && found.TryGetInt32(out var number) && number >= 0 && number <= max
            ? number
            : throw new JsonException($"{name}: a number from 0 to {max} expected");

    /// <summary>Hex digits of either case.</summary>
    public static byte[] Bytes(JsonElement element, string name, int length)
    {
        var text = Text(element, name);
        return text.Length == 2 * length && text.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(text)
            : throw new JsonException($"{name}: {2 * length} hex digits expected");
    }

    /// <summary>As Intel writes it: 2025-06-19T10:56:11Z.</summary>
    public static DateTimeOffset Time(JsonElement element, string name)
        => DateTimeOffset.TryParseExact(
            Text(element, name), "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new JsonException($"{name}: a time like 2025-06-19T10:56:11Z expected");

    public static IEnumerable<JsonElement> Items(JsonElement element, string name, int max)
        => Member(element, name) is { ValueKind: JsonValueKind.Array } found && found.GetArrayLength() <= max
            ? found.EnumerateArray()
            : throw new JsonException($"{name}: an array of {max} at most expected");

    /// <summary>tcbStatus, tcbDate and advisoryIDs of a level.</summary>
    /// <param name="among">What its status may be.</param>
    public static Quotes.TcbFinding Finding(JsonElement level, ImmutableArray<TcbStatus> among)
    {
        if (!TcbStatuses.TryParse(Text(level, "tcbStatus"), out var status) || !among.Contains(status.Value))
        {
            throw new JsonException($"tcbStatus: {Text(level, "tcbStatus")} found, one of {string.Join(", ", among)} expected");
        }

        ImmutableArray<string> advisories = Optional(level, "advisoryIDs") is null
            ? []
            : [.. Items(level, "advisoryIDs", max: 256).Select(id => id.ValueKind == JsonValueKind.String ? id.GetString()! : throw new JsonException("advisoryIDs: strings expected"))];
        return new Quotes.TcbFinding(status.Value, advisories, Time(level, "tcbDate"));
    }
}
