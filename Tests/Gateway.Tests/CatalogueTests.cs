using System.Text.Json.Nodes;
using Pythia.Contracts.Registries;
using Shouldly;

namespace Pythia.Gateway.Tests;

/// <summary>What can be asked for: chains with contracts, acts with fields.</summary>
public sealed class CatalogueTests : IAsyncLifetime
{
    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync() => _gateway = await GatewayFixture.StartAsync();

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Chains_Listed_WithTheirContracts()
    {
        var chain = (await ReadAsync("/v1/chains"))["items"]!.AsArray().ShouldHaveSingleItem()!;

        ((ulong)chain["chainId"]!).ShouldBe(31337UL);
        ((string?)chain["deviceRegistry"]).ShouldBe(GatewayFixture.DeviceRegistry);
        (await ReadAsync("/v1/chains/31337")).ToJsonString().ShouldBe(chain.ToJsonString());
    }

    [Fact]
    public async Task Acts_Listed_AreAllThatCanBeRead()
    {
        var acts = (await ReadAsync("/v1/chains/31337/acts"))["items"]!.AsArray();

        acts.Select(act => (string)act!["name"]!).ShouldBe(SignedActJson.ActNames);
        var grant = acts.Single(act => (string?)act!["name"] == "Grant")!;
        ((string?)grant["contract"]).ShouldBe(GatewayFixture.ConsentRegistry);
        grant["fields"]!.AsArray().Select(field => (string)field!["name"]!).ShouldBe(["terms", "epochs"]);
        ((bool?)grant["fields"]![1]!["fields"]![0]!["filledIn"]).ShouldBe(true);
    }

    private async Task<JsonObject> ReadAsync(string path) => JsonNode.Parse(await _gateway.Client.GetStringAsync(path))!.AsObject();
}
