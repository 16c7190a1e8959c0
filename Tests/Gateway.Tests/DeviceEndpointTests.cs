using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Pythia.Enclave;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Gateway.Devices;
using Pythia.Grains.Pythia;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Gateway.Tests;

/// <summary>The device's door: bytes through unchanged, everything else refused in CBOR and with a name.</summary>
public sealed class DeviceEndpointTests : IAsyncLifetime
{
    private const string Path = "/pythia/31337/answer";
    private const string Problem = "application/concise-problem-details+cbor";

    private static readonly ImmutableArray<byte> Answer = [0x84, 1, 2, 3];

    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GatewayFixture.StartAsync();
        _gateway.Grains.On<IPythiaDirectoryGrain>("ListHealthyAsync", _ => Task.FromResult<ImmutableArray<string>>(["one"]));
        _gateway.Grains.On<IPythiaGrain>("AnswerAsync", _ => Task.FromResult(new PythiaReply(Answer, [], "")));
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Answer_GoodRequest_PassesBytesBothWays()
    {
        using var response = await PostAsync(Path, [0x83, 0x01]);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/cose");
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        (await response.Content.ReadAsByteArrayAsync()).ShouldBe([.. Answer]);
        var call = _gateway.Grains.CallsOf("AnswerAsync").ShouldHaveSingleItem();
        call.Key.ShouldBe("31337/one");
        ((ImmutableArray<byte>)call.Arguments[0]!).ShouldBe([0x83, 0x01]);
    }

