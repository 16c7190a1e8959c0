using System.Security.Cryptography;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Tests.DevChain;
using Shouldly;

namespace Pythia.EndToEnd;

/// <summary>What endorsers do, by the program's own commands on a real chain: prepared, signed apart and offline, sent by whoever pays.</summary>
public sealed class RegistryCommandTests(RegistryChain chain) : IClassFixture<RegistryChain>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Registry_RollOfAMeasurement_FromPreparationToTheEndOfItsKeys()
    {
        var measurement = Random();
        await CarryOutAsync("endorse-measurement", measurement);
        var printed = (await ShortRun.SiloAsync(["registry", "configuration", .. await SettingsAsync()])).Output.Trim();
        var configuration = Hex.Format(SHA256.HashData(Hex.Parse(printed)));
        await CarryOutAsync("endorse-configuration", printed);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = key.ExportParameters(includePrivateParameters: false).Q;
        var publicKey = Hex.Format((byte[])[.. q.X!, .. q.Y!]);
        var evidence = _folder.PathOf("evidence");
        await File.WriteAllTextAsync(evidence, "evidence");
        await CarryOutAsync(
            "register-key", "--key", publicKey, "--agreement-key", publicKey, "--measurement", measurement, "--configuration", configuration, "--operator", "one",
            "--evidence", evidence, "--days", "7");

        var keyId = KeyRegistration.KeyIdOf(Hash32.FromSpan(q.X), Hash32.FromSpan(q.Y)).ToString();
        var shown = await ShortRun.SiloAsync(["registry", "show", "--key", keyId, .. await SettingsAsync()]);
        shown.Output.ShouldContain($"key {keyId}: Active");
        shown.Output.ShouldContain("3 of 5 endorsers, version 1");

        await CarryOutAsync("withdraw-measurement", measurement);
        (await ShortRun.SiloAsync(["registry", "show", "--key", keyId, .. await SettingsAsync()])).Output.ShouldContain($"key {keyId}: Withdrawn");
        await CarryOutAsync("revoke-key", keyId);
        var refused = await ShortRun.SiloAsync(["registry", "prepare", "revoke-key", keyId, .. await SettingsAsync()]);
        (refused.Code, refused.Error.Trim()).ShouldBe((1, $"key {keyId} is Revoked already"));
    }

    [Fact]
    public async Task Send_SignatureOfAStranger_OrTooFew_IsRefusedByName()
    {
        var file = await PrepareAsync("endorse-measurement", Random());
        var stranger = EthereumKey.Create().Sign(await DigestOfAsync(file)).ToArray();
        var refused = await ShortRun.SiloAsync(["registry", "send", file, "--signature", Hex.Format(stranger), .. await SettingsAsync()]);
        (refused.Code, refused.Error.Contains("an endorser's over this act expected", StringComparison.Ordinal)).ShouldBe((1, true), refused.Error);

        var few = await ShortRun.SiloAsync(["registry", "send", file, "--signature", await SignAsync(file, 0), "--signature", await SignAsync(file, 4), .. await SettingsAsync()]);
        (few.Code, few.Error.Contains("EndorsementsTooFew", StringComparison.Ordinal)).ShouldBe((1, true), few.Error);
    }

    [Fact]
    public async Task Sign_AnythingElse_IsRefused()
    {
        var file = _folder.PathOf("grant.json");
        await File.WriteAllTextAsync(file, new FreezeAct(new ActHeader(chain.Deployment.DeviceRegistry, Address.Zero, 0, 1), Hash32.Zero).ToTypedDataJson(chain.ChainId));
        var (keystore, password) = Keystored(0);
        var refused = await ShortRun.SiloAsync("registry", "sign", file, "--keystore-file", keystore, "--password-file", password);
        (refused.Code, refused.Error.Contains("Pythia PythiaRegistry version 1 expected", StringComparison.Ordinal)).ShouldBe((2, true), refused.Error);
    }

    private async Task CarryOutAsync(params string[] act)
    {
        var file = await PrepareAsync(act);
        var sent = await ShortRun.SiloAsync(
            ["registry", "send", file, "--signature", await SignAsync(file, 3), "--signature", await SignAsync(file, 0), "--signature", await SignAsync(file, 1), .. await SettingsAsync()]);
        sent.Code.ShouldBe(0, sent.Error);
    }

    private async Task<string> PrepareAsync(params string[] act)
    {
        var prepared = await ShortRun.SiloAsync(["registry", "prepare", .. act, .. await SettingsAsync()]);
        prepared.Code.ShouldBe(0, prepared.Error);
        var file = _folder.PathOf($"{act[0]}.json");
        await File.WriteAllTextAsync(file, prepared.Output);
        return file;
    }

    // The first by the program's own command, the others as any wallet does.
    private async Task<string> SignAsync(string file, int endorser)
    {
        if (endorser != 0) return Hex.Format(RegistryChain.EndorserKeys[endorser].Sign(await DigestOfAsync(file)).ToArray());

        var (keystore, password) = Keystored(endorser);
        var signed = await ShortRun.SiloAsync("registry", "sign", file, "--keystore-file", keystore, "--password-file", password);
        signed.Code.ShouldBe(0, signed.Error);
        signed.Error.ShouldContain("deadline: ");
        return signed.Output.Trim();
    }

    private static async Task<Hash32> DigestOfAsync(string file)
    {
        TypedDataMessage.TryParseJson(await File.ReadAllBytesAsync(file), out var message, out var reason).ShouldBeTrue(reason);
        return message!.Digest;
    }

    private (string Keystore, string Password) Keystored(int endorser)
    {
        using var random = RandomNumberGenerator.Create();
        var content = Keystore.Write(RegistryChain.EndorserKeys[endorser], "p"u8, KeyDerivation.Default, random);
        return (Secret($"endorser-{endorser}.json", content), Secret("password", "p"u8.ToArray()));
    }

    private string Secret(string name, byte[] content)
    {
        var path = _folder.PathOf(name);
        if (File.Exists(path)) return path;

        File.WriteAllBytes(path, content);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private async Task<string[]> SettingsAsync()
    {
        using var payer = await chain.FundedKeyAsync("payer");
        var secret = new byte[EthereumKey.PrivateKeySize];
        payer.ExportPrivateKey(secret);
        return ["--set", $"Chain:Rpc:0={chain.Anvil.Address}", "--set", $"Chain:Manifest={chain.ManifestPath}", "--set", $"Relay:Key={Hex.Format(secret)}"];
    }

    private static string Random() => Hex.Format(RandomNumberGenerator.GetBytes(Hash32.Size));
}
