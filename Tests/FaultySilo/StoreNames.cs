using System.Text.Json.Nodes;
using Pythia.Grains.Mirror;

namespace Pythia.FaultySilo;

/// <summary>Names a write by what it changes, so that no part of a state can be added without a failpoint of its own.</summary>
public static class StoreNames
{
    private const string Stage = "stage";
    private const string Outbox = "outbox";
    private const string SchemaVersion = "schemaVersion";

    /// <summary>
    /// The stage that an intent enters: <c>intent NonceReserved</c>. A subject's outbox that grows or shrinks: <c>subject outbox+</c>, or what it
    /// heard of the chain: <c>subject event</c>. Else each part that changes, with a sign where a list grows or shrinks: <c>lane waiting-</c> and
    /// <c>lane underWay+</c>.
    /// </summary>
    /// <param name="before">Null where nothing is stored.</param>
    public static IReadOnlyList<string> Of(string stateName, JsonObject? before, JsonObject next)
    {
        if (next[Stage] is { } stage && stateName == "intent")
        {
            var entered = (IntentStage)(int)stage;
            return [entered == (IntentStage)(int)(before?[Stage] ?? 0) ? "intent same stage" : $"intent {entered}"];
        }

        if (next[Outbox] is JsonArray)
        {
            var signs = Signs(before?[Outbox], next[Outbox]).Where(sign => sign.Length > 0).Select(sign => $"subject outbox{sign}").ToArray();
            return signs.Length > 0 ? signs : ["subject event"];
        }

        var changed = next.Select(p => p.Key).Concat(before?.Select(p => p.Key) ?? []).Distinct(StringComparer.Ordinal)
            .Where(key => key != SchemaVersion && !JsonNode.DeepEquals(before?[key], next[key]) && !(before is null && IsNothing(next[key])))
            .SelectMany(key => Signs(before?[key], next[key]).Select(sign => $"{stateName} {key}{sign}"))
            .ToArray();
        return changed.Length > 0 ? changed : [$"{stateName} same"];
    }

    private static bool IsNothing(JsonNode? part) => part is null or JsonArray { Count: 0 } or JsonObject { Count: 0 } || part.ToJsonString() is "0" or "\"\"" or "false";

    // What was added, what was taken away; neither where the same elements stand there, changed.
    private static string[] Signs(JsonNode? before, JsonNode? next)
    {
        var (old, now) = (Elements(before), Elements(next));
        string[] signs = [.. now.IsSubsetOf(old) ? [] : (string[])["+"], .. old.IsSubsetOf(now) ? [] : (string[])["-"]];
        return signs.Length > 0 ? signs : [""];
    }

    // An element of a list is known by its first value: a digest, a nonce, a number. Where all have the same, it is their kind: then by the whole.
    private static HashSet<string> Elements(JsonNode? list)
    {
        if (list is not JsonArray elements)
        {
            return [];
        }

        HashSet<string> first = [.. elements.Select(e => e is JsonObject o ? $"{o.FirstOrDefault().Value?.ToJsonString()}" : $"{e?.ToJsonString()}")];
        return first.Count == elements.Count ? first : [.. elements.Select(e => $"{e?.ToJsonString()}")];
    }
}
