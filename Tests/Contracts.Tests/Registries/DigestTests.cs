using System.Text.Json;
using Pythia.Contracts.DevChain;
using Pythia.Ethereum;
using Pythia.Tests.DevChain;
using Shouldly;

namespace Pythia.Contracts.Tests.Registries;

/// <summary>What our wallets' JSON hashes to, held against Foundry's cast: an implementation that shares no code with ours or the contracts.</summary>
public sealed class DigestTests
{
    private const ulong ChainId = 31337;

    public static TheoryData<string> ActNames => Samples.ActNames;

    [Theory]
    [MemberData(nameof(ActNames))]
    public async Task ToTypedDataJson_SignedByCast_RecoversOverOurDigest(string name)
    {
        var act = Samples.Act(name);
        var contracts = ContractsFolder.Find();
        await NodeModules.EnsureAsync(contracts, TimeProvider.System);
        using var key = AnvilRpc.KeyOf("wallet");
        var privateKey = new byte[32];
        key.ExportPrivateKey(privateKey);

        var signature = Hex.Parse(await Cast.RunAsync(
            contracts, "wallet", "sign", "--private-key", Hex.Format(privateKey), "--data", act.ToTypedDataJson(ChainId)));
        EcdsaSignature.Recover(act.Digest(ChainId), signature, out var signer).ShouldBe(SignatureFault.None);
        signer.ShouldBe(key.Address);
        key.Sign(act.Digest(ChainId)).ToArray().Length.ShouldBe(signature.Length);
    }

    [Theory]
    [MemberData(nameof(ActNames))]
    public void ToTypedDataJson_EndsWithTheThreeCommonFields(string name)
    {
        var act = Samples.Act(name);
        using var json = JsonDocument.Parse(act.ToTypedDataJson(ChainId));
        json.RootElement.GetProperty("primaryType").GetString().ShouldBe(name);
        json.RootElement.GetProperty("domain").GetProperty("name").GetString().ShouldBe($"Pythia {act.Registry}");
        var fields = json.RootElement.GetProperty("types").GetProperty(name).EnumerateArray().Select(f => f.GetProperty("name").GetString());
        fields.TakeLast(3).ShouldBe(["signer", "nonce", "deadline"]);
    }

    [Fact]
    public void Digest_AnyPartOfTheDomainChanged_IsAnother()
    {
        var act = Samples.Act("Freeze");
        var other = act with { Header = act.Header with { Contract = Samples.Account(77) } };
        Hash32[] digests = [act.Digest(1), act.Digest(2), other.Digest(1), (Samples.Act("EndConsents") with { Header = act.Header }).Digest(1)];
        digests.Distinct().Count().ShouldBe(4);
    }
}
