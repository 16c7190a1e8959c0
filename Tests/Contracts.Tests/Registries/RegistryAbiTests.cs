using System.Text.Json;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Contracts.Tests.Registries;

/// <summary>The embedded interfaces against what the compiler writes, and our records against the interfaces.</summary>
public sealed class RegistryAbiTests : IAsyncLifetime
{
    public async Task InitializeAsync() => await ContractCompiler.EnsureAsync(ContractsFolder.Find(), TimeProvider.System);

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("DeviceRegistry")]
    [InlineData("ConsentRegistry")]
    [InlineData("PolicyRegistry")]
    [InlineData("Relay")]
    [InlineData("ProvenFacts")]
    [InlineData("PythiaRegistry")]
    public void Snapshot_OfEachContract_IsTheCompiledInterface(string name)
    {
        var artifact = ContractArtifact.Load(ContractsFolder.Find(), name);
        var snapshot = JsonDocument.Parse(File.ReadAllBytes(ContractsFolder.Find().Combine("snapshots", $"{name}.abi.json"))).RootElement;
        JsonElement.DeepEquals(artifact.Json.GetProperty("abi"), snapshot).ShouldBeTrue($"{name}: run node Contracts/tools/check.mjs");
        foreach (var selector in artifact.Json.GetProperty("methodIdentifiers").EnumerateObject())
        {
            Hex.Format(artifact.Abi.Function(selector.Name).Selector)[2..].ShouldBe(selector.Value.GetString());
        }
    }

    [Fact]
    public void Events_AllButOpenZeppelins_HaveARecord()
    {
        var known = RegistryEvents.Topics.ToHashSet();
        RegistryAbi.All.Events.Where(e => !known.Contains(e.Topic)).Select(e => e.Name).Order(StringComparer.Ordinal)
            .ShouldBe(["Approval", "ApprovalForAll", "EIP712DomainChanged", "Transfer"]);
    }

    [Fact]
    public void Acts_AreAllSignedFunctions()
    {
        var signed = new[] { RegistryAbi.DeviceRegistry, RegistryAbi.ConsentRegistry, RegistryAbi.PolicyRegistry }
            .SelectMany(a => a.Functions).Where(f => f.Name.EndsWith("Signed", StringComparison.Ordinal)).Select(f => Hex.Format(f.Selector)).Order(StringComparer.Ordinal);
        Samples.Acts.Select(a => Hex.Format(a.EncodeSignedCall([]).AsSpan(0, 4))).Order(StringComparer.Ordinal).ShouldBe(signed);
    }

    [Fact]
    public void TryDecode_ForeignOrDamagedLogs_AreNotRead()
    {
        RegistryEvents.TryDecode([], [], out _).ShouldBeFalse();
        RegistryEvents.TryDecode([Samples.Word(1)], [], out _).ShouldBeFalse();
        var frozen = RegistryAbi.DeviceRegistry.Event("DeviceFrozen").Topic;
        RegistryEvents.TryDecode([frozen], [], out _).ShouldBeFalse();
        RegistryEvents.TryDecode([frozen, Samples.Word(1), Samples.Word(2)], [], out _).ShouldBeFalse(); // a word that is no address
        RegistryEvents.TryDecode([frozen, Samples.Word(1), Samples.Account(2).ToWord()], [], out var decoded).ShouldBeTrue();
        decoded.ShouldBe(new DeviceFrozen(Samples.Word(1), Samples.Account(2)));
    }

    [Fact]
    public void Describe_CustomError_NamesItsValues()
    {
        var data = RegistryAbi.DeviceRegistry.Errors.Single(e => e.Name == "DeviceStatusRefused").Encode(Samples.Word(1), 2);
        RegistryErrors.Describe(data).ShouldBe($"DeviceStatusRefused(deviceId: {Samples.Word(1)}, status: 2)");
        RegistryErrors.NameOf(data).ShouldBe("DeviceStatusRefused");
        RegistryErrors.NameOf([1, 2, 3, 4]).ShouldBeNull();
    }
}
