using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pythia.Contracts.Keys;
using Pythia.Ethereum;
using Pythia.Grains.Clients;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.History;
using Pythia.Grains.Owners;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Gateway.Tests.Signing;

/// <summary>Signed requests: the true one is taken, and each change of one thing is refused with its own reason.</summary>
public sealed class SignedRequestTests : IAsyncLifetime
{
    private const string Root = "http://localhost/v1/chains/31337";

    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly EthereumKey Owner = EthereumKey.FromPrivateKey(SHA256.HashData("owner"u8));
    private static readonly EthereumKey Stranger = EthereumKey.FromPrivateKey(SHA256.HashData("stranger"u8));

    private readonly ManualTimeProvider _clock = new();
    private readonly ConcurrentDictionary<string, bool> _nonces = new(StringComparer.Ordinal);
    private GatewayFixture _gateway = null!;

    private long Now => _clock.GetUtcNow().ToUnixTimeSeconds();

    public async Task InitializeAsync()
    {
        var q = Key.ExportParameters(includePrivateParameters: false).Q;
        _gateway = await GatewayFixture.StartAsync(
            services => services.AddSingleton<TimeProvider>(_clock),
            ("Gateway:Clients:0:Id", "acme"),
            ("Gateway:Clients:0:PublicKey", Hex.Format([.. q.X!, .. q.Y!])),
            ("Gateway:Clients:0:Roles:0", "Submit"),
            ("Gateway:Clients:0:Roles:1", "Read"),
            ("Gateway:Clients:1:Id", "other-chain"),
            ("Gateway:Clients:1:PublicKey", Hex.Format([.. q.X!, .. q.Y!])),
            ("Gateway:Clients:1:Chains:0", "5"));
        var grains = _gateway.Grains;
        grains.On<IRequestGrain>("UseNonceAsync", call => Task.FromResult(_nonces.TryAdd($"{call.Key} {call.Arguments[0]}", true) ? NonceVerdict.Fresh : NonceVerdict.Used));
        grains.On<IRequestGrain>("AskWalletAsync", _ => Task.FromResult(false));
        grains.On<IClientGrain>("TakeCallAsync", _ => Task.FromResult(0));
        grains.On<IOwnerIndexGrain>("ListAsync", _ => Task.FromResult(new OwnerIndexPage([], null)));
        grains.On<IHistoryGrain>("ReadAsync", _ => Task.FromResult(new HistoryPage([], null, 0)));
        grains.On<IDeviceGrain>("GetAsync", _ => Task.FromResult(new DeviceView(Id('a'), DeviceStatus.Active, $"{Owner.Address}", null, null, 1, null, null, 0)));
        grains.On<IConsentGrain>("GetAsync", _ => Task.FromResult(new ConsentView(Id('c'), Grains.Consents.ConsentStatus.Active, ConsentKind.Data, null, 1, $"{Stranger.Address}", $"{Owner.Address}", null, 0, 0, null, "0", "", null, 0, 1)));
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Client_TrueRequest_IsTaken()
    {
        using var response = await SendAsync(HttpMethod.Post, $"{Root}/acts/Nothing/prepare", "{}", TestSigner.Client(Key, "acme", Now, "n1", ";alg=\"ecdsa-p256-sha256\""));

        // Taken by the gate, refused by what is behind it.
        ((string?)(await JsonOf(response))["type"]).ShouldBe("urn:pythia:problem:unknown-act");
    }

    public static TheoryData<string, string> Changes => new()
    {
        { "another label beside it", "several-signatures" },
        { "no dictionary", "malformed" },
        { "input without signature", "malformed" },
        { "no created", "parameter-missing" },
        { "no expires", "parameter-missing" },
        { "no keyid", "parameter-missing" },
        { "created as text", "parameter-malformed" },
        { "unknown parameter", "parameter-unknown" },
        { "another algorithm", "wrong-algorithm" },
        { "unknown key", "unknown-key" },
        { "key of another chain", "wrong-chain" },
        { "created in the future", "not-yet-valid" },
        { "expired", "expired" },
        { "expires before created", "expired" },
        { "too long a window", "window-too-long" },
        { "method not covered", "component-missing" },
        { "target not covered", "component-missing" },
        { "digest not covered", "component-missing" },
        { "idempotency key not covered", "component-missing" },
        { "component twice", "component-repeated" },
        { "component of responses", "component-unknown" },
        { "component with a parameter", "component-unknown" },
        { "field that is not there", "component-absent" },
        { "another body", "digest-mismatch" },
        { "digest of no known kind", "digest-unknown" },
        { "another method", "wrong-signature" },
        { "another path", "wrong-signature" },
        { "another query", "wrong-signature" },
        { "another host", "wrong-signature" },
        { "another created", "wrong-signature" },
        { "another nonce", "wrong-signature" },
        { "another key", "wrong-signature" },
        { "a byte of the signature", "wrong-signature" },
        { "signature cut short", "wrong-signature" },
        { "no nonce", "nonce-missing" },
        { "nonce used before", "nonce-used" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Client_OneThingChanged_IsRefusedWithItsOwnReason(string change, string reason)
    {
        if (change == "nonce used before") (await SendAsync(HttpMethod.Post, $"{Root}/acts/Nothing/prepare", "{}", TestSigner.Client(Key, "acme", Now, "n1"))).Dispose();
        using var request = new HttpRequestMessage(change == "another method" ? HttpMethod.Put : HttpMethod.Post, $"{Root}/acts/Nothing/prepare?a=1");
        if (change == "idempotency key not covered") request.Headers.Add("Idempotency-Key", "\"k\"");
        SignerFor(change).Apply(request, "{}");
        Tamper(change, request);
        request.Content = new StringContent(change == "another body" ? "{ }" : "{}", Encoding.UTF8, "application/json");
        using var response = await _gateway.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var problem = await JsonOf(response);
        ((string?)problem["type"]).ShouldBe("urn:pythia:problem:request-signature");
        ((string?)problem["reason"]).ShouldBe(reason, $"{problem["detail"]}");
        response.Headers.WwwAuthenticate.ToString().ShouldBe("Signature");
        response.Headers.GetValues("Accept-Signature").Single().ShouldContain("@method");
    }

    // What is signed so.
    private TestSigner SignerFor(string change)
    {
        var client = TestSigner.Client(Key, "acme", Now, "n1");
        TestSigner Without(string parameter) => client with { Parameters = string.Join(';', client.Parameters.Split(';').Where(p => !p.StartsWith(parameter, StringComparison.Ordinal))) };
        TestSigner Replaced(string old, string @new) => client with { Parameters = client.Parameters.Replace(old, @new, StringComparison.Ordinal) };

        return change switch
        {
            "no created" => Without("created"),
            "no expires" => Without("expires"),
            "no keyid" => Without("keyid"),
            "no nonce" => Without("nonce"),
            "created as text" => Replaced($"created={Now}", $"created=\"{Now}\""),
            "unknown parameter" => client with { Parameters = client.Parameters + ";more=1" },
            "another algorithm" => client with { Parameters = client.Parameters + ";alg=\"hmac-sha256\"" },
            "unknown key" => Replaced("acme", "nobody"),
            "key of another chain" => Replaced("acme", "other-chain"),
            "created in the future" => TestSigner.Client(Key, "acme", Now + 31, "n1"),
            "expired" => TestSigner.Client(Key, "acme", Now - 91, "n1"),
            "expires before created" => Replaced($"expires={Now + 60}", $"expires={Now - 1}"),
            "too long a window" => Replaced($"expires={Now + 60}", $"expires={Now + 301}"),
            "method not covered" => client with { Components = "\"@target-uri\" \"content-digest\"" },
            "target not covered" => client with { Components = "\"@method\" \"@authority\" \"@path\" \"content-digest\"" },
            "digest not covered" => client with { Components = "\"@method\" \"@target-uri\"" },
            "component twice" => client with { Components = client.Components + " \"@method\"" },
            "component of responses" => client with { Components = client.Components + " \"@status\"" },
            "component with a parameter" => client with { Components = "\"@method\" \"@target-uri\" \"content-digest\";sf" },
            "field that is not there" => client with { Components = client.Components + " \"x-absent\"" },
            "another key" => client with { Sign = text => { using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256); return key.SignData(text, HashAlgorithmName.SHA256); } },
            "a byte of the signature" => client with { Sign = text => { var s = Key.SignData(text, HashAlgorithmName.SHA256); s[40] ^= 1; return s; } },
            "signature cut short" => client with { Sign = text => Key.SignData(text, HashAlgorithmName.SHA256)[..63] },
            "another created" => client with { Tamper = input => input.Replace($"created={Now}", $"created={Now - 1}", StringComparison.Ordinal) },
            "another nonce" => client with { Tamper = input => input.Replace("n1", "n2", StringComparison.Ordinal) },
            _ => client,
        };
    }

    // What is changed on the way.
    private static void Tamper(string change, HttpRequestMessage request)
    {
        void Set(string name, string value)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        switch (change)
        {
            case "another label beside it": request.Headers.TryAddWithoutValidation("Signature", "two=:AAAA:"); break;
            case "no dictionary": Set("Signature-Input", "sig=("); break;
            case "input without signature": request.Headers.Remove("Signature"); break;
            case "digest of no known kind": Set("Content-Digest", "md5=:AAAA:"); break;
            case "another method": request.Method = HttpMethod.Post; break;
            case "another path": request.RequestUri = new Uri($"{Root}/acts/Another/prepare?a=1"); break;
            case "another query": request.RequestUri = new Uri($"{Root}/acts/Nothing/prepare?a=2"); break;
            case "another host": request.RequestUri = new Uri(request.RequestUri!.AbsoluteUri.Replace("localhost", "elsewhere", StringComparison.Ordinal)); break;
        }
    }

    [Fact]
    public async Task Client_ReadingWithoutANonce_IsTakenAgain()
    {
        for (var i = 0; i < 2; i++)
        {
            using var response = await SendAsync(HttpMethod.Get, $"{Root}/owners/{Stranger.Address}/devices", null, TestSigner.Client(Key, "acme", Now, null) with { Components = "\"@method\" \"@target-uri\"" });
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Client_PartsInsteadOfTheTarget_AreEnough()
    {
        using var response = await SendAsync(
            HttpMethod.Get, $"{Root}/owners/{Stranger.Address}/devices?limit=5", null, TestSigner.Client(Key, "acme", Now, null) with { Components = "\"@method\" \"@authority\" \"@path\" \"@query\"" });

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Client_TooFast_WaitsAtEveryGateway()
    {
        _gateway.Grains.On<IClientGrain>("TakeCallAsync", _ => Task.FromResult(1_500));
        using var response = await SendAsync(HttpMethod.Get, $"{Root}/owners/{Stranger.Address}/devices", null, TestSigner.Client(Key, "acme", Now, null) with { Components = "\"@method\" \"@target-uri\"" });

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(2));
        _gateway.Grains.CallsOf("TakeCallAsync")[^1].Key.ShouldBe("31337/client/acme");
    }

    [Theory]
    [InlineData("eip155", ";tag=\"erc8128\"")]
    [InlineData("erc8128", "")]
    [InlineData("erc8128", ";tag=\"erc8128\"")]
    public async Task Owner_ReadsTheirOwn(string form, string more)
    {
        using var response = await SendAsync(HttpMethod.Get, $"{Root}/owners/{Owner.Address}/consents", null, TestSigner.Owner(Owner, 31337, Now, "n1", form, more));

        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        response.Headers.CacheControl!.Private.ShouldBeTrue();
    }

    [Theory]
    [InlineData("eip155", "", "wrong-tag")]
    [InlineData("eip155", ";tag=\"other\"", "wrong-tag")]
    [InlineData("erc8128", ";alg=\"ecdsa-p256-sha256\"", "wrong-algorithm")]
    public async Task Owner_OtherParameters_AreRefused(string form, string more, string reason)
        => await RefusedAsync(TestSigner.Owner(Owner, 31337, Now, "n1", form, more), reason);

    [Fact]
    public async Task Owner_OtherKeyChainOrNonce_IsRefused()
    {
        await RefusedAsync(TestSigner.Owner(Owner, 31337, Now, "n1") with { Sign = text => Stranger.SignMessage(text).ToArray() }, "wrong-signature");
        await RefusedAsync(TestSigner.Owner(Owner, 31337, Now, "n1") with { Sign = text => Owner.Sign(Keccak256.HashData(text)).ToArray() }, "wrong-signature");
        await RefusedAsync(TestSigner.Owner(Owner, 1, Now, "n1"), "wrong-chain");
        await RefusedAsync(TestSigner.Owner(Owner, 31337, Now, null), "nonce-missing");
        (await SendAsync(HttpMethod.Get, $"{Root}/owners/{Owner.Address}/devices", null, TestSigner.Owner(Owner, 31337, Now, "n9"))).Dispose();
        await RefusedAsync(TestSigner.Owner(Owner, 31337, Now, "n9"), "nonce-used");
    }

    [Fact]
    public async Task Owner_IsAWallet_ItIsAsked()
    {
        _gateway.Grains.On<IRequestGrain>("AskWalletAsync", call => Task.FromResult((string?)call.Arguments[0] == $"{Owner.Address}"));
        using var response = await SendAsync(HttpMethod.Get, $"{Root}/owners/{Owner.Address}/devices", null, TestSigner.Owner(Owner, 31337, Now, "n1") with { Sign = _ => [1, 2, 3] });

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("owners/{owner}/devices", 200)]
    [InlineData("owners/{owner}/history", 200)]
    [InlineData("owners/{stranger}/devices", 403)]
    [InlineData("owners/{stranger}/history", 403)]
    [InlineData("devices/{device}/history", 200)]
    [InlineData("consents/{consent}/history", 200)]
    [InlineData("lanes", 403)]
    public async Task Owner_ReadsWhatIsAboutThem_AndNothingElse(string path, int status)
    {
        using var response = await SendAsync(HttpMethod.Get, $"{Root}/{Fill(path)}", null, TestSigner.Owner(Owner, 31337, Now, "n1"));

        ((int)response.StatusCode).ShouldBe(status, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("owners/{owner}/devices", 401)]
    [InlineData("owners/{owner}/consents", 401)]
    [InlineData("owners/{owner}/granted", 401)]
    [InlineData("owners/{owner}/history", 401)]
    [InlineData("devices/{device}/history", 401)]
    [InlineData("consents/{consent}/history", 401)]
    [InlineData("lanes", 401)]
    [InlineData("policies/{consent}/history", 200)]
    [InlineData("manufacturers/{owner}/batches", 200)]
    [InlineData("devices/{device}", 200)]
    public async Task Anonymous_ReadsOnlyWhatIsPublic(string path, int status)
    {
        using var response = await _gateway.Client.GetAsync($"{Root}/{Fill(path)}");

        ((int)response.StatusCode).ShouldBe(status);
        if (status == 401) _gateway.Grains.Calls.ShouldBeEmpty();
    }

    private static string Id(char digit) => "0x" + new string(digit, 64);

    private static string Fill(string path) => path
        .Replace("{owner}", $"{Owner.Address}", StringComparison.Ordinal).Replace("{stranger}", $"{Stranger.Address}", StringComparison.Ordinal)
        .Replace("{device}", Id('a'), StringComparison.Ordinal).Replace("{consent}", Id('c'), StringComparison.Ordinal);

    private static async Task<JsonObject> JsonOf(HttpResponseMessage response) => JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();

    private async Task RefusedAsync(TestSigner signer, string reason)
    {
        using var response = await SendAsync(HttpMethod.Get, $"{Root}/owners/{Owner.Address}/devices", null, signer);
        ((string?)(await JsonOf(response))["reason"]).ShouldBe(reason);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string url, string? body, TestSigner signer)
    {
        using var request = new HttpRequestMessage(method, url);
        signer.Apply(request, body ?? "");
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await _gateway.Client.SendAsync(request);
    }
}
