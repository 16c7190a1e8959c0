using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Ethereum;
using Pythia.Tests.DevChain;
using Shouldly;

namespace Pythia.Contracts.Tests.DevChain;

/// <summary>The compiler's output on a live chain.</summary>
public sealed class DeploymentTests(AnvilFixture chain) : IClassFixture<AnvilFixture>
{
    [Fact]
    public async Task EncodeDeployment_CompiledContract_HasItsCodeOnTheChain()
    {
        await ContractCompiler.EnsureAsync(chain.Contracts, TimeProvider.System);
        var relay = ContractArtifact.Load(chain.Contracts, "Relay");
        using var key = await chain.FundedKeyAsync("compiled");
        var receipt = await chain.SendAsync(key, to: null, relay.EncodeDeployment());
        receipt.Succeeded.ShouldBeTrue();
        (await chain.Rpc.CodeAsync(receipt.ContractAddress!.Value, BlockTag.Latest)).ShouldBe(relay.DeployedBytecode.ToArray());
        Hex.Format(relay.Abi.Function("relay").Selector).ShouldBe($"0x{relay.Json.GetProperty("methodIdentifiers").EnumerateObject().Single(m => m.Name.StartsWith("relay(", StringComparison.Ordinal)).Value.GetString()}");
    }

    [Fact]
    public void Load_ContractThatIsNone_SaysWhatIsMissing()
        => Should.Throw<FileNotFoundException>(() => ContractArtifact.Load(chain.Contracts, "NoSuch")).Message.ShouldContain("NoSuch.json not found");
}
