using System.Diagnostics;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.Registries;
using Pythia.Device;
using Pythia.Enclave;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Ethereum;
using Pythia.Silo.Hosting;
using Pythia.Silo.Keys;

namespace Pythia.Silo.Demo;

/// <summary>
/// A device that pins code and a verifier instead of a key: 1. it gets the genuine enclave's passport and believes it, 2. an enclave of other code, 3. a
/// debug one, 4. one under the simulated root when production is demanded, 6. one whose key was revoked are each refused by the device's own check, though a
/// careless verifier signed for them or evidence was handed over in person; 5. a quote that somebody kept is refused by the verifier.
/// </summary>
internal sealed class PassportChapter(LifeStage stage, Hash32 deviceId, HttpClient http, Uri gateway, IEnclave enclave, EnclaveIdentity genuine, VerifierOfDemo verifier)
{
    private readonly byte[] _code = SimulatedEnclaves.OfThisCode().Measurement.ToArray();
    private readonly byte[] _otherCode = [.. Enumerable.Repeat((byte)0xEE, 32)];

    private HttpDeviceTransport Way => new(http, new Uri(gateway, $"pythia/{genuine.ChainId}/answer"));

    private PassportTrust Pins => new() { VerifierKeys = [verifier.Signer.PublicKey.ToArray()], Measurements = [_code], LeastTier = PassportTier.None };

    // The device judges evidence itself: its own policy stands in the verifier's place.
    private PassportTrust OwnCheck => new()
    {
        OwnPolicy = verifier.Policy,
        HasClock = true,
        Measurements = [_code],
        LeastTier = PassportTier.None,
    };

    public async Task PlayAsync(Party owner, Address liar, CancellationToken cancellationToken)
    {
        stage.Report.Chapter("Which enclave is genuine?");
        stage.Report.Note("a device pins the enclave's code (MRENCLAVE), its configuration and a verifier's key; it never heard of the enclave's key.");
        stage.Report.Note("No SGX here: quotes are simulated, byte-true, under a root of our own. The device of this chapter takes that root by name, for development.");

        // 1. genuine
        var told = await AskAsync(Pins, [Way], cancellationToken);
        var answer = Believed(told, owner);
        var passport = answer.Passport!;
        stage.Report.Note($"passport: operator {passport.Operator}, platform {passport.PlatformStatus}, tier {passport.Tier}, code {Hex.Format(passport.Measurement.AsSpan()[..6])}…, "
            + $"{passport.ExpiresUnixSeconds - passport.IssuedUnixSeconds} s to live");
        stage.Report.Told("who owns me, by a key that a passport confirms?", owner.Address.ToString(), answer.Encoded!.Length, answer.Body!.Block, told.Took);
        told = await AskAsync(OwnCheck, [Way], cancellationToken);
        answer = Believed(told, owner);
        stage.Report.Told("who owns me, by my own check of the whole evidence?", owner.Address.ToString(), answer.Encoded!.Length, answer.Body!.Block, told.Took);

        // 2. other code, 3. debug
        using var other = Rogue(new SimulatedEnclave(_otherCode), answer.Body, liar);
        await RefusedAsync("enclave of other code, signed for by a careless verifier", Pins, [other], "Measurement: ", cancellationToken);
        await RefusedAsync("enclave of other code, its evidence judged by the device", OwnCheck, [other], "MeasurementNotAllowed", cancellationToken);
        using var debug = Rogue(new SimulatedEnclave(_code) { Flags = SimulatedEnclave.UsualFlags | SimulatedEnclave.DebugFlag }, answer.Body, liar);
        await RefusedAsync("debug enclave, signed for by a careless verifier", Pins, [debug], "Debug: ", cancellationToken);
        await RefusedAsync("debug enclave, its evidence judged by the device", OwnCheck, [debug], "DebugEnabled", cancellationToken);

        // 4. simulated root, of the genuine enclave and by its true passport
        await RefusedAsync("simulated root where production is demanded, by its passport", Pins with { LeastTier = PassportTier.Affirming }, [Way], "Tier: ", cancellationToken);
        var production = verifier.Policy with { Quote = verifier.Policy.Quote with { Trust = QuoteTrust.Intel } };
        await RefusedAsync("simulated root where production is demanded, by its evidence", OwnCheck with { OwnPolicy = production }, [Way], "RootUntrusted", cancellationToken);

        // 5. a quote that somebody kept: the enclave is genuine, and whoever has it may have its key long after the enclave destroyed it
        await RefusedAsync("quote without the verifier's challenge, of the genuine enclave", "ChallengeMissing", cancellationToken);

        // 6. revoked key: code, platform and passport are in order, and the chain has ended it
        using var revoked = Rogue(new SimulatedEnclave(_code), answer.Body, liar);
        var careful = Pins with { KeyStanding = KeyStanding.NotEnded };
        if ((await AskAsync(careful, [revoked, Way], cancellationToken)).Answer.Fault != DeviceFault.None)
            throw new UnexpectedException("a stolen key before its revocation", "refused", "believed: nothing is known against it");
        stage.Report.Note("a key that was stolen from an enclave in order is believed, as long as nobody knows: the liar says that it owns the device");
        await RevokeAsync(Es256Key.ComputeFingerprint(revoked.PublicKey), cancellationToken);
        await RefusedAsync("revoked key, its passport still good", careful, [revoked, Way], "KeyEnded", cancellationToken);
    }

