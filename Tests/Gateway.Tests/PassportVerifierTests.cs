using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pythia.Gateway.Passports;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Gateway.Tests;

/// <summary>Somebody else's verifier may send whatever it likes, for as long as it likes, and point elsewhere.</summary>
public sealed class PassportVerifierTests
{
    private static readonly byte[] Evidence = new byte[16];

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Verify_ReplyWithoutEnd_IsReadToTheCapAndNoFurther()
    {
        var body = new BodyStream((buffer, _) => ValueTask.FromResult(buffer.Length));
        var reply = await VerifyAsync(body, CancellationToken.None);
        reply.Passport.ShouldBeNull();
        reply.Trouble!.ShouldContain("4096 bytes found");
        body.Taken.ShouldBeLessThanOrEqualTo(4_096);
    }

    [Fact]
    public async Task Verify_ReplyThatTrickles_EndsAtTheTimeLimit()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var body = new BodyStream(async (_, cancellationToken) =>
        {
            begun.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return 0;
        });
        var reply = VerifyAsync(body, CancellationToken.None);
        await begun.Task;
        _time.Advance(TimeSpan.FromSeconds(5));
        (await reply.WaitAsync(TimeSpan.FromSeconds(30))).Trouble!.ShouldContain("no whole reply within 00:00:05");
    }

    [Fact]
    public async Task Verify_ReplyCutShort_IsTrouble()
        => (await VerifyAsync(new BodyStream((_, _) => throw new HttpIOException(HttpRequestError.ResponseEnded, "cut short")), CancellationToken.None)).Trouble!.ShouldContain("cut short");

    [Fact]
    public async Task Verify_CallerLeaves_IsCancelled()
    {
        using var caller = new CancellationTokenSource();
        var body = new BodyStream(async (_, cancellationToken) =>
        {
            await caller.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return 0;
        });
        await Should.ThrowAsync<OperationCanceledException>(() => VerifyAsync(body, caller.Token));
    }

    [Fact]
    public async Task Verify_VerifierPointsElsewhere_IsNotFollowed()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        var elsewhere = 0;
        app.MapPost("/v1/passports", () => Results.Redirect("/elsewhere", permanent: false, preserveMethod: true));
        app.MapPost("/elsewhere", () =>
        {
            Interlocked.Increment(ref elsewhere);
            return Results.Bytes(new byte[8]);
        });
        await app.StartAsync();
        using var verifier = new PassportVerifier(Options.Create(new PassportOptions { VerifierUrl = $"{app.Urls.Single()}/v1/passports" }), _time);

        var reply = await verifier.VerifyAsync(Evidence, CancellationToken.None);
        reply.Passport.ShouldBeNull();
        reply.Trouble!.ShouldContain("status 307");
        elsewhere.ShouldBe(0);
    }

    [Theory]
    [InlineData("{\"challenge\":\"000102030405060708090a0b0c0d0e0f1011121314151617\",\"holdsSeconds\":120}", true)]
    [InlineData("{\"challenge\":\"000102030405060708090a0b0c0d0e0f10111213141516\",\"holdsSeconds\":120}", false)]
    [InlineData("{\"challenge\":\"zz0102030405060708090a0b0c0d0e0f1011121314151617\",\"holdsSeconds\":120}", false)]
    [InlineData("{\"challenge\":\"000102030405060708090a0b0c0d0e0f1011121314151617\",\"holdsSeconds\":0}", false)]
    [InlineData("{\"challenge\":\"000102030405060708090a0b0c0d0e0f1011121314151617\",\"holdsSeconds\":99999999999}", false)]
    [InlineData("{\"challenge\":null,\"holdsSeconds\":120}", false)]
    [InlineData("{}", false)]
    [InlineData("null", false)]
    [InlineData("[", false)]
    [InlineData("", false)]
    public async Task Challenge_AnyReply_IsAChallengeOrTrouble(string reply, bool taken)
    {
        using var verifier = Verifier(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(reply)));
        var challenge = await verifier.ChallengeAsync(CancellationToken.None);
        if (taken) challenge.Challenge.ShouldBe([.. Enumerable.Range(0, 24).Select(i => (byte)i)]);
        else challenge.Trouble!.ShouldContain("a challenge expected");
    }

    [Fact]
    public async Task Challenge_ManyAsk_IsFetchedOnceAQuarterOfItsTimeAndAfterARefusal()
    {
        var asked = 0;
        var way = new Way(_ =>
        {
            asked++;
            return new MemoryStream(System.Text.Encoding.UTF8.GetBytes($"{{\"challenge\":\"{asked:d48}\",\"holdsSeconds\":120}}"));
        });
        using var verifier = new PassportVerifier(Options.Create(new PassportOptions { VerifierUrl = "http://verifier.example/v1/passports" }), _time, way);
        async Task<int> AskAsync() => (await verifier.ChallengeAsync(CancellationToken.None)).Challenge![^1];

        (await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => AskAsync()))).ShouldAllBe(one => one == 1);
        _time.Advance(TimeSpan.FromSeconds(29));
        (await AskAsync()).ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await AskAsync()).ShouldBe(2);
        verifier.ForgetChallenge();
        (await AskAsync()).ShouldBe(3);
    }

    [Fact]
    public async Task Challenge_VerifierAway_IsNotAskedAgainForASecond()
    {
        var asked = 0;
        var way = new Way(_ =>
        {
            asked++;
            throw new HttpRequestException("away");
        });
        using var verifier = new PassportVerifier(Options.Create(new PassportOptions { VerifierUrl = "http://verifier.example/v1/passports" }), _time, way);
        for (var i = 0; i < 3; i++) (await verifier.ChallengeAsync(CancellationToken.None)).Trouble.ShouldBe("away");
        verifier.ForgetChallenge();
        (await verifier.ChallengeAsync(CancellationToken.None)).Trouble.ShouldBe("away");
        asked.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        await verifier.ChallengeAsync(CancellationToken.None);
        asked.ShouldBe(2);
    }

    [Fact]
    public async Task Challenge_VerifierHangs_IsWaitedForOnceByAllWhoAsk()
    {
        var asked = 0;
        var way = new Way(_ =>
        {
            asked++;
            return new BodyStream(async (_, cancellationToken) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                return 0;
            });
        });
        using var verifier = new PassportVerifier(Options.Create(new PassportOptions { VerifierUrl = "http://verifier.example/v1/passports" }), _time, way);
        Task<VerifierChallenge>[] asking = [.. Enumerable.Range(0, 3).Select(_ => verifier.ChallengeAsync(CancellationToken.None))];
        _time.Advance(TimeSpan.FromSeconds(5));
        foreach (var challenge in await Task.WhenAll(asking).WaitAsync(TimeSpan.FromSeconds(30))) challenge.Trouble!.ShouldContain("no whole reply within 00:00:05");
        asked.ShouldBe(1);
    }

    [Theory]
    [InlineData("https://v.example/v1/passports", "https://v.example/v1/passports/challenge")]
    [InlineData("https://v.example/v1/passports/", "https://v.example/v1/passports/challenge")]
    [InlineData("https://v.example/v1/passports?tenant=7", "https://v.example/v1/passports/challenge?tenant=7")]
    [InlineData("https://v.example", "https://v.example/challenge")]
    public async Task Challenge_AnyUrl_IsAskedForBesideIt(string url, string expected)
    {
        Uri? found = null;
        var way = new Way(request =>
        {
            found = request.RequestUri;
            return new MemoryStream();
        });
        using var verifier = new PassportVerifier(Options.Create(new PassportOptions { VerifierUrl = url }), _time, way);
        await verifier.ChallengeAsync(CancellationToken.None);
        found!.AbsoluteUri.ShouldBe(expected);
    }

    private PassportVerifier Verifier(Stream body)
        => new(Options.Create(new PassportOptions { VerifierUrl = "http://verifier.example/v1/passports" }), _time, new Way(_ => body));

    private async Task<VerifierReply> VerifyAsync(BodyStream body, CancellationToken cancellationToken)
    {
        using var verifier = Verifier(body);
        return await verifier.VerifyAsync(Evidence, cancellationToken);
    }

    private sealed class Way(Func<HttpRequestMessage, Stream> body) : IVerifierWay
    {
        public HttpMessageHandler CreateHandler() => new Handler(body);

        private sealed class Handler(Func<HttpRequestMessage, Stream> body) : HttpMessageHandler
        {
            protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
                => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(body(request)) });
        }
    }

    // Whoever would take it whole takes a megabyte.
    private sealed class BodyStream(Func<Memory<byte>, CancellationToken, ValueTask<int>> read) : MemoryStream
    {
        private const int Most = 1 << 20;

        public int Taken { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Taken >= Most) return 0;

            var count = await read(buffer, cancellationToken);
            Taken += count;
            return count;
        }

        public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            var buffer = new byte[bufferSize];
            while (await ReadAsync(buffer, cancellationToken) is > 0 and var count) await destination.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }
}
