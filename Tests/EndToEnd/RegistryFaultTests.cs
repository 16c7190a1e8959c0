using System.Security.Cryptography;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Pythia.Tests.DevChain;
using Shouldly;
using Request = Pythia.Enclave.Verifier.Answers.Request;

namespace Pythia.EndToEnd;

/// <summary>Who was lied to ends the key by the program's own commands; who was told the truth can't.</summary>
public sealed class RegistryFaultTests(RegistryChain chain) : IClassFixture<RegistryChain>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Fault_OfALiar_EndsItsKey_AndTheTruthEndsNone()
    {
        using var owner = EthereumKey.Create();
        using var device = await chain.ClaimedAsync(owner);
        var configuration = await EndorsedConfigurationAsync();
        using var honest = await RegisteredAsync("honest", configuration);
        using var liar = await RegisteredAsync("liar", configuration);
        var head = (await chain.Rpc.BlockAsync(BlockTag.Latest))!;
        var question = Question.Create(device.Id, 0, Fact.DeviceStatus, Fact.OwnerOf);
        var active = FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(1), FactValue.Of(0));
        var truth = new AnswerBody(head.Number, head.UnixSeconds, head.Hash, 3, null, [active, FactResult.Single(FactValue.Of(owner.Address))]);

        // What is true is refused here, and costs nothing.
        var shown = await FaultAsync(honest, "storage", Files(honest, configuration, question, truth));
        (shown.Code, shown.Error).ShouldBe((1, $"no fault: every fact is what the block's own state says{Environment.NewLine}"), shown.Output);
        var twice = await FaultAsync(honest, "contradiction", Files(honest, configuration, question, truth), Files(honest, configuration, question, truth with { Level = 1 }));
        (twice.Code, twice.Error.StartsWith("no fault: the answers agree", StringComparison.Ordinal)).ShouldBe((1, true), twice.Error);
        var canonical = await FaultAsync(honest, "not-canonical", Files(honest, configuration, question, truth));
        (canonical.Code, canonical.Error.StartsWith("no fault: block ", StringComparison.Ordinal)).ShouldBe((1, true), canonical.Error);

        // Another's answer is nothing to hold against a key.
        var lie = Files(liar, configuration, question, truth with { Level = 0, Results = [active, FactResult.Single(FactValue.Of(Address.Zero))] });
        var foreign = await FaultAsync(honest, "storage", lie);
        (foreign.Code, foreign.Error.Contains("did not sign this answer", StringComparison.Ordinal)).ShouldBe((1, true), foreign.Error);

        var tried = await FaultAsync(liar, "storage", lie, more: ["--dry-run"]);
        (tried.Code, tried.Output.Contains($"OwnerOf is {owner.Address}", StringComparison.Ordinal)).ShouldBe((0, true), tried.Error);
        (await StatusAsync(liar)).ShouldBe(EnclaveKeyStatus.Active);
        var ended = await FaultAsync(liar, "storage", lie);
        (ended.Code, await StatusAsync(liar)).ShouldBe((0, EnclaveKeyStatus.Faulted), ended.Error);
        var again = await FaultAsync(liar, "storage", lie);
        (again.Code, again.Error.Contains("is Faulted already", StringComparison.Ordinal)).ShouldBe((1, true), again.Error);
        (await StatusAsync(honest)).ShouldBe(EnclaveKeyStatus.Active);
    }

    [Fact]
    public async Task Fault_OfTheOtherKinds_EndsTheKey()
    {
        var configuration = await EndorsedConfigurationAsync();
        var head = (await chain.Rpc.BlockAsync(BlockTag.Latest))!;
        var question = Question.Create(Keccak256.HashData("no device"u8), 0, Fact.OwnerOf);
        var truth = new AnswerBody(head.Number, head.UnixSeconds, head.Hash, 3, null, [FactResult.Null]);

        using var first = await RegisteredAsync("one", configuration);
        var ended = await FaultAsync(
            first, "contradiction", Files(first, configuration, question, truth), Files(first, configuration, question, truth with { Results = [FactResult.Single(FactValue.Of(Address.Zero))] }));
        (ended.Code, await StatusAsync(first)).ShouldBe((0, EnclaveKeyStatus.Faulted), ended.Error);

        using var second = await RegisteredAsync("two", configuration);
        ended = await FaultAsync(second, "not-canonical", Files(second, configuration, question, truth with { Hash = Keccak256.HashData("never"u8) }));
        (ended.Code, await StatusAsync(second)).ShouldBe((0, EnclaveKeyStatus.Faulted), ended.Error);

        using var third = await RegisteredAsync("three", configuration);
        ended = await FaultAsync(third, "storage", Files(third, configuration, question, truth with { UnixSeconds = truth.UnixSeconds + 1 }));
        (ended.Code, ended.Output.Contains("fault Block of key", StringComparison.Ordinal), await StatusAsync(third)).ShouldBe((0, true, EnclaveKeyStatus.Faulted), ended.Error);
    }

    [Fact]
    public async Task EndorseConfiguration_OfAnotherChainOrItsHashAlone_IsRefused()
    {
        var encoded = Hex.Parse((await ShortRun.SiloAsync(["registry", "configuration", "--level", "2", .. await SettingsAsync()])).Output.Trim());
        EnclaveConfiguration.Decode(encoded, out var configuration);
        configuration!.Level.ShouldBe((byte)2);
        var file = _folder.PathOf("configuration");
        await File.WriteAllBytesAsync(file, (configuration with { ChainId = 1 }).Encode());
        var other = await ShortRun.SiloAsync(["registry", "prepare", "endorse-configuration", file, .. await SettingsAsync()]);
        (other.Code, other.Error.Contains("chain 1 found, 31337 expected", StringComparison.Ordinal), other.Output).ShouldBe((1, true, ""), other.Error);

        var contracts = configuration.Contracts.Select(contract => contract.Name == "PolicyRegistry" ? contract with { CodeHash = Hash32.Zero } : contract);
        await File.WriteAllBytesAsync(file, (configuration with { Contracts = [.. contracts] }).Encode());
        other = await ShortRun.SiloAsync(["registry", "prepare", "endorse-configuration", file, .. await SettingsAsync()]);
        (other.Code, other.Error.Contains("PolicyRegistry: ", StringComparison.Ordinal)).ShouldBe((1, true), other.Error);

        var hash = await ShortRun.SiloAsync(["registry", "prepare", "endorse-configuration", Hex.Format(configuration.ComputeHash()), .. await SettingsAsync()]);
        (hash.Code, hash.Error.Contains("which is a configuration's hash", StringComparison.Ordinal)).ShouldBe((2, true), hash.Error);
        var good = await ShortRun.SiloAsync(["registry", "prepare", "endorse-configuration", Hex.Format(encoded), .. await SettingsAsync()]);
        (good.Code, good.Error.Contains($"configuration {Hex.Format(configuration.ComputeHash())}", StringComparison.Ordinal)).ShouldBe((0, true), good.Error);
    }

    // As an enclave of this deployment has it; endorsed by the endorsers' keys.
    private async Task<Hash32> EndorsedConfigurationAsync()
    {
        var printed = await ShortRun.SiloAsync(["registry", "configuration", .. await SettingsAsync()]);
        printed.Code.ShouldBe(0, printed.Error);
        var hash = Hash32.FromSpan(SHA256.HashData(Hex.Parse(printed.Output.Trim())));
        if (await chain.PythiaReader.IndexOfConfigurationAsync(hash) == 0)
        {
            var (_, count) = await chain.PythiaReader.CountsAsync();
            (await chain.EndorseAsync(new EndorseConfigurationAct(chain.Deployment.PythiaRegistry, await chain.NowAsync() + 3_600, hash, count + 1))).Succeeded.ShouldBeTrue();
        }

        return hash;
    }

    private async Task<ECDsa> RegisteredAsync(string name, Hash32 configuration)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (registry, deadline, counts) = (chain.Deployment.PythiaRegistry, await chain.NowAsync() + 3_600, await chain.PythiaReader.CountsAsync());
        var measurement = Keccak256.HashData(System.Text.Encoding.UTF8.GetBytes(name));
        (await chain.EndorseAsync(new EndorseMeasurementAct(registry, deadline, measurement, counts.Measurements + 1))).Succeeded.ShouldBeTrue();
        var place = await chain.PythiaReader.IndexOfConfigurationAsync(configuration);
        var publicKey = PublicKeyOf(key);
        var registration = new KeyRegistration(
            Hash32.FromSpan(publicKey.AsSpan(0, 32)), Hash32.FromSpan(publicKey.AsSpan(32)), measurement, counts.Measurements + 1, place, KeyRegistration.OperatorOf(name),
            await chain.NowAsync() + 1_000_000, measurement);
        (await chain.EndorseAsync(new RegisterKeyAct(registry, deadline, registration, measurement, configuration))).Succeeded.ShouldBeTrue();
        return key;
    }

    private (string Answer, string Request) Files(ECDsa key, Hash32 configuration, Question question, AnswerBody body)
    {
        var keyId = Es256Key.ComputeKeyId(PublicKeyOf(key));
        var bytes = body.Encode();
        var signature = key.SignData(
            SignedAnswer.ToBeSigned(keyId, bytes, configuration.ToArray(), question.Encoded.Span), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        Es256Key.NormaliseS(signature);
        var name = Hex.Format(SHA256.HashData(signature).AsSpan(0, 8));
        var (answer, request) = (_folder.PathOf($"{name}.cose"), _folder.PathOf($"{name}.request"));
        File.WriteAllBytes(answer, new SignedAnswer(keyId, bytes, signature).Encode());
        File.WriteAllBytes(request, new Request(question, body.Nonce, 0).Encode());
        return (answer, request);
    }

    private async Task<(int Code, string Output, string Error)> FaultAsync(
        ECDsa key, string kind, (string Answer, string Request) files, (string Answer, string Request)? other = null, params string[] more)
    {
        string[] second = other is { } given ? [given.Answer, "--other-request", given.Request] : [];
        return await ShortRun.SiloAsync(
            ["registry", "fault", kind, files.Answer, .. second, "--request", files.Request, "--key", Hex.Format(PublicKeyOf(key)), .. more, .. await SettingsAsync()]);
    }

    private async Task<EnclaveKeyStatus> StatusAsync(ECDsa key) => (await chain.PythiaReader.KeyAsync(Es256Key.ComputeFingerprint(PublicKeyOf(key)))).Status;

    private static byte[] PublicKeyOf(ECDsa key)
    {
        var q = key.ExportParameters(includePrivateParameters: false).Q;
        return [.. q.X!, .. q.Y!];
    }

    private async Task<string[]> SettingsAsync()
    {
        using var payer = await chain.FundedKeyAsync("payer");
        var secret = new byte[EthereumKey.PrivateKeySize];
        payer.ExportPrivateKey(secret);
        return ["--set", $"Chain:Rpc:0={chain.Anvil.Address}", "--set", $"Chain:Manifest={chain.ManifestPath}", "--set", $"Relay:Key={Hex.Format(secret)}"];
    }
}
