using System.Text.Json.Nodes;
using Pythia.Contracts.Registries;
using Pythia.Gateway.Acts;

namespace Pythia.Gateway.OpenApi;

/// <summary>Schemas of acts, from the same definitions that read them: <c>Freeze</c> is what is signed, <c>FreezeFields</c> what is prepared.</summary>
internal static class ActSchemas
{
    public static void AddTo(ApiSchemas schemas)
    {
        foreach (var form in ActForm.All)
        {
            var filledIn = ActPreparer.FilledIn(form.Name);
            schemas.Add($"{form.Name}Fields", ObjectOf(
                [.. form.Fields.Select(field => (field.Name, Schema: SchemaOf(field, filledIn, ""), IsRequired: !filledIn.Contains(field.Name))), .. Common(isWhole: false)]));
            var whole = ObjectOf(
                [.. form.Fields.Select(field => (field.Name, Schema: SchemaOf(field, null, ""), IsRequired: true)), .. Common(isWhole: true)]);
            whole["properties"]!.AsObject()["act"] = new JsonObject { ["const"] = form.Name };
            schemas.Add($"{form.Name}Act", whole);
        }

        schemas.Add("ActFields", new() { ["anyOf"] = new JsonArray([.. ActForm.All.Select(form => (JsonNode)ApiSchemas.Reference($"{form.Name}Fields"))]) });
        schemas.Add("Act", new() { ["oneOf"] = new JsonArray([.. ActForm.All.Select(form => (JsonNode)ApiSchemas.Reference($"{form.Name}Act"))]) });
        schemas.Add("ActName", new() { ["type"] = "string", ["enum"] = new JsonArray([.. ActForm.All.Select(form => (JsonNode)form.Name)]) });
        schemas.Add("PreparedAct", ObjectOf(
        [
            ("act", ApiSchemas.Reference("Act"), true),
            ("digest", ApiForms.OfMember("digest", new() { ["type"] = "string" }), true),
            ("typedData", ApiForms.OfMember("typedData", new() { ["type"] = "object" }), true),
        ]));
        schemas.Add("SignedAct", ObjectOf(
            [("act", ApiSchemas.Reference("Act"), true), ("signature", ApiForms.OfMember("signature", new() { ["type"] = "string" }), true)]));
    }

    private static IEnumerable<(string Name, JsonObject Schema, bool IsRequired)> Common(bool isWhole)
    {
        if (isWhole)
        {
            yield return ("act", [], true);
            yield return ("contract", ApiForms.Of("anyCaseAddress"), true);
        }

        yield return ("signer", ApiForms.Of("anyCaseAddress"), true);
        yield return ("nonce", WholeNumber(), isWhole);
        yield return ("deadline", WholeNumber(), isWhole);
    }

    private static JsonObject SchemaOf(ActField field, IReadOnlySet<string>? filledIn, string path)
    {
        if (field.Type == "tuple")
        {
            var inner = $"{path}{field.Name}.";
            return ObjectOf([.. field.Fields.Select(f => (f.Name, SchemaOf(f, filledIn, inner), filledIn?.Contains(inner + f.Name) != true))]);
        }

        return field.Type.EndsWith("[]", StringComparison.Ordinal)
            ? new() { ["type"] = "array", ["items"] = SchemaOf(field with { Type = field.Type[..^2] }, filledIn, path) }
            : field.Type switch
            {
                "bytes32" => ApiForms.Of("anyCaseHash"),
                "address" => ApiForms.Of("anyCaseAddress"),
                "bytes" => ApiForms.Of("bytes"),
                "string" => ApiForms.Of("text"),
                _ when field.Type.StartsWith("uint", StringComparison.Ordinal) => WholeNumber(),
                _ => throw new InvalidOperationException($"field {path}{field.Name} of type {field.Type} found, a type with a schema expected"),
            };
    }

    // Either form is read; up to 48 bits are written as a number, wider ones as decimal text.
    private static JsonObject WholeNumber() => new() { ["type"] = new JsonArray("integer", "string"), ["minimum"] = 0, ["pattern"] = "^(0|[1-9][0-9]{0,77})$" };

    private static JsonObject ObjectOf(IReadOnlyList<(string Name, JsonObject Schema, bool IsRequired)> members) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(members.Select(member => KeyValuePair.Create(member.Name, (JsonNode?)member.Schema))),
        ["required"] = new JsonArray([.. members.Where(member => member.IsRequired).Select(member => (JsonNode)member.Name)]),
        ["additionalProperties"] = false,
    };
}
