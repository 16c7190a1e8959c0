using System.Net;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;
using Shouldly;
using ConsentStatus = Pythia.Grains.Consents.ConsentStatus;

namespace Pythia.Gateway.Tests;

/// <summary>Prepare, submit, follow: what a wallet's program does, and what it must not get away with.</summary>
public sealed class ActEndpointTests : IAsyncLifetime
{
    private const string Intents = "/v1/chains/31337/intents";

    private static readonly string DeviceId = "0x" + new string('a', 64);
    private static readonly string Signer = "0x" + new string('b', 40);
    private static readonly string Grantee = "0x" + new string('c', 40);
    private static readonly string Scope = RegistryIds.Scope("telemetry:read").ToString();
    private static readonly string Signature = "0x" + new string('1', 130);

    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GatewayFixture.StartAsync();
        _gateway.Grains.On<IDeviceGrain>("GetAsync", _ => Task.FromResult(new DeviceView(DeviceId, DeviceStatus.Active, Signer, null, null, 3, null, null, 0)));
        _gateway.Grains.On<IOwnerGrain>("GetAsync", _ => Task.FromResult(new OwnerView(Signer, 5, 1, 0, 7)));
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Prepare_Grant_FillsNonceDeadlineAndEpochs()
    {
        var prepared = await PrepareAsync("Grant", Grant(), 200);

        var act = prepared["act"]!;
        ((string?)act["contract"]).ShouldBe(GatewayFixture.ConsentRegistry);
        ((ulong)act["epochs"]!["deviceEpoch"]!).ShouldBe(3UL);
        ((string?)act["epochs"]!["grantEpoch"]).ShouldBe("5");
        ((ulong)act["epochs"]!["ownerEpoch"]!).ShouldBe(7UL);
        ulong.Parse((string)act["deadline"]!).ShouldBeInRange((ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 500, (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 700);
    }

    [Fact]
    public async Task Prepare_Unfreeze_FillsTheDevicesAndTheOwnersEpoch()
    {
        var prepared = await PrepareAsync("Unfreeze", Freeze(), 200);

        ((ulong)prepared["act"]!["deviceEpoch"]!).ShouldBe(3UL);
        ((ulong)prepared["act"]!["ownerEpoch"]!).ShouldBe(7UL);
    }

    [Fact]
    public async Task Prepare_Document_HashesToTheDigestThatIsFollowed()
    {
        var prepared = await PrepareAsync("Grant", Grant(), 200);

        TypedDataMessage.TryParseJson(Encoding.UTF8.GetBytes(prepared["typedData"]!.ToJsonString()), out var document, out var reason).ShouldBeTrue(reason);
        document!.Digest.ToString().ShouldBe((string?)prepared["digest"]);
        document.Domain.ChainId.ShouldBe(new BigInteger(31337));
        document.Domain.VerifyingContract.ToString().ShouldBe(GatewayFixture.ConsentRegistry);
    }

    [Fact]
    public async Task Prepare_Twice_TakesFreshNonceKeysWithSequenceZero()
    {
        var nonces = new List<BigInteger>();
        for (var i = 0; i < 2; i++) nonces.Add(BigInteger.Parse((string)(await PrepareAsync("Freeze", Freeze(), 200))["act"]!["nonce"]!));

        nonces[0].ShouldNotBe(nonces[1]);
        foreach (var nonce in nonces)
        {
            KeyedNonce.Split(nonce).Sequence.ShouldBe(0UL);
            KeyedNonce.Split(nonce).Key.GetBitLength().ShouldBeGreaterThan(128);
        }
    }

    [Fact]
    public async Task Prepare_GivenNonceAndDeadline_AreKept()
    {
        var fields = Freeze();
        (fields["nonce"], fields["deadline"]) = ("12", "1999999999");
        var prepared = await PrepareAsync("Freeze", fields, 200);

        ((string?)prepared["act"]!["nonce"]).ShouldBe("12");
        ((string?)prepared["act"]!["deadline"]).ShouldBe("1999999999");
    }

    [Fact]
    public async Task Prepare_Accept_HashesTheTermsOfTheOffer()
    {
        var policy = "0x" + new string('d', 64);
        var consentId = RegistryIds.ConsentId(Hash32.Parse(DeviceId), 3, Address.Parse(Grantee), Hash32.Parse(Scope));
        _gateway.Grains.On<IConsentGrain>("GetAsync", _ => Task.FromResult(Offer(consentId, ConsentStatus.Offered, policy)));
        var prepared = await PrepareAsync("Accept", Accept(), 200);

        var terms = new ConsentTerms(
            Hash32.Parse(DeviceId), Address.Parse(Grantee), Hash32.Parse(Scope), Contracts.Registries.ConsentKind.Data, 1, 2, 9, Hash32.Parse(policy));
        ((string?)prepared["act"]!["termsHash"]).ShouldBe(RegistryIds.TermsHash(consentId, terms, 5).ToString());
        _gateway.Grains.Calls[^1].Key.ShouldBe($"31337/{consentId}");
    }

    [Fact]
    public async Task Prepare_AcceptWithoutAnOffer_IsRefused()
    {
        _gateway.Grains.On<IConsentGrain>("GetAsync", _ => Task.FromResult(Offer(default, ConsentStatus.Revoked, "0x" + new string('d', 64))));
        var problem = await PrepareAsync("Accept", Accept(), 409);

        ((string?)problem["type"]).ShouldBe("urn:pythia:problem:nothing-offered");
    }

    [Theory]
    [InlineData("Freeze", """{"signer":"0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}""", "malformed-act", "deviceId")]
    [InlineData("Freeze", """{"deviceId":"0x12","signer":"0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}""", "malformed-act", "deviceId")]
    [InlineData("Freeze", """{"deviceId":"0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""", "malformed-act", "signer")]
    [InlineData("CancelRecovery", """{"signer":"0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","extra":1}""", "malformed-act", "extra")]
    [InlineData("CancelRecovery", """{"signer":"0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","nonce":"-1"}""", "malformed-act", "nonce")]
    [InlineData("CancelRecovery", """{"signer":"0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","contract":"0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}""", "malformed-act", "contract")]
    [InlineData("CancelRecovery", """{"signer":"0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","signer":"0xcccccccccccccccccccccccccccccccccccccccc"}""", "malformed-json", "byte")]
    [InlineData("Grant", """{"signer":"0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}""", "malformed-act", "terms")]
    [InlineData("CancelRecovery", """["signer"]""", "malformed-json", "object")]
    [InlineData("CancelRecovery", "{\"signer\":", "malformed-json", "byte")]
    [InlineData("CancelRecovery", "{} // no comment", "malformed-json", "byte")]
    [InlineData("CancelRecovery", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}", "malformed-json", "byte")]
    [InlineData("CancelRecovery", "", "malformed-json", "byte")]
    public async Task Prepare_BadInput_IsRefusedByName(string act, string body, string name, string named)
    {
        var problem = await PostAsync($"/v1/chains/31337/acts/{act}/prepare", body, 400);

        ((string?)problem["type"]).ShouldBe("urn:pythia:problem:" + name);
        ((string?)problem["detail"])!.ShouldContain(named);
    }

    [Theory]
    [InlineData("Steal")]
    [InlineData("freeze")]
    public async Task Prepare_UnknownAct_IsRefused(string act)
    {
        var problem = await PostAsync($"/v1/chains/31337/acts/{act}/prepare", "{}", 404);

        ((string?)problem["type"]).ShouldBe("urn:pythia:problem:unknown-act");
        ((string?)problem["detail"])!.ShouldContain("Transfer");
    }

    [Fact]
    public async Task Submit_Accepted_HasItsPlace()
    {
        _gateway.Grains.On<IDeviceGrain>("SubmitAsync", _ => Task.FromResult(new IntentReceipt(IntentVerdict.Accepted, DeviceId, "")));
        var prepared = await PrepareAsync("Freeze", Freeze(), 200);
        using var response = await SendAsync(Intents, Submission(prepared["act"]!).ToJsonString());

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        response.Headers.Location!.ToString().ShouldBe($"{Intents}/{DeviceId}");
        var call = _gateway.Grains.CallsOf("SubmitAsync").ShouldHaveSingleItem();
        call.Key.ShouldBe($"31337/{DeviceId}");
        var intent = call.Arguments[0].ShouldBeOfType<SignedIntent>();
        Hex.Format(intent.Signature.AsSpan()).ShouldBe(Signature);
        SignedActJson.TryParse(intent.Act, out var act, out _).ShouldBeTrue();
        act!.Digest(31337).ToString().ShouldBe((string?)prepared["digest"]);
    }

    [Fact]
    public async Task Submit_Again_IsOkWithTheSamePlace()
    {
        _gateway.Grains.On<IDeviceGrain>("SubmitAsync", _ => Task.FromResult(new IntentReceipt(IntentVerdict.AlreadyAccepted, DeviceId, "")));
        var prepared = await PrepareAsync("Freeze", Freeze(), 200);
        using var response = await SendAsync(Intents, Submission(prepared["act"]!).ToJsonString());

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.Location!.ToString().ShouldBe($"{Intents}/{DeviceId}");
    }

    [Theory]
    [InlineData(IntentVerdict.Malformed, 400, "malformed")]
    [InlineData(IntentVerdict.WrongSubject, 422, "wrongSubject")]
    [InlineData(IntentVerdict.BadSignature, 422, "badSignature")]
    [InlineData(IntentVerdict.Expired, 422, "expired")]
    [InlineData(IntentVerdict.NotAllowed, 403, "notAllowed")]
    [InlineData(IntentVerdict.StaleEpoch, 409, "staleEpoch")]
    [InlineData(IntentVerdict.WrongState, 409, "wrongState")]
    [InlineData(IntentVerdict.Busy, 503, "busy")]
    public async Task Submit_Refused_NamesTheVerdict(IntentVerdict verdict, int status, string name)
    {
        _gateway.Grains.On<IDeviceGrain>("SubmitAsync", _ => Task.FromResult(new IntentReceipt(verdict, DeviceId, "the owner: 0x1 found, 0x2 expected")));
        var prepared = await PrepareAsync("Freeze", Freeze(), 200);
        var problem = await PostAsync(Intents, Submission(prepared["act"]!).ToJsonString(), status);

        ((string?)problem["verdict"]).ShouldBe(name);
        ((string?)problem["detail"]).ShouldBe("the owner: 0x1 found, 0x2 expected");
        ((string?)problem["digest"]).ShouldBe(DeviceId);
    }

    [Fact]
    public void Submit_EveryVerdict_HasAStatusOfItsOwn()
    {
        foreach (var verdict in Enum.GetValues<IntentVerdict>().Except([IntentVerdict.Accepted, IntentVerdict.AlreadyAccepted]))
            Acts.IntentProblem.Of(new IntentReceipt(verdict, null, "")).Status.ShouldNotBe(500, verdict.ToString());
    }

    [Theory]
    [InlineData("""{"act":{},"signature":"0x11"}""", "malformed-act")]
    [InlineData("""{"act":"Freeze","signature":"0x11"}""", "malformed-act")]
    [InlineData("""{"signature":"0x11"}""", "missing-field")]
    [InlineData("""{"act":{"act":"Freeze"}}""", "missing-field")]
    [InlineData("""{"act":{"act":"Freeze"},"signature":null}""", "missing-field")]
    [InlineData("""{"act":{"act":"Freeze"},"signature":"0x"}""", "malformed-signature")]
    [InlineData("""{"act":{"act":"Freeze"},"signature":"1234"}""", "malformed-act")]
    [InlineData("""{"act":{"act":"Freeze"},"signature":17}""", "malformed-act")]
    [InlineData("""{"act":{"act":"Freeze"},"signature":"0x11","admin":true}""", "unknown-field")]
    [InlineData("""{"act":{"act":"Freeze"},"signature":"0x11","signature":"0x12"}""", "malformed-json")]
    public async Task Submit_BadInput_IsRefusedAndNothingIsHandedOn(string body, string name)
    {
        var problem = await PostAsync(Intents, body, 400);

        ((string?)problem["type"]).ShouldBe("urn:pythia:problem:" + name);
        _gateway.Grains.CallsOf("SubmitAsync").ShouldBeEmpty();
    }

    [Fact]
    public async Task Submit_ForAnotherContract_IsRefusedAndNothingIsHandedOn()
    {
        var prepared = await PrepareAsync("Freeze", Freeze(), 200);
        prepared["act"]!["contract"] = Signer;
        var problem = await PostAsync(Intents, Submission(prepared["act"]!).ToJsonString(), 422);

        ((string?)problem["type"]).ShouldBe("urn:pythia:problem:wrong-contract");
        _gateway.Grains.CallsOf("SubmitAsync").ShouldBeEmpty();
    }

    [Fact]
    public async Task Submit_TooLongSignature_IsRefusedAndNothingIsHandedOn()
    {
        var prepared = await PrepareAsync("Freeze", Freeze(), 200);
        var body = Submission(prepared["act"]!);
        body["signature"] = "0x" + new string('1', 2 * 4_097);
        var problem = await PostAsync(Intents, body.ToJsonString(), 400);

        ((string?)problem["type"]).ShouldBe("urn:pythia:problem:malformed-signature");
        _gateway.Grains.CallsOf("SubmitAsync").ShouldBeEmpty();
    }

    [Fact]
    public async Task Submit_TooLargeBody_IsRefused()
    {
        var problem = await PostAsync(Intents, new string(' ', (256 * 1_024) + 1), 413);

        ((string?)problem["type"]).ShouldBe("urn:pythia:problem:too-large");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/json; charset=utf-16")]
    public async Task Submit_OtherMediaType_IsRefused(string mediaType)
    {
        using var response = await SendAsync(Intents, "{}", mediaType);

        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
    }

    [Fact]
    public async Task Submit_Consents_GoToTheConsentOfTheirId()
    {
        _gateway.Grains.On<IConsentGrain>("SubmitAsync", _ => Task.FromResult(new IntentReceipt(IntentVerdict.Accepted, DeviceId, "")));
        var consent = $"31337/{RegistryIds.ConsentId(Hash32.Parse(DeviceId), 3, Address.Parse(Grantee), Hash32.Parse(Scope))}";
        var grant = await PrepareAsync("Grant", Grant(), 200);
        var revoke = await PrepareAsync("Revoke", new() { ["signer"] = Signer, ["deviceId"] = DeviceId, ["grantee"] = Grantee, ["scope"] = Scope }, 200);
        foreach (var prepared in new[] { grant, revoke })
        {
            using var response = await SendAsync(Intents, Submission(prepared["act"]!).ToJsonString());
            response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }

        _gateway.Grains.CallsOf("SubmitAsync").Select(call => call.Key).ShouldBe([consent, consent]);
    }

    [Fact]
    public async Task Submit_Publish_GoesToThePolicyOfItsBytes()
    {
        _gateway.Grains.On<IPolicyGrain>("SubmitAsync", _ => Task.FromResult(new IntentReceipt(IntentVerdict.Accepted, DeviceId, "")));
        var prepared = await PrepareAsync("Publish", new() { ["signer"] = Signer, ["content"] = "0x1234" }, 200);
        using var response = await SendAsync(Intents, Submission(prepared["act"]!).ToJsonString());

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        _gateway.Grains.CallsOf("SubmitAsync").ShouldHaveSingleItem().Key.ShouldBe($"31337/{Keccak256.HashData([0x12, 0x34])}");
    }

    [Fact]
    public async Task Follow_KnownIntent_WaitsForTheNextVersion()
    {
        _gateway.Grains.On<IIntentGrain>("GetAsync", _ => Task.FromResult(View(IntentStage.Queued, 2)));
        _gateway.Grains.On<IIntentGrain>("WaitAsync", _ => Task.FromResult(View(IntentStage.Mined, 3)));
        var view = await GetAsync($"{Intents}/{DeviceId}?after=2&wait=19", 200);

        ((string?)view["stage"]).ShouldBe("mined");
        var wait = _gateway.Grains.CallsOf("WaitAsync").ShouldHaveSingleItem();
        wait.Arguments[0].ShouldBe(2L);
        wait.Arguments[1].ShouldBe(TimeSpan.FromSeconds(19));
    }

    [Fact]
    public async Task Follow_GatewayStopsMeanwhile_AnswersWithWhatIsKnown()
    {
        _gateway.Grains.On<IIntentGrain>("GetAsync", _ => Task.FromResult(View(IntentStage.Queued, 2)));
        _gateway.Grains.On<IIntentGrain>("WaitAsync", call =>
        {
            var forever = new TaskCompletionSource<IntentView>(TaskCreationOptions.RunContinuationsAsynchronously);
            ((CancellationToken)call.Arguments[2]!).Register(() => forever.SetCanceled());
            _gateway.BeginStop();
            return forever.Task;
        });
        var view = await GetAsync($"{Intents}/{DeviceId}?after=2&wait=19", 200);

        ((string?)view["stage"]).ShouldBe("queued");
    }

    [Fact]
    public async Task Follow_NewerVersionIsThere_DoesNotWait()
    {
        _gateway.Grains.On<IIntentGrain>("GetAsync", _ => Task.FromResult(View(IntentStage.Mined, 3)));
        var view = await GetAsync($"{Intents}/{DeviceId}?after=2&wait=19", 200);

        ((long)view["version"]!).ShouldBe(3);
        _gateway.Grains.CallsOf("WaitAsync").ShouldBeEmpty();
    }

    [Fact]
    public async Task Follow_NeverAccepted_IsNotFoundAtOnce()
    {
        _gateway.Grains.On<IIntentGrain>("GetAsync", _ => Task.FromResult(View(IntentStage.Unknown, 0)));
        var problem = await GetAsync($"{Intents}/{DeviceId}?wait=19", 404);

        ((string?)problem["type"]).ShouldBe("urn:pythia:problem:not-found");
        _gateway.Grains.CallsOf("WaitAsync").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("0x12", "bad-id")]
    [InlineData("0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?wait=20", "bad-number")]
    [InlineData("0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?wait=-1", "bad-number")]
    [InlineData("0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?after=now", "bad-number")]
    public async Task Follow_BadInput_IsRefusedAndNoGrainIsAsked(string path, string name)
    {
        var problem = await GetAsync($"{Intents}/{path}", 400);

        ((string?)problem["type"]).ShouldBe("urn:pythia:problem:" + name);
        _gateway.Grains.Calls.ShouldBeEmpty();
    }

    private static JsonObject Freeze() => new() { ["signer"] = Signer, ["deviceId"] = DeviceId };

    private static JsonObject Accept() => new() { ["signer"] = Grantee, ["key"] = new JsonObject { ["deviceId"] = DeviceId, ["scope"] = Scope } };

    private static JsonObject Grant() => new()
    {
        ["signer"] = Signer,
        ["terms"] = new JsonObject
        {
            ["deviceId"] = DeviceId,
            ["grantee"] = Grantee,
            ["scope"] = Scope,
            ["kind"] = 1,
            ["notBefore"] = 1,
            ["notAfter"] = 2,
            ["bond"] = "0",
            ["policy"] = "0x" + new string('d', 64),
        },
    };

    private static ConsentView Offer(Hash32 id, ConsentStatus status, string policy)
        => new(id.ToString(), status, Grains.Consents.ConsentKind.Data, DeviceId, 3, Signer, Grantee, Scope, 1, 2, policy, "9", "", null, 0, 5);

    private static IntentView View(IntentStage stage, long version) => new(DeviceId, stage, version, "Freeze", Signer, null, null, "", 100_000);

    private static JsonObject Submission(JsonNode act) => new() { ["act"] = act.DeepClone(), ["signature"] = Signature };

    private Task<JsonObject> PrepareAsync(string act, JsonObject fields, int status)
        => PostAsync($"/v1/chains/31337/acts/{act}/prepare", fields.ToJsonString(), status);

    private async Task<JsonObject> PostAsync(string path, string body, int status)
    {
        using var response = await SendAsync(path, body);
        return await ReadAsync(response, status);
    }

    private async Task<JsonObject> GetAsync(string path, int status)
    {
        using var response = await _gateway.Client.GetAsync(new Uri(path, UriKind.Relative));
        return await ReadAsync(response, status);
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string body, string mediaType = "application/json")
    {
        using var content = new StringContent(body);
        content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(mediaType);
        return await _gateway.Client.PostAsync(new Uri(path, UriKind.Relative), content);
    }

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage response, int status)
    {
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBe(status, text);
        var json = (JsonObject)JsonNode.Parse(text)!;
        if (status >= 400) response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        return json;
    }
}
