using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Pythia.Grains.Clients;
using Pythia.Grains.Devices;
using Pythia.Grains.Mirror;
using Shouldly;

namespace Pythia.Gateway.Tests;

/// <summary>Quotas and idempotency keys of submissions.</summary>
public sealed class SubmissionTests : IAsyncLifetime
{
    private const string Intents = "/v1/chains/31337/intents";

    private static readonly string Digest = "0x" + new string('e', 64);

    private readonly Dictionary<string, (string Fingerprint, KeptAnswer? Answer)> _kept = new(StringComparer.Ordinal);
    private GatewayFixture _gateway = null!;
    private IntentVerdict _verdict = IntentVerdict.Accepted;
    private QuotaReceipt _quota = new(true, 77, [new("gas-per-day", 600, 1_000, 86_400, 5_000), new("intents-per-day", 1, 20, 86_400, 5_000)]);

    public async Task InitializeAsync()
    {
        _gateway = await GatewayFixture.StartAsync();
        var grains = _gateway.Grains;
        grains.On<IClientGrain>("ReserveAsync", _ => Task.FromResult(_quota));
        grains.On<IDeviceGrain>("SubmitAsync", _ => Task.FromResult(new IntentReceipt(_verdict, Digest, "")));
        grains.On<IRequestGrain>("BeginAsync", call =>
        {
            var (key, fingerprint) = ((string)call.Arguments[0]!, (string)call.Arguments[1]!);
            var start = !_kept.TryGetValue(key, out var known) ? new IdempotencyStart(IdempotencyVerdict.First, null)
                : known.Fingerprint != fingerprint ? new(IdempotencyVerdict.OtherRequest, null)
                : known.Answer is null ? new(IdempotencyVerdict.UnderWay, null)
                : new(IdempotencyVerdict.Answered, known.Answer);
            if (start.Verdict is IdempotencyVerdict.First) _kept[key] = (fingerprint, null);
            return Task.FromResult(start);
        });
        grains.On<IRequestGrain>("CompleteAsync", call =>
        {
            var key = (string)call.Arguments[0]!;
            if (call.Arguments[1] is KeptAnswer answer) _kept[key] = (_kept[key].Fingerprint, answer);
            else _kept.Remove(key);
            return Task.CompletedTask;
        });
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Submit_Accepted_KeepsItsGasAndSaysWhatIsLeft()
    {
        using var response = await SubmitAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        _gateway.Grains.CallsOf("GiveBackAsync").ShouldBeEmpty();
        var request = (QuotaRequest)_gateway.Grains.CallsOf("ReserveAsync").ShouldHaveSingleItem().Arguments[0]!;
        request.Gas.ShouldBeGreaterThan(100_000);
        request.Limits.GasPerDay.ShouldBe(100_000_000);
        response.Headers.GetValues("RateLimit-Policy").Single().ShouldBe("\"gas-per-day\";q=1000;w=86400, \"intents-per-day\";q=20;w=86400");
        response.Headers.GetValues("RateLimit").Single().ShouldBe("\"gas-per-day\";r=400;t=5000, \"intents-per-day\";r=19;t=5000");
    }

    [Theory]
    [InlineData(IntentVerdict.NotAllowed)]
    [InlineData(IntentVerdict.AlreadyAccepted)]
    [InlineData(IntentVerdict.Busy)]
    public async Task Submit_NotAccepted_GivesItsGasBack(IntentVerdict verdict)
    {
        _verdict = verdict;
        (await SubmitAsync()).Dispose();

        var reserved = (QuotaRequest)_gateway.Grains.CallsOf("ReserveAsync").ShouldHaveSingleItem().Arguments[0]!;
        _gateway.Grains.CallsOf("GiveBackAsync").ShouldHaveSingleItem().Arguments.ShouldBe([reserved.Member, reserved.Gas, 77L]);
    }

    [Fact]
    public async Task Submit_NotKnownWhatBecameOfIt_KeepsItsGas()
    {
        _gateway.Grains.On<IDeviceGrain>("SubmitAsync", _ => throw new OrleansException("gone"));
        (await SubmitAsync()).Dispose();

        _gateway.Grains.CallsOf("GiveBackAsync").ShouldBeEmpty();
    }

    [Fact]
    public async Task Submit_QuotaUsedUp_NamesItAndWhenItIsWholeAgain()
    {
        _quota = _quota with { IsGranted = false };
        using var response = await SubmitAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5_000));
        response.Headers.Contains("RateLimit").ShouldBeTrue();
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        ((string?)problem["type"], (string?)problem["quota"], (long?)problem["used"], (long?)problem["limit"]).ShouldBe(("urn:pythia:problem:quota-exceeded", "gas-per-day", 600, 1_000));
        _gateway.Grains.CallsOf("SubmitAsync").ShouldBeEmpty();
    }

    [Fact]
    public async Task Submit_AnonymousOff_MustBeSigned()
    {
        await using var gateway = await GatewayFixture.StartAsync(("Gateway:AnonymousIntentsPerDay", "0"));
        using var response = await gateway.Client.PostAsync(Intents, Content(Body()));

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        ((string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["type"]).ShouldBe("urn:pythia:problem:signature-required");
        gateway.Grains.CallsOf("SubmitAsync").ShouldBeEmpty();
    }

    [Fact]
    public async Task Submit_SameKeyAndBody_IsAnsweredTheSameOnce()
    {
        using var first = await SubmitAsync("\"k1\"");
        _verdict = IntentVerdict.AlreadyAccepted;
        using var second = await SubmitAsync("\"k1\"");

        first.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        second.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        second.Headers.Location.ShouldBe(first.Headers.Location);
        second.Content.Headers.ContentType.ShouldBe(first.Content.Headers.ContentType);
        (await second.Content.ReadAsStringAsync()).ShouldBe(await first.Content.ReadAsStringAsync());
        _gateway.Grains.CallsOf("SubmitAsync").ShouldHaveSingleItem();
        _gateway.Grains.CallsOf("ReserveAsync").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Submit_SameKeyRefused_IsRefusedTheSame()
    {
        _verdict = IntentVerdict.NotAllowed;
        using var first = await SubmitAsync("\"k1\"");
        _verdict = IntentVerdict.Accepted;
        using var second = await SubmitAsync("\"k1\"");

        second.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        second.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
    }

    [Fact]
    public async Task Submit_SameKeyOtherBody_IsRefused()
    {
        (await SubmitAsync("\"k1\"")).Dispose();
        using var second = await SubmitAsync("\"k1\"", Body("1"));

        second.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        ((string?)JsonNode.Parse(await second.Content.ReadAsStringAsync())!["type"]).ShouldBe("urn:pythia:problem:idempotency-key-reused");
    }

    [Fact]
    public async Task Submit_SameKeyAtOnce_IsAConflict()
    {
        var judged = new TaskCompletionSource<IntentReceipt>();
        var begun = new TaskCompletionSource();
        _gateway.Grains.On<IDeviceGrain>("SubmitAsync", _ =>
        {
            begun.SetResult();
            return judged.Task;
        });
        var first = SubmitAsync("\"k1\"");
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(30));
        using var second = await SubmitAsync("\"k1\"");
        judged.SetResult(new(IntentVerdict.Accepted, Digest, ""));

        second.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        ((string?)JsonNode.Parse(await second.Content.ReadAsStringAsync())!["type"]).ShouldBe("urn:pythia:problem:idempotency-key-in-use");
        using var firstResponse = await first;
        firstResponse.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Theory]
    [InlineData("Orleans")]
    [InlineData("Quota")]
    public async Task Submit_NotCarriedOut_MayBeSentAgainUnderTheSameKey(string fault)
    {
        var whole = _quota;
        if (fault == "Quota") _quota = _quota with { IsGranted = false };
        else _gateway.Grains.On<IDeviceGrain>("SubmitAsync", _ => throw new OrleansException("gone"));
        using var first = await SubmitAsync("\"k1\"");
        ((int)first.StatusCode).ShouldBeOneOf(429, 503);

        _quota = whole;
        _gateway.Grains.On<IDeviceGrain>("SubmitAsync", _ => Task.FromResult(new IntentReceipt(IntentVerdict.Accepted, Digest, "")));
        using var second = await SubmitAsync("\"k1\"");
        second.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Theory]
    [InlineData("k1")]
    [InlineData("\"\"")]
    [InlineData("\"k1\", \"k2\"")]
    [InlineData("\"k")]
    public async Task Submit_BadKey_IsRefused(string key)
    {
        using var response = await SubmitAsync(key);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        ((string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["type"]).ShouldBe("urn:pythia:problem:bad-header");
        _gateway.Grains.CallsOf("SubmitAsync").ShouldBeEmpty();
    }

    private static string Body(string nonce = "0")
        => $$"""{"act":{"act":"Freeze","contract":"{{GatewayFixture.DeviceRegistry}}","signer":"0x{{new string('b', 40)}}","nonce":"{{nonce}}","deadline":"1999999999","deviceId":"0x{{new string('a', 64)}}"},"signature":"0x{{new string('1', 130)}}"}""";

    private static StringContent Content(string body) => new(body, Encoding.UTF8, "application/json");

    private async Task<HttpResponseMessage> SubmitAsync(string? key = null, string? body = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Intents) { Content = Content(body ?? Body()) };
        if (key is not null) request.Headers.TryAddWithoutValidation("Idempotency-Key", key).ShouldBeTrue();
        return await _gateway.Client.SendAsync(request);
    }
}
