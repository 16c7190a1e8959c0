using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Attestation;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Gateway.Devices;
using Pythia.Gateway.Passports;
using Pythia.Grains.Pythia;
using Pythia.Vectors;
using Shouldly;
using ConciseProblem = Pythia.Enclave.Verifier.Answers.ConciseProblem;

namespace Pythia.Gateway.Tests;

/// <summary>Evidence and passports over HTTP: fresh where a nonce asks for it, stored where none does, and who may make the platform quote how often.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PassportEndpointTests : IAsyncLifetime
{
    private const string Passports = "/pythia/31337/passport";
    private const string Nonce = "0102030405060708";

    private readonly SimulatedPlatform _platform = SimulatedPlatform.Create(TimeProvider.System);
    private readonly PassportSigner _verifier = PassportSigner.Create();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string _folder = Directory.CreateTempSubdirectory("pythia-passport-").FullName;
    private readonly byte[] _measurement = [.. Enumerable.Repeat((byte)1, 32)];
    private readonly byte[] _configuration = [.. Enumerable.Repeat((byte)2, 32)];
    private readonly List<GatewayFixture> _gateways = [];

    private byte[] PublicKey { get; set; } = [];

    private string KeyId => Convert.ToHexStringLower(Es256Key.ComputeKeyId(PublicKey));

    private string KeyFile => Path.Combine(_folder, "verifier.pem");

    private string PolicyFile => Path.Combine(_folder, "policy.json");

    public Task InitializeAsync()
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        PublicKey = [.. point.X!, .. point.Y!];
        File.WriteAllText(KeyFile, _verifier.Export());
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(PolicyFile, $$"""
            {"quote":{"roots":["{{Convert.ToHexStringLower(_platform.RootKey.Span)}}"],"measurements":[{"mrenclave":"{{Convert.ToHexStringLower(_measurement)}}"}]},
             "operatorOfOthers":"operator-a.example","developmentAnchor":true}
            """);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        foreach (var gateway in _gateways) await gateway.DisposeAsync();
        _platform.Dispose();
        _verifier.Dispose();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Passport_WithNonce_IsFreshEachTimeAndADeviceTakesIt()
    {
        var gateway = await OwnVerifierAsync();
        using var verifier = Es256Key.TryImport(_verifier.PublicKey.Span)!;
        for (var i = 0; i < 2; i++)
        {
            using var response = await gateway.Client.GetAsync($"{Passports}?kid={KeyId}&nonce={Nonce}");
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Content.Headers.ContentType!.ToString().ShouldBe("application/eat+cwt; eat_profile=\"tag:pythia.invalid,2026:passport\"");
            var verdict = PassportCheck.Check(await response.Content.ReadAsByteArrayAsync(), verifier, new PassportExpectation
            {
                ConfigurationHash = _configuration,
                Measurements = [_measurement],
                LeastTier = PassportTier.None,
                Nonce = Convert.FromHexString(Nonce),
            });
            verdict.Fault.ShouldBe(PassportFault.None, verdict.Detail);
        }

        Quotes(gateway).ShouldBe(2);
    }

    [Fact]
    public async Task Passport_WithoutNonce_IsStoredForItsKey()
    {
        var gateway = await OwnVerifierAsync();
        var bodies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => gateway.Client.GetByteArrayAsync($"{Passports}?kid={KeyId}")));
        bodies.ShouldAllBe(body => body.SequenceEqual(bodies[0]));
        (await gateway.Client.GetByteArrayAsync("/pythia/31337/enclaves/one/passport")).ShouldBe(bodies[0]);
        Quotes(gateway).ShouldBe(1);

        PublicKey = [.. PublicKey[..63], (byte)(PublicKey[63] ^ 1)]; // the enclave restarted: other keys, and these are none
        await RefusedAsync(gateway, $"{Passports}?kid={KeyId}", 422, "evidence-refused");
    }

    [Fact]
    public async Task Passport_ThatTheVerifierRefuses_NamesEveryReason()
    {
        var gateway = await OwnVerifierAsync(enclave: new SimulatedEnclave(_configuration));
        (await RefusedAsync(gateway, $"{Passports}?kid={KeyId}&nonce={Nonce}", 422, "evidence-refused")).ShouldContain("MeasurementNotAllowed");
    }

    [Theory]
    [InlineData("?kid=00", 400, "bad-id")]
    [InlineData("?nonce=0102", 400, "bad-id")]
    [InlineData("?nonce=010203040506070809", 400, "bad-id")]
    [InlineData("?nonce=zz02030405060708", 400, "bad-id")]
    [InlineData("?kid=0102030405060708", 404, "unknown-enclave")]
    public async Task Passport_QueryOfAnotherForm_IsRefused(string query, int status, string name)
        => await RefusedAsync(await OwnVerifierAsync(), Passports + query, status, name);

    [Fact]
    public async Task Passport_WithoutAVerifierOrAQuote_IsNamed()
    {
        await RefusedAsync(await StartAsync(), $"{Passports}?kid={KeyId}", 404, "no-verifier");

        var gateway = await OwnVerifierAsync();
        gateway.Grains.On<IPythiaGrain>("AttestAsync", _ => Task.FromResult(new PythiaEvidence([], "NotAttested: runs without")));
        await RefusedAsync(gateway, $"{Passports}?kid={KeyId}", 404, "not-attested");
        gateway.Grains.On<IPythiaGrain>("AttestAsync", _ => Task.FromResult(new PythiaEvidence([], "QuoteFailed: no")));
        await RefusedAsync(gateway, $"{Passports}?kid={KeyId}", 503, "try-again");
        gateway.Grains.On<IPythiaGrain>("AttestAsync", _ => throw new OrleansException("gone"));
        await RefusedAsync(gateway, $"{Passports}?kid={KeyId}", 503, "try-again");
        await RefusedAsync(gateway, "/pythia/31337/enclaves/two/passport", 404, "unknown-enclave");
    }

    [Fact]
    public async Task Passport_MoreQuotesThanAllowed_IsTooManyRequests()
    {
        var gateway = await OwnVerifierAsync(("Passport:QuotesPerMinute", "6"));
        (await gateway.Client.GetAsync($"{Passports}?kid={KeyId}&nonce={Nonce}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await RefusedAsync(gateway, $"{Passports}?kid={KeyId}&nonce={Nonce}", 429, "too-many-requests");
        Quotes(gateway).ShouldBe(1);
    }

    [Theory]
    [InlineData("Gone: its process is not there")]
    [InlineData("Busy: more than it takes")]
    [InlineData("NotAttested: runs without")]
    [InlineData("QuoteFailed: no")]
    [InlineData("UnknownKey: none such")]
    [InlineData(null)]
    public async Task Passport_OneEnclaveIsInTrouble_IsHadOfTheOther(string? trouble)
    {
        var gateway = await OwnVerifierAsync();
        gateway.Grains.On<IPythiaDirectoryGrain>("ListHealthyAsync", _ => Task.FromResult<ImmutableArray<string>>(["one", "two"]));
        gateway.Grains.On<IPythiaGrain>("AttestAsync", call => call.Key != "31337/one" ? Task.FromResult(AttestCall(call))
            : trouble is null ? throw new OrleansException("gone")
            : Task.FromResult(new PythiaEvidence([], trouble)));
        foreach (var query in new[] { $"passport?kid={KeyId}&nonce={Nonce}", $"passport?nonce={Nonce}", $"evidence?kid={KeyId}&nonce={Nonce}", $"evidence?nonce={Nonce}" })
        {
            // Twice, so that each has the first turn once.
            for (var i = 0; i < 2; i++) (await gateway.Client.GetAsync($"/pythia/31337/{query}")).StatusCode.ShouldBe(HttpStatusCode.OK, query);
        }

        gateway.Grains.CallsOf("AttestAsync").ShouldContain(call => call.Key == "31337/one");
        var directory = gateway.Services.GetRequiredService<EnclaveDirectory>();
        var lasts = new List<string>();
        for (var i = 0; i < 2; i++) lasts.Add((await directory.ListInTurnAsync(gateway.Grains.Factory, 31337))[^1]);
        lasts.ShouldBe(trouble is null || trouble.StartsWith("Gone", StringComparison.Ordinal) ? ["one", "one"] : ["one", "two"], ignoreOrder: true);
    }

    [Fact]
    public async Task Passport_WithoutKey_PassesByAnEnclaveThatCantBeReached()
    {
        var gateway = await OwnVerifierAsync();
        gateway.Grains.On<IPythiaDirectoryGrain>("ListHealthyAsync", _ => Task.FromResult<ImmutableArray<string>>(["one", "two"]));
        gateway.Grains.On<IPythiaGrain>("IdentifyAsync", call => call.Key == "31337/one" ? throw new OrleansException("gone")
            : Task.FromResult(new PythiaIdentity("two", [.. PublicKey], [.. _configuration], 0, 1, 1, "", [], 0)));
        for (var i = 0; i < 2; i++) (await gateway.Client.GetAsync($"{Passports}?nonce={Nonce}")).StatusCode.ShouldBe(HttpStatusCode.OK);

        gateway.Grains.On<IPythiaGrain>("IdentifyAsync", _ => throw new OrleansException("gone"));
        await RefusedAsync(gateway, $"{Passports}?nonce={Nonce}", 503, "try-again");
    }

    [Theory]
    [InlineData("UnknownKey: none", "Busy: much", 503, "try-again")]
    [InlineData("Busy: much", "UnknownKey: none", 503, "try-again")]
    [InlineData("UnknownKey: none", "NotAttested: without", 404, "not-attested")]
    [InlineData("UnknownKey: none", "UnknownKey: none", 404, "unknown-enclave")]
    public async Task Passport_EveryEnclaveIsInTrouble_TheOneThatMayPassCounts(string one, string two, int status, string name)
    {
        var gateway = await OwnVerifierAsync();
        gateway.Grains.On<IPythiaDirectoryGrain>("ListHealthyAsync", _ => Task.FromResult<ImmutableArray<string>>(["one", "two"]));
        gateway.Grains.On<IPythiaGrain>("AttestAsync", call => Task.FromResult(new PythiaEvidence([], call.Key == "31337/one" ? one : two)));
        await RefusedAsync(gateway, $"{Passports}?kid={KeyId}", status, name);
    }

    [Fact]
    public async Task Passport_KeysThatNobodyHas_CostTheOthersNothing()
    {
        var gateway = await OwnVerifierAsync(("Passport:QuotesPerMinute", "6"));
        for (var i = 0; i < 5; i++) await RefusedAsync(gateway, $"{Passports}?kid=000000000000000{i}", 404, "unknown-enclave");
        (await gateway.Client.GetAsync($"{Passports}?kid={KeyId}&nonce={Nonce}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await RefusedAsync(gateway, $"{Passports}?kid={KeyId}&nonce={Nonce}", 429, "too-many-requests");
    }

    [Fact]
    public async Task Passport_QuotesForNoncesUsedUp_StoredOnesAreRenewedAllTheSame()
    {
        var gateway = await OwnVerifierAsync(("Passport:QuotesPerMinute", "6"));
        (await gateway.Client.GetAsync($"/pythia/31337/evidence?nonce={Nonce}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await RefusedAsync(gateway, $"/pythia/31337/evidence?nonce={Nonce}", 429, "too-many-requests");
        await RefusedAsync(gateway, "/pythia/31337/evidence", 429, "too-many-requests");
        (await gateway.Client.GetAsync($"{Passports}?kid={KeyId}")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Passport_RefusedWithoutNonce_IsNotQuotedAgainForFiveSeconds()
    {
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow().AddMinutes(1));
        _enclave = new SimulatedEnclave(_configuration);
        var gateway = await StartAsync(services => services.AddSingleton<TimeProvider>(time), ("Passport:KeyFile", KeyFile), ("Passport:PolicyFile", PolicyFile));
        for (var i = 0; i < 3; i++) (await RefusedAsync(gateway, $"{Passports}?kid={KeyId}", 422, "evidence-refused")).ShouldContain("MeasurementNotAllowed");
        Quotes(gateway).ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(5));
        await RefusedAsync(gateway, $"{Passports}?kid={KeyId}", 422, "evidence-refused");
        Quotes(gateway).ShouldBe(2);
    }

    [Fact]
    public async Task Passport_OneKeysEnclaveIsSlow_OtherKeysDoNotWait()
    {
        var gateway = await OwnVerifierAsync();
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously), end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Grains.On<IPythiaGrain>("AttestAsync", call => SlowAsync(call));
        var slow = gateway.Client.GetAsync($"{Passports}?kid=0000000000000000");
        await begun.Task;
        (await gateway.Client.GetAsync($"{Passports}?kid={KeyId}").WaitAsync(TimeSpan.FromSeconds(30))).StatusCode.ShouldBe(HttpStatusCode.OK);
        end.SetResult();
        (await slow).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        async Task<PythiaEvidence> SlowAsync(GrainCall call)
        {
            if (((ImmutableArray<byte>)call.Arguments[1]!).All(one => one == 0))
            {
                begun.SetResult();
                await end.Task;
            }

            return AttestCall(call);
        }
    }

    [Fact]
    public async Task Evidence_WithNonce_IsWhatAnyoneCanJudge()
    {
        var gateway = await StartAsync();
        foreach (var path in new[] { $"/pythia/31337/evidence?kid={KeyId}&nonce={Nonce}", $"/pythia/31337/enclaves/one/evidence?nonce={Nonce}" })
        {
            using var response = await gateway.Client.GetAsync(path);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            EnclaveEvidence.Decode(await response.Content.ReadAsByteArrayAsync(), out var evidence).ShouldBe(CborError.None);
            evidence!.Binding.Nonce.ToArray().ShouldBe([.. Convert.FromHexString(Nonce), .. new byte[24]]);
            var verdict = EvidenceJudge.Judge(evidence, VerifierFiles.ReadPolicy(PolicyFile), QuoteFreshness.OwnNonce, TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(1));
            verdict.Reasons.ShouldBeEmpty();
            (verdict.Claims!.ExpiresUnixSeconds - verdict.Claims.IssuedUnixSeconds).ShouldBeInRange(595UL, 600UL); // the keys end sooner
        }
    }

    [Fact]
    public async Task Evidence_CollateralThatCantBeHad_IsTryAgain()
    {
        var gateway = await StartAsync();
        gateway.Grains.On<IPythiaGrain>("AttestAsync", _ => Task.FromResult(new PythiaEvidence([], "CollateralStoreDamaged")));
        (await RefusedAsync(gateway, $"/pythia/31337/evidence?kid={KeyId}", 503, "try-again")).ShouldContain("collateral: StoreDamaged");
    }

    [Fact]
    public async Task Issue_GoodEvidence_IsAPassportAndBadOnesAreRefused()
    {
        var gateway = await OwnVerifierAsync();
        var evidence = await gateway.Client.GetByteArrayAsync($"/pythia/31337/evidence?kid={KeyId}&nonce={Nonce}{await ChallengeAsync(gateway)}");
        using var issued = await PostAsync(gateway, evidence);
        issued.StatusCode.ShouldBe(HttpStatusCode.OK);
        SignedPassport.Decode(await issued.Content.ReadAsByteArrayAsync(), out _).ShouldBe(SignedAnswerError.None);

        evidence[500] ^= 1; // in the quote
        foreach (var (bytes, status, name) in new[] { (evidence, 422, "evidence-refused"), ([0x80], 422, "evidence-refused"), (new byte[(64 * 1024) + 1], 413, "too-large") })
        {
            using var refused = await PostAsync(gateway, bytes);
            ((int)refused.StatusCode).ShouldBe(status);
            (await refused.Content.ReadAsStringAsync()).ShouldContain($"urn:pythia:problem:{name}");
        }

        using var nobody = await PostAsync(await StartAsync(), evidence);
        nobody.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("", "ChallengeMissing")]
    [InlineData("?nonce=0102030405060708", "ChallengeMissing")]
    [InlineData("?nonce=0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20", "ChallengeForeign")]
    public async Task Issue_EvidenceWithoutAChallengeOfThisVerifier_IsRefusedByName(string query, string reason)
    {
        var gateway = await OwnVerifierAsync();
        using var refused = await PostAsync(gateway, await gateway.Client.GetByteArrayAsync($"/pythia/31337/evidence{query}"));
        refused.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await refused.Content.ReadAsStringAsync()).ShouldContain(reason);
    }

    [Fact]
    public async Task Issue_ChallengeThatIsOver_IsRefusedByName()
    {
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        var gateway = await StartAsync(services => services.AddSingleton<TimeProvider>(time), ("Passport:KeyFile", KeyFile), ("Passport:PolicyFile", PolicyFile), ("Passport:ChallengeSeconds", "10"));
        var evidence = await gateway.Client.GetByteArrayAsync($"/pythia/31337/evidence?nonce={new string('0', 16)}{await ChallengeAsync(gateway)}");
        time.Advance(TimeSpan.FromSeconds(10));
        using var issued = await PostAsync(gateway, evidence);
        issued.StatusCode.ShouldBe(HttpStatusCode.OK);
        time.Advance(TimeSpan.FromSeconds(1));
        using var refused = await PostAsync(gateway, evidence);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("ChallengeExpired");
    }

    [Fact]
    public async Task Challenge_WithoutAVerifiersKey_IsNoVerifier()
    {
        using var response = await (await StartAsync()).Client.GetAsync("/v1/passports/challenge");
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.Content.ReadAsStringAsync()).ShouldContain("urn:pythia:problem:no-verifier");
    }

    [Theory]
    [InlineData("")]
    [InlineData("0102030405060708")]
    public async Task Passport_EveryOne_RestsOnAQuoteOverANewChallenge(string nonce)
    {
        var gateway = await OwnVerifierAsync();
        var query = nonce.Length > 0 ? $"?nonce={nonce}" : "";
        await gateway.Client.GetByteArrayAsync(Passports + query);
        PublicKey = [.. NewPublicKey()];
        await gateway.Client.GetByteArrayAsync(Passports + query);
        var bound = gateway.Grains.CallsOf("AttestAsync").Select(call => Convert.ToHexStringLower(((ImmutableArray<byte>)call.Arguments[0]!).AsSpan())).ToList();
        bound.Count.ShouldBe(2);
        bound.ShouldAllBe(one => one.StartsWith(nonce.Length > 0 ? nonce : new string('0', 16)));
        bound[0][16..].ShouldNotBe(bound[1][16..]);
    }

    [Fact]
    public async Task Passport_ByAnotherOperatorsVerifier_GoesThroughItsEndpoint()
    {
        var theirs = await OwnVerifierAsync();
        var ours = await StartAsync(services => services.AddSingleton<IVerifierWay>(new ForwardedVerifier(theirs)), ("Passport:VerifierUrl", "http://verifier.example/v1/passports"));
        var passport = await ours.Client.GetByteArrayAsync($"{Passports}?kid={KeyId}&nonce={Nonce}");
        using var verifier = Es256Key.TryImport(_verifier.PublicKey.Span)!;
        PassportCheck.CheckSigned(passport, verifier).Fault.ShouldBe(PassportFault.None);

        _enclave = new SimulatedEnclave(_configuration);
        (await RefusedAsync(ours, $"{Passports}?kid={KeyId}&nonce={Nonce}", 422, "evidence-refused")).ShouldContain("MeasurementNotAllowed");
    }

    [Fact]
    public async Task Start_KeyOrPolicyThatCantBeUsed_StopsAndNamesTheFile()
    {
        async Task StopsAsync(string expected) => (await Should.ThrowAsync<VerifierFileException>(() => OwnVerifierAsync())).Message.ShouldContain(expected);

        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        await StopsAsync("chmod 600");
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(PolicyFile, "{\"quotes\":{}}");
        await StopsAsync("quotes: not known");
        File.WriteAllText(KeyFile, "nothing");
        await StopsAsync("verifier.pem");
        File.Delete(KeyFile);
        await StopsAsync("verifier.pem");

        (await Should.ThrowAsync<OptionsValidationException>(() => StartAsync(_ => { }, ("Passport:KeyFile", KeyFile)))).Message.ShouldContain("Passport:PolicyFile: nothing found");
        (await Should.ThrowAsync<OptionsValidationException>(() => OwnVerifierAsync(("Passport:VerifierUrl", "http://v.example/")))).Message.ShouldContain("Passport:VerifierUrl");
    }

    private SimulatedEnclave? _enclave;

    private Task<GatewayFixture> OwnVerifierAsync(params (string Key, string Value)[] settings)
        => StartAsync(_ => { }, [("Passport:KeyFile", KeyFile), ("Passport:PolicyFile", PolicyFile), .. settings]);

    private Task<GatewayFixture> OwnVerifierAsync(SimulatedEnclave enclave)
    {
        _enclave = enclave;
        return OwnVerifierAsync();
    }

    private Task<GatewayFixture> StartAsync() => StartAsync(_ => { });

    private async Task<GatewayFixture> StartAsync(Action<IServiceCollection> configure, params (string Key, string Value)[] settings)
    {
        var gateway = await GatewayFixture.StartAsync(configure, settings);
        _gateways.Add(gateway);
        gateway.Grains.On<IPythiaDirectoryGrain>("ListHealthyAsync", _ => Task.FromResult<ImmutableArray<string>>(["one"]));
        gateway.Grains.On<IPythiaGrain>("IdentifyAsync", _ => Task.FromResult(new PythiaIdentity("one", [.. PublicKey], [.. _configuration], 0, 1, 1, "", [], 0)));
        gateway.Grains.On<IPythiaGrain>("AttestAsync", call => Task.FromResult(AttestCall(call)));
        return gateway;
    }

    private PythiaEvidence AttestCall(GrainCall call) => Attest((ImmutableArray<byte>)call.Arguments[0]!, (ImmutableArray<byte>)call.Arguments[1]!);

    private PythiaEvidence Attest(ImmutableArray<byte> nonce, ImmutableArray<byte> keyId)
    {
        if (!keyId.IsDefaultOrEmpty && !keyId.AsSpan().SequenceEqual(Es256Key.ComputeKeyId(PublicKey))) return new PythiaEvidence([], "UnknownKey: none such");

        var binding = new KeyBinding(PublicKey, PublicKey, _configuration, EnclaveAnchor.Development.ComputeHash(), nonce.IsDefaultOrEmpty ? new byte[32] : nonce.ToArray());
        var quote = _platform.Quote(_enclave ?? new SimulatedEnclave(_measurement), binding.ComputeReportData());
        var ends = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 600;
        return new PythiaEvidence([.. new EnclaveEvidence(quote, binding, ends, _platform.IssueCollateral()).Encode()], "");
    }

    private static async Task<string> ChallengeAsync(GatewayFixture gateway)
        => (await gateway.Client.GetFromJsonAsync<ChallengeJson>("/v1/passports/challenge"))!.Challenge;

    private static byte[] NewPublicKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return [.. point.X!, .. point.Y!];
    }

    private static int Quotes(GatewayFixture gateway) => gateway.Grains.CallsOf("AttestAsync").Count;

    private static async Task<string> RefusedAsync(GatewayFixture gateway, string path, int status, string name)
    {
        using var response = await gateway.Client.GetAsync(path);
        var body = await response.Content.ReadAsByteArrayAsync();
        ((int)response.StatusCode).ShouldBe(status, Encoding.UTF8.GetString(body));
        response.Content.Headers.ContentType!.MediaType.ShouldBe(ConciseProblem.MediaType);
        var text = Encoding.UTF8.GetString(body);
        text.ShouldContain(name);
        body.Length.ShouldBeLessThanOrEqualTo(ConciseProblem.MaxBytes); // a device reads no more
        return text;
    }

    private static async Task<HttpResponseMessage> PostAsync(GatewayFixture gateway, byte[] evidence)
    {
        using var content = new ByteArrayContent(evidence);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/cbor");
        return await gateway.Client.PostAsync("/v1/passports", content);
    }
}
