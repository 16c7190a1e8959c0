using System.Text.Json.Nodes;
using Pythia.Ethereum;
using Pythia.Gateway.Problems;

namespace Pythia.Gateway.Acts;

/// <summary>Members of JSON bodies that the gateway itself reads. Paths name a member in messages: <c>terms.deviceId</c>.</summary>
internal static class ActMembers
{
    public static Address ReadAddress(JsonObject json, string name, string path = "")
        => Address.TryParse(ReadText(json, name, path), out var address) ? address : throw Bad(json, name, path, "0x and 40 hex digits");

    public static Hash32 ReadHash(JsonObject json, string name, string path = "")
        => Hash32.TryParse(ReadText(json, name, path), out var hash) ? hash : throw Bad(json, name, path, "0x and 64 hex digits");

    public static byte[] ReadBytes(JsonObject json, string name)
        => Hex.TryParse(ReadText(json, name), out var bytes) ? bytes : throw Bad(json, name, "", "0x and an even number of hex digits");

    /// <summary>A number as JSON number or decimal text.</summary>
    public static ulong ReadNumber(JsonObject json, string name, string path = "")
        => ulong.TryParse(json[name]?.ToString(), System.Globalization.NumberStyles.None, null, out var number) ? number : throw Bad(json, name, path, "a whole number");

    public static string ReadText(JsonObject json, string name, string path = "")
        => json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw Bad(json, name, path, "a text");

    public static JsonObject ReadObject(JsonObject json, string name) => json[name] as JsonObject ?? throw Bad(json, name, "", "an object");

    private static ActRefusedException Bad(JsonObject json, string name, string path, string expected)
        => new(new(ProblemTypes.MalformedAct, json[name] is { } found
            ? $"{path}{name}: {Problem.Shorten(found.ToJsonString())} found, {expected} expected"
            : $"{path}{name}: nothing found, {expected} expected"));
}

/// <summary>Ends the reading of an act; never leaves the folder <c>Acts</c>.</summary>
internal sealed class ActRefusedException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem { get; } = problem;
}