    private RogueEnclave Rogue(SimulatedEnclave enclave, AnswerBody head, Address liar)
        => new(verifier.Platform, enclave, verifier.Careless, genuine.ConfigurationHash.ToArray(), head, liar);

    private async Task<(DeviceAnswer Answer, TimeSpan Took)> AskAsync(PassportTrust pins, IReadOnlyList<IDeviceTransport> ways, CancellationToken cancellationToken)
    {
        var trust = new DeviceTrust
        {
            DeviceId = deviceId,
            Passports = pins,
            ConfigurationHash = genuine.ConfigurationHash.ToArray(),
            MinLevel = (byte)AssuranceLevel.Development,
        };
        var started = Stopwatch.GetTimestamp();
        using var device = await DeviceClient.StartAsync(trust, ways, new NoMemory(), cancellationToken: cancellationToken);
        return (await device.AskAsync([Fact.OwnerOf], cancellationToken), Stopwatch.GetElapsedTime(started));
    }

    private static DeviceAnswer Believed((DeviceAnswer Answer, TimeSpan Took) told, Party owner)
        => told.Answer.IsUsable && told.Answer.Results[0] == FactResult.Single(FactValue.Of(owner.Address))
            ? told.Answer
            : throw new UnexpectedException("device: who owns me?", told.Answer.ToString(), owner.Address.ToString());

    private async Task RefusedAsync(string what, PassportTrust pins, IReadOnlyList<IDeviceTransport> ways, string reason, CancellationToken cancellationToken)
    {
        var (answer, took) = await AskAsync(pins, ways, cancellationToken);
        var text = answer.ToString();
        if (answer.IsUsable || !text.Contains(reason, StringComparison.Ordinal)) throw new UnexpectedException(what, text, reason);

        stage.Report.Refused("enclave", what, "the device's own check", text.Length > 160 ? text[..160] + "…" : text, took);
    }