    [Fact]
    public async Task Answer_LongestRequest_IsPassedOn()
    {
        using var response = await PostAsync(Path, new byte[1_024]);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answer_TooLongRequest_IsRefusedAndNotPassedOn(bool lengthIsStated)
    {
        using var content = lengthIsStated ? (HttpContent)new ByteArrayContent(new byte[1_025]) : new StreamContent(new UnsizedStream(new byte[1_025]));
        content.Headers.ContentType = new("application/cbor");
        using var response = await _gateway.Client.PostAsync(Path, content);

        await ShouldBeRefusedAsync(response, 413, "too-large", coapCode: (4 << 5) | 13);
        _gateway.Grains.CallsOf("AnswerAsync").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/cose")]
    [InlineData(null)]
    public async Task Answer_OtherMediaType_IsRefused(string? mediaType)
    {
        using var content = new ByteArrayContent([0x83]);
        if (mediaType is not null) content.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);
        using var response = await _gateway.Client.PostAsync(Path, content);

        await ShouldBeRefusedAsync(response, 415, "media-type", coapCode: (4 << 5) | 15);
        _gateway.Grains.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("1")]
    [InlineData("031337")]
    [InlineData("+31337")]
    [InlineData("0x7a69")]
    [InlineData("31337 ")]
    [InlineData("99999999999999999999999")]
    [InlineData("%01")]
    public async Task Answer_UnknownChain_IsRefused(string chain)
    {
        using var response = await PostAsync($"/pythia/{chain}/answer", [0x83]);

        await ShouldBeRefusedAsync(response, 404, "unknown-chain", coapCode: (4 << 5) | 4);
        _gateway.Grains.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Answer_OtherMethod_IsRefusedInCbor()
    {
        using var response = await _gateway.Client.GetAsync(Path);

        await ShouldBeRefusedAsync(response, 405, "method", coapCode: (4 << 5) | 5);
        response.Content.Headers.Allow.ShouldBe(["POST"]);
    }

    [Fact]
    public async Task Answer_UnknownPath_IsRefusedInCbor()
    {
        using var response = await PostAsync("/pythia/31337/oracle", [0x83]);

        await ShouldBeRefusedAsync(response, 404, "not-found", coapCode: (4 << 5) | 4);
    }

    [Fact]
    public async Task Answer_NamedEnclave_IsAskedAndNoOther()
    {
        _gateway.Grains.On<IPythiaDirectoryGrain>("ListHealthyAsync", _ => Task.FromResult<ImmutableArray<string>>(["one", "two"]));
        using var response = await PostAsync("/pythia/31337/enclaves/two/answer", [0x83]);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        _gateway.Grains.CallsOf("AnswerAsync").ShouldHaveSingleItem().Key.ShouldBe("31337/two");
    }

    [Theory]
    [InlineData("three", 404, "unknown-enclave")]
    [InlineData("ONE", 400, "bad-id")]
    [InlineData("a%2Fb", 400, "bad-id")]
    public async Task Answer_UnknownEnclave_MakesNoGrain(string enclave, int status, string name)
    {
        using var response = await PostAsync($"/pythia/31337/enclaves/{enclave}/answer", [0x83]);

        await ShouldBeRefusedAsync(response, status, name, coapCode: (4 << 5) | (status - 400));
        _gateway.Grains.CallsOf("AnswerAsync").ShouldBeEmpty();
    }

    [Fact]
    public async Task Answer_NoEnclave_IsTryAgain()
    {
        _gateway.Grains.On<IPythiaDirectoryGrain>("ListHealthyAsync", _ => Task.FromResult<ImmutableArray<string>>([]));
        using var response = await PostAsync(Path, [0x83]);

        await ShouldBeRefusedAsync(response, 503, "try-again", coapCode: (5 << 5) | 3);
        response.Headers.RetryAfter.ShouldNotBeNull();
    }

    [Fact]
    public async Task Answer_FirstEnclaveGone_AsksTheNext()
    {
        _gateway.Grains.On<IPythiaDirectoryGrain>("ListHealthyAsync", _ => Task.FromResult<ImmutableArray<string>>(["one", "two"]));
        var asked = 0;
        _gateway.Grains.On<IPythiaGrain>("AnswerAsync", _ => Interlocked.Increment(ref asked) == 1
            ? throw new OrleansException("gone")
            : Task.FromResult(new PythiaReply(Answer, [], "")));
        using var response = await PostAsync(Path, [0x83]);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        _gateway.Grains.CallsOf("AnswerAsync").Select(call => call.Key).ShouldBe(["31337/one", "31337/two"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("BadRequest", 400)]
    [InlineData("LevelTooLow", 422)]
    [InlineData("HeadTooOld", 503)]
    [InlineData("ProofInvalid", 502)]
    public async Task Answer_EnclaveRefuses_PassesItsWordsWithAStatus(string reason, int status)
    {
        ImmutableArray<byte> words = [0xA1, 0x20, 0x61, 0x78];
        _gateway.Grains.On<IPythiaGrain>("AnswerAsync", _ => Task.FromResult(new PythiaReply([], words, reason)));
        using var response = await PostAsync(Path, [0x83]);

        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(Problem);
        (await response.Content.ReadAsByteArrayAsync()).ShouldBe([.. words]);
    }

    [Fact]
    public void RefusalStatus_EveryReason_HasAStatusOfItsOwn()
    {
        foreach (var reason in Enum.GetNames<RefusalReason>().Except([nameof(RefusalReason.CodeHashMismatch)]))
            RefusalStatus.Of(reason).ShouldNotBe(500, reason);
    }

    [Fact]
    public async Task Enclaves_Listed_WithWhatADevicePins()
    {
        Report(new EnclaveReport("one", EnclaveState.Healthy, "gramine", [], 1, 0, []), Drained("two"), new EnclaveReport("three", EnclaveState.Silent, "gramine", [], 1, 0, []));
        _gateway.Grains.On<IPythiaGrain>("IdentifyAsync", _ => Task.FromResult(
            new PythiaIdentity("one", [.. new byte[64]], [.. new byte[32]], 0, 17, 1_700_000_000, "0x" + new string('a', 64), [.. Enumerable.Repeat((byte)3, 64)], 59)));
        var page = JsonNode.Parse(await _gateway.Client.GetStringAsync("/pythia/31337/enclaves"))!;

        ((ulong)page["chainId"]!).ShouldBe(31337UL);
        var enclave = page["enclaves"]!.AsArray().ShouldHaveSingleItem()!;
        ((string?)enclave["id"]).ShouldBe("one");
        ((string?)enclave["signingKey"]).ShouldBe("0x" + new string('0', 128));
        ((string?)enclave["configurationHash"]).ShouldBe("0x" + new string('0', 64));
        ((ulong)enclave["head"]!["block"]!).ShouldBe(17UL);
        ((string?)enclave["attestation"]).ShouldBe("gramine");
        var next = enclave["nextKey"]!;
        ((string?)next["signingKey"], (long)next["signsInSeconds"]!).ShouldBe(("0x" + string.Concat(Enumerable.Repeat("03", 64)), 59));
        ((string?)next["kid"]).ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Enumerable.Repeat((byte)3, 64).ToArray()).AsSpan(0, 8)));
        var drained = page["drained"]!.AsArray().ShouldHaveSingleItem()!;
        ((string?)drained["id"]).ShouldBe("two");
        drained["reasons"]!.AsArray().Select(reason => (string?)reason).ShouldBe(["CollateralExpired", "DebugEnabled"]);
        ((string?)drained["since"]).ShouldBe("2026-01-01T00:00:00Z");
        page.ToJsonString().ShouldNotContain("operator's detail");
    }

    [Fact]
    public async Task Answer_NamedEnclaveThatIsDrained_SaysWhyAndAsksNobody()
    {
        Report(Drained("two"));
        using var response = await PostAsync("/pythia/31337/enclaves/two/answer", [0x83]);

        await ShouldBeRefusedAsync(response, 503, "enclave-drained", coapCode: (5 << 5) | 3);
        response.Headers.RetryAfter.ShouldNotBeNull();
        _gateway.Grains.CallsOf("AnswerAsync").ShouldBeEmpty();
    }

    [Fact]
    public async Task Answer_FirstEnclaveHasNoHead_AsksTheNext()
    {
        _gateway.Grains.On<IPythiaDirectoryGrain>("ListHealthyAsync", _ => Task.FromResult<ImmutableArray<string>>(["one", "two"]));
        var asked = 0;
        _gateway.Grains.On<IPythiaGrain>("AnswerAsync", _ => Task.FromResult(
            Interlocked.Increment(ref asked) == 1 ? new PythiaReply([], [0xA0], "NoHead") : new PythiaReply(Answer, [], "")));
        using var response = await PostAsync(Path, [0x83]);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        _gateway.Grains.CallsOf("AnswerAsync").Select(call => call.Key).ShouldBe(["31337/one", "31337/two"], ignoreOrder: true);
    }

    [Fact]
    public async Task Answer_EnclaveIsAskedAboutItsOwnKey_AsksTheNextForThatReasonAlone()
    {
        _gateway.Grains.On<IPythiaDirectoryGrain>("ListHealthyAsync", _ => Task.FromResult<ImmutableArray<string>>(["one", "two"]));
        foreach (var (reason, asked, status) in new[] { ("OwnKey", 2, 200), ("LevelTooLow", 1, 422) })
        {
            var before = _gateway.Grains.CallsOf("AnswerAsync").Count;
            var calls = 0;
            _gateway.Grains.On<IPythiaGrain>("AnswerAsync", _ => Task.FromResult(
                Interlocked.Increment(ref calls) == 1 ? new PythiaReply([], [0xA0], reason) : new PythiaReply(Answer, [], "")));
            using var response = await PostAsync(Path, [0x83]);

            ((int)response.StatusCode).ShouldBe(status, reason);
            (_gateway.Grains.CallsOf("AnswerAsync").Count - before).ShouldBe(asked, reason);
        }
    }

    [Theory]
    [InlineData("OwnKey", "OwnKey", 422)]
    [InlineData("NoHead", "OwnKey", 503)]
    [InlineData("OwnKey", "NoHead", 503)]
    public async Task Answer_NoEnclaveCan_TheRefusalThatMayPassCounts(string first, string second, int status)
    {
        _gateway.Grains.On<IPythiaDirectoryGrain>("ListHealthyAsync", _ => Task.FromResult<ImmutableArray<string>>(["one", "two"]));
        var calls = 0;
        _gateway.Grains.On<IPythiaGrain>("AnswerAsync", _ => Task.FromResult(new PythiaReply([], [0xA0], Interlocked.Increment(ref calls) == 1 ? first : second)));
        using var response = await PostAsync(Path, [0x83]);

        ((int)response.StatusCode).ShouldBe(status);
    }

    [Fact]
    public async Task Answer_EnclaveThatWasGone_ComesLastUntilItIsForgotten()
    {
        var time = new ManualTimeProvider();
        var directory = new EnclaveDirectory(time);
        _gateway.Grains.On<IPythiaDirectoryGrain>("ListHealthyAsync", _ => Task.FromResult<ImmutableArray<string>>(["one", "two", "three"]));
        directory.Forget(31337, "two");
        for (var i = 0; i < 6; i++) (await directory.ListInTurnAsync(_gateway.Grains.Factory, 31337))[^1].ShouldBe("two");
        (await directory.ListInTurnAsync(_gateway.Grains.Factory, 1))[^1].ShouldNotBe("two", "another chain's enclave of that name is another one");

        time.Advance(TimeSpan.FromSeconds(5.1));
        var firsts = new List<string>();
        for (var i = 0; i < 3; i++) firsts.Add((await directory.ListInTurnAsync(_gateway.Grains.Factory, 31337))[0]);
        firsts.ShouldBe(["one", "two", "three"], ignoreOrder: true);
    }

    private void Report(params EnclaveReport[] reports)
        => _gateway.Grains.On<IPythiaDirectoryGrain>("ListAsync", _ => Task.FromResult<ImmutableArray<EnclaveReport>>([.. reports]));

    private static EnclaveReport Drained(string id) => new(
        id, EnclaveState.Drained, "gramine", [new("CollateralExpired", "operator's detail"), new("DebugEnabled", "operator's detail")], 1_767_225_600_000, 0, []);

    [Fact]
    public async Task Answer_MoreThanTheRate_IsRefusedInCbor()
    {
        await using var gateway = await GatewayFixture.StartAsync(("Gateway:RequestBurst", "2"), ("Gateway:RequestsPerSecond", "1"));
        gateway.Grains.On<IPythiaDirectoryGrain>("ListHealthyAsync", _ => Task.FromResult<ImmutableArray<string>>(["one"]));
        gateway.Grains.On<IPythiaGrain>("AnswerAsync", _ => Task.FromResult(new PythiaReply(Answer, [], "")));
        for (var i = 0; i < 2; i++)
        {
            using var good = await PostAsync(gateway, Path, [0x83]);
            good.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        using var response = await PostAsync(gateway, Path, [0x83]);
        await ShouldBeRefusedAsync(response, 429, "too-many-requests", coapCode: (4 << 5) | 29);
        response.Headers.RetryAfter.ShouldNotBeNull();
    }

    private static async Task ShouldBeRefusedAsync(HttpResponseMessage response, int status, string name, int coapCode)
    {
        var body = await response.Content.ReadAsByteArrayAsync();
        ((int)response.StatusCode).ShouldBe(status, Encoding.UTF8.GetString(body));
        response.Content.Headers.ContentType!.MediaType.ShouldBe(Problem);

        // The device's own reader takes it.
        ConciseProblem.Decode(body, out var problem).ShouldBe(CborError.None);
        problem!.Title.ShouldBe(name);
        problem.ResponseCode.ShouldBe((byte)coapCode);
        problem.Reason.ShouldBe(0UL);
    }

    private Task<HttpResponseMessage> PostAsync(string path, byte[] body) => PostAsync(_gateway, path, body);

    private static async Task<HttpResponseMessage> PostAsync(GatewayFixture gateway, string path, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/cbor");
        return await gateway.Client.PostAsync(new Uri(path, UriKind.Relative), content);
    }

    private sealed class UnsizedStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
