using System.Net;
using System.Text.Json.Nodes;
using Pythia.Grains.Devices;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;
using Shouldly;

namespace Pythia.Gateway.Tests;

/// <summary>What integrators read, and what is said when nothing can be read.</summary>
public sealed class ViewEndpointTests : IAsyncLifetime
{
    private static readonly string DeviceId = "0x" + new string('a', 64);
    private static readonly string Owner = "0x" + new string('b', 40);

    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync() => _gateway = await GatewayFixture.StartAsync();

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Device_InUpperCase_IsAskedForInLowerCase()
    {
        _gateway.Grains.On<IDeviceGrain>("GetAsync", _ => Task.FromResult(ClaimedDevice()));
        var view = await ReadAsync("/v1/chains/31337/devices/0x" + new string('A', 64), 200);

        _gateway.Grains.Calls.ShouldHaveSingleItem().Key.ShouldBe($"31337/{DeviceId}");
        ((string?)view["status"]).ShouldBe("active");
        ((string?)view["owner"]).ShouldBe(Owner);
        view.ContainsKey("modelId").ShouldBeFalse();
    }

    [Fact]
    public async Task Device_NeverHeardOf_IsNotFound()
    {
        _gateway.Grains.On<IDeviceGrain>("GetAsync", _ => Task.FromResult(new DeviceView(DeviceId, DeviceStatus.Unclaimed, null, null, null, 0, null, null, 0)));
        var problem = await ReadAsync($"/v1/chains/31337/devices/{DeviceId}", 404);

        ((string?)problem["type"]).ShouldBe("urn:pythia:problem:not-found");
    }

    [Theory]
    [InlineData("devices/0x12")]
    [InlineData("devices/0xzz")]
    [InlineData("devices/..%2Fowners")]
    [InlineData("consents/1")]
    [InlineData("owners/0x12")]
    [InlineData("owners/0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/grantees/1")]
    [InlineData("policies/latest")]
    [InlineData("policies/latest/document")]
    [InlineData("manufacturers/acme")]
    public async Task AnyView_BadId_IsRefusedAndNoGrainIsAsked(string path)
    {
        var problem = await ReadAsync($"/v1/chains/31337/{path}", 400);

        ((string?)problem["type"]).ShouldBe("urn:pythia:problem:bad-id");
        ((string?)problem["detail"])!.ShouldContain("expected");
        _gateway.Grains.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task AnyView_UnknownChain_IsRefused()
    {
        var problem = await ReadAsync($"/v1/chains/5/devices/{DeviceId}", 404);

        ((string?)problem["type"]).ShouldBe("urn:pythia:problem:unknown-chain");
        ((string?)problem["detail"]).ShouldBe("chain '5' found, one of 31337 expected");
        _gateway.Grains.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Grantee_OfAnOwner_ShowsTheFloor()
    {
        _gateway.Grains.On<IOwnerGrain>("GetGranteeFloorAsync", _ => Task.FromResult(7UL));
        var view = await ReadAsync($"/v1/chains/31337/owners/{Owner}/grantees/0x{new string('C', 40)}", 200);

        ((ulong)view["floor"]!).ShouldBe(7UL);
        _gateway.Grains.Calls[0].Arguments[0].ShouldBe("0x" + new string('c', 40));
    }

    [Fact]
    public async Task PolicyDocument_Published_IsADownloadOfTheExactBytes()
    {
        _gateway.Grains.On<IPolicyGrain>("GetAsync", _ => Task.FromResult(
            new PolicyView(DeviceId, PolicyStatus.Published, Owner, [.. "<script>"u8], null, 0)));
        using var response = await _gateway.Client.GetAsync($"/v1/chains/31337/policies/{DeviceId}/document");

        (await response.Content.ReadAsByteArrayAsync()).ShouldBe("<script>"u8.ToArray());
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
        response.Content.Headers.ContentDisposition!.DispositionType.ShouldBe("attachment");
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
    }

    [Theory]
    [InlineData("GET", "/nowhere", 404, "not-found")]
    [InlineData("GET", "/v1/chains/31337/intents", 405, "method")]
    [InlineData("DELETE", "/v1/chains/31337/ledger", 405, "method")]
    public async Task Routing_Refusal_IsProblemDetails(string method, string path, int status, string name)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await _gateway.Client.SendAsync(request);

        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        ((string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["type"]).ShouldBe("urn:pythia:problem:" + name);
    }

    [Fact]
    public async Task AnyView_GrainDoesNotAnswer_IsTryAgain()
    {
        _gateway.Grains.On<IDeviceGrain>("GetAsync", _ => throw new OrleansException("silo 10.0.0.7 is gone"));
        var problem = await ReadAsync($"/v1/chains/31337/devices/{DeviceId}", 503);

        ((string?)problem["type"]).ShouldBe("urn:pythia:problem:try-again");
        problem.ToJsonString().ShouldNotContain("10.0.0.7");
    }

    [Fact]
    public async Task AnyView_Fault_IsInternalAndTellsNothingOfTheInside()
    {
        _gateway.Grains.On<IDeviceGrain>("GetAsync", _ => throw new InvalidOperationException("secret of the inside"));
        var problem = await ReadAsync($"/v1/chains/31337/devices/{DeviceId}", 500);

        ((string?)problem["type"]).ShouldBe("urn:pythia:problem:internal");
        problem["requestId"].ShouldNotBeNull();
        problem.ToJsonString().ShouldNotContain("secret");
    }

    private static DeviceView ClaimedDevice() => new(DeviceId, DeviceStatus.Active, Owner, null, null, 1, null, null, 0);

    private async Task<JsonObject> ReadAsync(string path, int status)
    {
        using var response = await _gateway.Client.GetAsync(path);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe((HttpStatusCode)status, text);
        return (JsonObject)JsonNode.Parse(text)!;
    }
}