    // Any evidence that is handed in; here the genuine enclave's, as it may lie about for years.
    private async Task RefusedAsync(string what, string reason, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        using var kept = new ByteArrayContent(await http.GetByteArrayAsync(new Uri(gateway, $"pythia/{genuine.ChainId}/evidence"), cancellationToken));
        kept.Headers.ContentType = new(EnclaveEvidence.MediaType);
        using var response = await http.PostAsync(new Uri(gateway, "v1/passports"), kept, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (response.IsSuccessStatusCode || !text.Contains(reason, StringComparison.Ordinal)) throw new UnexpectedException(what, text, reason);

        stage.Report.Refused("enclave", what, "the verifier", reason, Stopwatch.GetElapsedTime(started));
    }

    private async Task RevokeAsync(Hash32 keyId, CancellationToken cancellationToken)
    {
        var endorser = AnvilRpc.KeyOf("deployer");
        var act = new RevokeKeyAct(stage.Chain.Contracts.PythiaRegistry, stage.Now + 600, keyId);
        var signature = endorser.Sign(act.ToTypedData(stage.Chain.Contracts.ChainId));
        var receipt = await stage.Chain.SenderOf(AnvilRpc.KeyOf("bystander")).SendAsync(act.Contract, act.EncodeCall(new Endorsement(0, [.. signature.ToArray()])), cancellationToken: cancellationToken);
        if (!receipt.Succeeded) throw new UnexpectedException("an endorser revokes the key", "reverted", "mined");

        // From its first verified head that holds the revocation on, the enclave says so.
        await enclave.WaitForHeadAsync(receipt.BlockNumber - 1, cancellationToken);
        stage.Report.Acted("endorser", "revokes the key at PythiaRegistry", new MinedAct(receipt.TransactionHash.ToString(), receipt.BlockNumber, receipt.GasUsed), TimeSpan.Zero);
    }

    private sealed class NoMemory : IDeviceStore
    {
        public ValueTask<DeviceMemory> LoadAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(DeviceMemory.Nothing);

        public ValueTask StoreAsync(DeviceMemory memory, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}

/// <summary>The verifier of the demo, its key and policy in files for the gateway, and what it would be if it did not look.</summary>
internal sealed class VerifierOfDemo : IDisposable
{
    private VerifierOfDemo(SimulatedPlatform platform, PassportSigner signer, string keyFile, string policyFile)
    {
        (Platform, Signer, KeyFile, PolicyFile) = (platform, signer, keyFile, policyFile);
        Policy = PassportPolicyFile.Read(File.ReadAllBytes(policyFile));
        var careless = Policy with { Quote = Policy.Quote with { Measurements = null, DebugAllowed = true } };
        Careless = new PassportIssuer(careless, signer, TimeSpan.FromHours(1), TimeSpan.FromMinutes(2), TimeProvider.System);
    }

    public SimulatedPlatform Platform { get; }

    public PassportSigner Signer { get; }

    public string KeyFile { get; }

    public string PolicyFile { get; }

    public PassportPolicy Policy { get; }

    /// <summary>The same key under a policy that lets any code and debug through.</summary>
    public PassportIssuer Careless { get; }

    public static VerifierOfDemo Create(string platformFolder, DataFolder folder)
    {
        var platform = SimulatedPlatform.LoadOrCreate(platformFolder, TimeProvider.System);
        var signer = PassportSigner.Create();
        var keyFile = folder.PathOf("verifier.pem");
        File.Delete(keyFile);
        SecretFile.Create("verifier", keyFile, System.Text.Encoding.ASCII.GetBytes(signer.Export()));
        var policyFile = folder.PathOf("verifier-policy.json");
        File.WriteAllText(policyFile, $$"""
            {
              "quote": {
                "roots": ["{{Convert.ToHexStringLower(platform.RootKey.Span)}}"],
                "measurements": [{ "name": "this build", "mrenclave": "{{Convert.ToHexStringLower(SimulatedEnclaves.OfThisCode().Measurement.Span)}}" }]
              },
              "operators": [{ "name": "demo.operator.example", "platforms": ["{{Convert.ToHexStringLower(platform.Processor.Ppid.Span)}}"] }],
              "developmentAnchor": true
            }
            """);
        return new VerifierOfDemo(platform, signer, keyFile, policyFile);
    }

    public void Dispose()
    {
        Platform.Dispose();
        Signer.Dispose();
    }
}
