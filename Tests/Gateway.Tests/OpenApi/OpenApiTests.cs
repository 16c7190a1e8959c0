using System.Text.Json.Nodes;
using Pythia.Gateway.OpenApi;
using Pythia.Gateway.Problems;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Gateway.Tests.OpenApi;

/// <summary>The document is complete, is the reviewed one, and is what the gateway does: every other test's exchanges are judged by it.</summary>
public sealed class OpenApiTests : IAsyncLifetime
{
    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync() => _gateway = await GatewayFixture.StartAsync();

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Document_IsTheReviewedOne()
    {
        var found = await _gateway.Client.GetStringAsync("/openapi/v1.json");
        var path = Path.Combine(SharedVectors.RepositoryRoot, "docs", "api", "openapi.json");
        if (Environment.GetEnvironmentVariable("PYTHIA_UPDATE_SNAPSHOTS") == "1") await File.WriteAllTextAsync(path, found);

        found.ShouldBe(await File.ReadAllTextAsync(path), "review the change, then run this test with PYTHIA_UPDATE_SNAPSHOTS=1");
    }

    [Fact]
    public async Task EveryRoute_StandsInTheDocument()
    {
        var document = await ReadAsync();
        var routes = _gateway.Routes.ToList();

        routes.Count.ShouldBeGreaterThan(20);
        foreach (var route in routes)
        {
            var path = ApiDocument.PathOf(route.RoutePattern);
            document["paths"]![path]?[ApiDocument.MethodOf(route)].ShouldNotBeNull($"{ApiDocument.MethodOf(route)} {path}");
        }
    }

    [Fact]
    public async Task EveryMemberOfAView_HasAMeaning()
    {
        foreach (var (name, schema) in (await ReadAsync())["components"]!["schemas"]!.AsObject())
        {
            if (name.EndsWith("Act", StringComparison.Ordinal) || name.EndsWith("Fields", StringComparison.Ordinal)) continue;
            foreach (var (member, form) in schema!["properties"]?.AsObject() ?? [])
                (form!["description"] ?? form["$ref"]).ShouldNotBeNull($"{name}.{member}: say it in {nameof(ApiForms)}");
        }
    }

    [Fact]
    public async Task OperationIds_AreUnique()
        => (await ReadAsync())["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(method => (string)method.Value!["operationId"]!).ShouldBeUnique();

    [Fact]
    public async Task Examples_FitTheirSchemas()
    {
        // Fetched before: the client asks the judge, too, and would wait for it to be opened.
        var document = await _gateway.Client.GetStringAsync("/openapi/v1.json");
        var judge = await SchemaJudge.OpenAsync(() => Task.FromResult(document));

        (await judge.JudgeAsync(new() { ["examples"] = true })).ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"chainId":31337,"enclaves":[],"drained":[]}""", null)]
    [InlineData("""{"chainId":31337,"enclaves":[],"drained":[],"more":1}""", "additional properties")]
    [InlineData("""{"chainId":31337}""", "enclaves")]
    [InlineData("""{"chainId":"31337","enclaves":[],"drained":[]}""", "integer")]
    [InlineData("""{"chainId":31337,"enclaves":[{"id":"one","signingKey":"0x12","configurationHash":"0x","level":0,"head":{"block":1,"unixSeconds":1,"hash":"0x"}}]}""", "pattern")]
    public async Task Judge_ChangedAnswer_IsFound(string body, string? expected)
    {
        var document = await _gateway.Client.GetStringAsync("/openapi/v1.json");
        var judge = await SchemaJudge.OpenAsync(() => Task.FromResult(document));
        var wrong = await judge.JudgeAsync(new()
        {
            ["method"] = "get",
            ["path"] = "/pythia/31337/enclaves",
            ["status"] = 200,
            ["contentType"] = "application/json; charset=utf-8",
            ["body"] = body,
            ["requestType"] = null,
            ["requestBody"] = null,
        });

        if (expected is null) wrong.ShouldBeNull();
        else wrong.ShouldNotBeNull().ShouldContain(expected);
    }

    [Fact]
    public async Task EveryProblemType_CanBeAnsweredBySomeRoute()
    {
        var text = (await ReadAsync())["paths"]!.ToJsonString();

        // Refused before any route is reached, or only to devices, in CBOR: no operation's answer in JSON.
        foreach (var type in ProblemTypes.All.Except([ProblemTypes.Method, ProblemTypes.UnknownEnclave, ProblemTypes.EnclaveDrained, ProblemTypes.NotAttested]))
            text.ShouldContain($"\"{type.Uri}\"", customMessage: type.Name);
    }

    [Fact]
    public void ProblemsPage_ListsEveryType()
    {
        var rows = File.ReadLines(Path.Combine(SharedVectors.RepositoryRoot, "docs", "api", "problems.md"))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => (Name: cells[1].Trim('`'), Status: cells[2], Title: cells[3], Meaning: cells[4]))
            .ToList();

        rows.Select(row => (row.Name, row.Status, row.Title)).ShouldBe(ProblemTypes.All.Select(type => (type.Name, $"{type.Status}", type.Title)));
        rows.ShouldAllBe(row => row.Meaning.Length > 10);
    }

    private async Task<JsonObject> ReadAsync() => JsonNode.Parse(await _gateway.Client.GetStringAsync("/openapi/v1.json"))!.AsObject();
}
