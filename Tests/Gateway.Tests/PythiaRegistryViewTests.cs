using System.Text.Json.Nodes;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Registry;
using Shouldly;

namespace Pythia.Gateway.Tests;

/// <summary>What the ledger says of enclaves' keys, for people and their programs.</summary>
public sealed class PythiaRegistryViewTests : IAsyncLifetime
{
    private const string Path = "/v1/chains/31337";
    private static readonly string KeyId = "0x" + new string('a', 64);
    private static readonly LedgerPosition Position = new(7, "0x" + new string('b', 64), 1_800_000_000, 1, "0x" + new string('c', 64));

    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync() => _gateway = await GatewayFixture.StartAsync();

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task PythiaKey_Withdrawn_HasNoMeasurement()
    {
        _gateway.Grains.On<IEnclaveKeyGrain>("GetAsync", _ => Task.FromResult(new EnclaveKeyView(
            KeyId, EnclaveKeyStatus.Withdrawn, "0x" + new string('4', 128), KeyId, 1_800_000_600, null, KeyId, "0x" + new string('5', 32), KeyId, "", Position)));
        var view = await ReadAsync($"{Path}/pythia-keys/{KeyId.ToUpperInvariant().Replace("0X", "0x", StringComparison.Ordinal)}", 200);

        ((string?)view["status"]).ShouldBe("withdrawn");
        view.AsObject().ContainsKey("measurement").ShouldBeFalse();
        ((ulong)view["notAfterUnixSeconds"]!).ShouldBe(1_800_000_600UL);
        _gateway.Grains.Calls.Single().Key.ShouldBe($"31337/{KeyId}");
    }

    [Fact]
    public async Task PythiaKey_NeverHeardOf_IsNotFound()
    {
        _gateway.Grains.On<IEnclaveKeyGrain>("GetAsync", _ => Task.FromResult(new EnclaveKeyView(
            KeyId, EnclaveKeyStatus.Unknown, null, null, 0, null, null, null, null, "", null)));
        ((string?)(await ReadAsync($"{Path}/pythia-keys/{KeyId}", 404))["type"]).ShouldBe("urn:pythia:problem:not-found");
        ((string?)(await ReadAsync($"{Path}/pythia-keys/0x12", 400))["type"]).ShouldBe("urn:pythia:problem:bad-id");
    }

    [Fact]
    public async Task PythiaRegistry_Lists_ShowWhatStandsAndWhatEnded()
    {
        _gateway.Grains.On<IPythiaRegistryGrain>("GetAsync", _ => Task.FromResult(new PythiaRegistryView(
            [new EndorsedValue(1, KeyId, Position, Position), new EndorsedValue(2, KeyId, Position, null)], [], ["0xa1", "0xa2"], 2, 1, Position)));
        var view = await ReadAsync($"{Path}/pythia-registry", 200);

        view["measurements"]![0]!.AsObject().ContainsKey("withdrawn").ShouldBeTrue();
        view["measurements"]![1]!.AsObject().ContainsKey("withdrawn").ShouldBeFalse();
        ((int)view["threshold"]!).ShouldBe(2);
        _gateway.Grains.Calls.Single().Key.ShouldBe("31337/0");
    }

    private async Task<JsonNode> ReadAsync(string path, int status)
    {
        using var response = await _gateway.Client.GetAsync(path);
        ((int)response.StatusCode).ShouldBe(status);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
    }
}
