using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Pythia.Gateway.Problems;

namespace Pythia.Gateway.OpenApi;

/// <summary>
/// The OpenAPI 3.1 document of all routes: 1. each route's path, parameters, body and answers; 2. each kind of refusal that it may give;
/// 3. the schemas of all that is written and read; 4. how a request is signed.
/// </summary>
internal static class ApiDocument
{
    public const string Path = "/openapi/v1.json";

    private const string Json = "application/json";

    /// <summary>Of the routes that carry an <see cref="ApiOperation"/>: all that the gateway maps.</summary>
    public static JsonObject Of(IEnumerable<RouteEndpoint> routes)
    {
        var schemas = new ApiSchemas();
        ActSchemas.AddTo(schemas);
        schemas.Add("Problem", ProblemSchema());
        var paths = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var route in routes)
        {
            if (route.Metadata.GetMetadata<ApiOperation>() is not { } operation) continue; // not the gateway's

            var path = PathOf(route.RoutePattern);
            if (!paths.TryGetValue(path, out var item)) paths[path] = item = [];
            item[MethodOf(route)] = OperationOf(route.RoutePattern, operation, schemas);
        }

        return new()
        {
            ["openapi"] = "3.1.1",
            ["info"] = ApiTexts.Info(),
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["tags"] = ApiTexts.Tags(),
            ["paths"] = new JsonObject(paths.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
            ["components"] = new JsonObject { ["schemas"] = schemas.ToComponents(), ["securitySchemes"] = ApiTexts.SecuritySchemes() },
        };
    }

