using System.Text.Json.Nodes;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Tests.DevChain;
using Shouldly;

namespace Pythia.Contracts.Tests.Registries;

public sealed class ContractDeploymentTests(RegistryChain chain) : IClassFixture<RegistryChain>
{
    private readonly List<string> _deployed = [];

    private string NewPath() => Path.Combine(chain.Folder, $"{Guid.NewGuid():N}.json");

    private Task<DeploymentManifest> EnsureAsync(string path) => chain.DeployAsync(path, new Lines(_deployed));

    [Fact]
    public async Task Ensure_Twice_DeploysOnce()
    {
        var path = NewPath();
        var first = await EnsureAsync(path);
        _deployed.Count.ShouldBe(6);
        var second = await EnsureAsync(path);
        _deployed.Count.ShouldBe(6);
        second.Contracts.ShouldBe(first.Contracts);
        foreach (var contract in first.Contracts)
        {
            var code = await chain.Rpc.CodeAsync(contract.Address, BlockTag.Latest);
            code.Length.ShouldBeGreaterThan(0);
            contract.CodeHash.ShouldBe(Keccak256.HashData(code));
        }

        var consents = RegistryAbi.ConsentRegistry.Function("devices");
        var answer = await chain.Rpc.CallContractAsync(new RpcCall { To = first.ConsentRegistry, Data = consents.Encode() }, BlockTag.Latest);
        consents.DecodeOutputs(answer).Address(0).ShouldBe(first.DeviceRegistry);
    }

    [Fact]
    public async Task Ensure_AfterAnInterruptedStart_DeploysOnlyTheRest()
    {
        var path = NewPath();
        var first = await EnsureAsync(path);
        _deployed.Clear();

        // As if it had ended after sending and before noting: the addresses are known, the hashes not.
        (first with { Contracts = [.. first.Contracts.Select(c => c with { CodeHash = null })] }).Save(path);
        var second = await EnsureAsync(path);
        _deployed.ShouldBeEmpty();
        second.Contracts.ShouldBe(first.Contracts);
    }

    [Fact]
    public async Task Ensure_OtherCodeAtTheAddress_StopsAndNamesBothHashes()
    {
        var path = NewPath();
        var manifest = await EnsureAsync(path);
        var expected = manifest.CodeHashOf("Relay");
        await chain.Rpc.CallAsync(new RpcRequest("anvil_setCode", manifest.Relay, "0x6000"));
        var error = await Should.ThrowAsync<InvalidOperationException>(() => EnsureAsync(path));
        error.Message.ShouldContain($"{expected} of the manifest expected");

        (manifest with { Contracts = [.. manifest.Contracts.Select(c => c with { CodeHash = null })] }).Save(path);
        error = await Should.ThrowAsync<InvalidOperationException>(() => EnsureAsync(path));
        error.Message.ShouldContain("not the compiled contract's");
    }

    [Fact]
    public async Task Ensure_ManifestOfAnotherChain_StopsAndNamesBoth()
    {
        var path = NewPath();
        (chain.Deployment with { GenesisHash = Samples.Word(1) }).Save(path);
        var error = await Should.ThrowAsync<InvalidOperationException>(() => EnsureAsync(path));
        error.Message.ShouldContain($"genesis {Samples.Word(1)} expected");
        _deployed.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("memo", null)]
    [InlineData("deployer", null)]
    [InlineData("chainId", "\"x\"")]
    public void Load_DamagedManifest_StopsWithItsFile(string field, string? value)
    {
        var path = NewPath();
        chain.Deployment.Save(path);
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        if (value is not null) json[field] = JsonNode.Parse(value);
        else if (!json.Remove(field)) json[field] = "unknown";
        File.WriteAllText(path, json.ToJsonString());
        Should.Throw<FormatException>(() => DeploymentManifest.Load(path)).Message.ShouldStartWith(path);
    }

    [Fact]
    public void Load_SavedManifest_IsTheSame()
    {
        var path = NewPath();
        chain.Deployment.Save(path);
        var read = DeploymentManifest.Load(path)!;
        read.Contracts.ShouldBe(chain.Deployment.Contracts);
        (read with { Contracts = chain.Deployment.Contracts }).ShouldBe(chain.Deployment);
    }

    private sealed class Lines(List<string> lines) : IProgress<string>
    {
        public void Report(string value) => lines.Add(value);
    }
}
