using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Pythia.Gateway.Problems;

namespace Pythia.Gateway.Requests;

/// <summary>JSON from outside: one object, no comment, no trailing comma, no name twice, at most eight levels deep.</summary>
public static class StrictJson
{
    private const int DeepestLevel = 8;

    private static readonly JsonDocumentOptions Options = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
        MaxDepth = DeepestLevel,
    };

    /// <returns>The object, or the refusal; never both.</returns>
    public static (JsonObject Json, Problem? Problem) Parse(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8)) return ([], new(ProblemTypes.MalformedJson, "bytes that are no UTF-8 found"));

        try
        {
            return JsonNode.Parse(utf8, documentOptions: Options) is JsonObject json
                ? (json, null)
                : ([], new(ProblemTypes.MalformedJson, "another JSON value found, an object expected"));
        }
        catch (JsonException e)
        {
            return ([], new(ProblemTypes.MalformedJson, $"no strict JSON found near byte {e.BytePositionInLine ?? 0} of line {(e.LineNumber ?? 0) + 1}"));
        }
    }

    /// <summary>A refusal if the object has a member that is neither required nor optional, or lacks a required one.</summary>
    public static Problem? CheckMembers(JsonObject json, ReadOnlySpan<string> required, ReadOnlySpan<string> optional = default)
    {
        foreach (var (name, _) in json)
        {
            if (!required.Contains(name) && !optional.Contains(name))
                return new(ProblemTypes.UnknownField, $"field '{Problem.Shorten(name)}' found, one of {List(required, optional)} expected");
        }

        foreach (var name in required)
        {
            if (json[name] is null) return new(ProblemTypes.MissingField, $"no field '{name}' found");
        }

        return null;
    }

    private static string List(ReadOnlySpan<string> required, ReadOnlySpan<string> optional)
        => string.Join(", ", [.. required, .. optional]);
}