    /// <summary>/v1/chains/{chain}/acts: as OpenAPI writes it.</summary>
    public static string PathOf(RoutePattern pattern)
        => "/" + string.Join('/', pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
        {
            RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
            RoutePatternLiteralPart literal => literal.Content,
            _ => throw new InvalidOperationException($"{part} found in {pattern.RawText}, a literal or a parameter expected"),
        }))));

    public static string MethodOf(RouteEndpoint route)
        => route.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods.Single().ToLowerInvariant();

    private static JsonObject OperationOf(RoutePattern pattern, ApiOperation operation, ApiSchemas schemas)
    {
        var json = new JsonObject
        {
            ["operationId"] = operation.Id,
            ["tags"] = new JsonArray(operation.Tag),
            ["summary"] = operation.Summary,
        };
        if (operation.Description.Length > 0) json["description"] = operation.Description;

        // 1. what goes in
        var parameters = new JsonArray();
        foreach (var parameter in pattern.Parameters) parameters.Add(PathParameter(parameter.Name, pattern, schemas));
        foreach (var parameter in operation.Parameters) parameters.Add(Parameter(parameter, schemas));
        if (operation.Replies.Any(reply => reply.HasTag)) parameters.Add(Parameter(ApiTexts.IfNoneMatch, schemas));
        if (parameters.Count > 0) json["parameters"] = parameters;
        if (operation.Request is { } body) json["requestBody"] = RequestOf(body, schemas);

        // 2. what comes out
        json["responses"] = ResponsesOf(pattern, operation, schemas);
        if (ApiTexts.SecurityOf(operation.Access) is { } security) json["security"] = security;
        return json;
    }

    private static JsonObject PathParameter(string name, RoutePattern pattern, ApiSchemas schemas)
    {
        var (form, description) = ApiTexts.PathParameter(name, pattern.RawText!);
        return new() { ["name"] = name, ["in"] = "path", ["required"] = true, ["description"] = description, ["schema"] = schemas.Of(form) };
    }

    private static JsonObject Parameter(ApiParameter parameter, ApiSchemas schemas) => new()
    {
        ["name"] = parameter.Name,
        ["in"] = parameter.In,
        ["description"] = parameter.Description,
        ["schema"] = schemas.Of(parameter.Schema),
    };

    private static JsonObject RequestOf(ApiBody body, ApiSchemas schemas) => new()
    {
        ["required"] = true,
        ["description"] = $"{body.Description} At most {body.MaxBytes} bytes.",
        ["content"] = new JsonObject { [body.MediaType] = new JsonObject { ["schema"] = schemas.Of(body.Schema) } },
    };

    private static JsonObject ResponsesOf(RoutePattern pattern, ApiOperation operation, ApiSchemas schemas)
    {
        var responses = new SortedDictionary<int, JsonObject>();
        foreach (var reply in operation.Replies) responses[reply.Status] = ReplyOf(reply, schemas);
        if (operation.Replies.Any(reply => reply.HasTag))
            responses[304] = new() { ["description"] = "The caller has these bytes already.", ["headers"] = ApiTexts.Headers(304, hasTag: true) };

        foreach (var group in ProblemsOf(pattern, operation).GroupBy(type => type.Status))
        {
            // Health says why it is not ready in its own words.
            if (responses.ContainsKey(group.Key)) continue;
            responses[group.Key] = operation.ForDevices ? ApiTexts.ConciseProblem(group) : ProblemOf(group);
        }

        return new(responses.Select(pair => KeyValuePair.Create($"{pair.Key}", (JsonNode?)pair.Value)));
    }

    private static IEnumerable<ProblemType> ProblemsOf(RoutePattern pattern, ApiOperation operation)
    {
        var problems = operation.Problems.ToHashSet();
        problems.UnionWith([ProblemTypes.BadRequest, ProblemTypes.TooMany, ProblemTypes.HeadersTooLarge, ProblemTypes.Internal, ProblemTypes.TryAgain]);
        if (pattern.GetParameter("chain") is not null) problems.Add(ProblemTypes.UnknownChain);
        if (pattern.GetParameter("chain") is not null && !operation.ForDevices) problems.Add(ProblemTypes.RequestSignature);
        if (operation.Request is not null) problems.UnionWith([ProblemTypes.TooLarge, ProblemTypes.MediaType]);
        if (operation.Access is ApiAccess.OwnerOrClient or ApiAccess.Client) problems.UnionWith([ProblemTypes.SignatureRequired, ProblemTypes.Forbidden]);
        return problems.OrderBy(type => type.Name, StringComparer.Ordinal);
    }

    private static JsonObject ReplyOf(ApiReply reply, ApiSchemas schemas)
    {
        var json = new JsonObject { ["description"] = reply.Description, ["headers"] = ApiTexts.Headers(reply.Status, reply.HasTag) };
        if (reply.Schema is null) return json;

        var content = new JsonObject { ["schema"] = schemas.Of(reply.Schema) };
        if (reply.Example is { } example)
            content["example"] = example is string or JsonNode ? JsonSerializer.SerializeToNode(example) : JsonSerializer.SerializeToNode(example, example.GetType(), GatewayJson.Options);
        json["content"] = new JsonObject { [reply.MediaType] = content };
        return json;
    }

    private static JsonObject ProblemOf(IGrouping<int, ProblemType> types) => new()
    {
        ["description"] = string.Join("; ", types.Select(type => $"{type.Name}: {type.Title}")),
        ["headers"] = ApiTexts.Headers(types.Key, hasTag: false),
        ["content"] = new JsonObject
        {
            [ProblemResult.JsonMediaType] = new JsonObject
            {
                ["schema"] = new JsonObject
                {
                    ["allOf"] = new JsonArray(ApiSchemas.Reference("Problem"), new JsonObject
                    {
                        ["properties"] = new JsonObject
                        {
                            ["type"] = new JsonObject { ["enum"] = new JsonArray([.. types.Select(type => (JsonNode)type.Uri)]) },
                            ["status"] = new JsonObject { ["const"] = types.Key },
                        },
                    }),
                },
            },
        },
    };

    // RFC 9457, with our own members.
    private static JsonObject ProblemSchema()
    {
        JsonObject Member(string name, JsonObject schema) => ApiForms.OfMember(name, schema);
        JsonObject Text() => new() { ["type"] = "string" };
        JsonObject Count() => new() { ["type"] = "integer", ["minimum"] = 0 };

        var type = Member("type", Text());
        type["enum"] = new JsonArray([.. ProblemTypes.All.Select(known => (JsonNode)known.Uri)]);
        return new()
        {
            ["type"] = "object",
            ["description"] = "Problem details (RFC 9457).",
            ["properties"] = new JsonObject
            {
                ["type"] = type,
                ["title"] = Member("title", Text()),
                ["status"] = Member("status", new() { ["type"] = "integer", ["minimum"] = 400, ["maximum"] = 599 }),
                ["detail"] = Member("detail", Text()),
                ["verdict"] = Member("verdict", Text()),
                ["digest"] = Member("digest", Text()),
                ["reason"] = Member("reason", Text()),
                ["quota"] = Member("quota", Text()),
                ["used"] = Member("used", Count()),
                ["limit"] = Member("limit", Count()),
                ["requestId"] = Member("requestId", Text()),
            },
            ["required"] = new JsonArray("type", "title", "status", "detail"),
        };
    }
}
