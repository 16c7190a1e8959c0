using System.Net;
using System.Net.Http.Headers;
using Pythia.Enclave.Verifier.Answers;
using Shouldly;

namespace Pythia.Device.Tests;

/// <summary>What HTTP may bring back, and how much of it.</summary>
public sealed class HttpDeviceTransportTests
{
    [Fact]
    public async Task Ask_Always_PostsCborAndTakesCose()
    {
        HttpRequestMessage? seen = null;
        var reply = await AskAsync(HttpStatusCode.OK, HttpDeviceTransport.AnswerMediaType, [1, 2, 3], request => seen = request);
        reply.Answer.ShouldBe([1, 2, 3]);
        seen!.Method.ShouldBe(HttpMethod.Post);
        seen.Content!.Headers.ContentType!.MediaType.ShouldBe("application/cbor");
        seen.Headers.Accept.Select(accept => accept.MediaType).ShouldBe(["application/cose", "application/concise-problem-details+cbor"]);
    }

    [Fact]
    public async Task Ask_ProblemDetails_AreARefusal()
        => (await AskAsync(HttpStatusCode.ServiceUnavailable, ConciseProblem.MediaType, new ConciseProblem(3, "NoHead", "none yet", 0xA3).Encode()))
            .Problem!.Title.ShouldBe("NoHead");

    [Fact]
    public async Task Ask_AnythingElse_IsTrouble()
    {
        (await AskAsync(HttpStatusCode.OK, "text/html", [1])).Trouble!.ShouldContain("text/html");
        (await AskAsync(HttpStatusCode.BadGateway, HttpDeviceTransport.AnswerMediaType, [1])).Trouble!.ShouldContain("502");
        (await AskAsync(HttpStatusCode.OK, HttpDeviceTransport.AnswerMediaType, new byte[ConciseProblem.MaxBytes + 1])).Trouble!.ShouldContain("1024");
    }

    [Fact]
    public async Task Ask_NobodyThere_IsTrouble()
    {
        using var http = new HttpClient(new Handler(_ => throw new HttpRequestException("refused")));
        (await new HttpDeviceTransport(http, new Uri("http://gateway.invalid/")).AskAsync(new byte[1])).Trouble!.ShouldContain("refused");
    }

    [Fact]
    public async Task Ask_BodyCutShort_IsTrouble()
    {
        var reply = await AskAsync(new BodyStream(_ => throw new HttpIOException(HttpRequestError.ResponseEnded, "cut short")), TimeSpan.FromMinutes(1));
        reply.Answer.ShouldBeNull();
        reply.Trouble!.ShouldContain("cut short");
    }

    [Fact]
    public async Task Ask_BodyThatNeverEnds_IsTroubleAtTheTimeLimit()
    {
        var body = new BodyStream(async cancellationToken =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return 0;
        });
        var reply = await AskAsync(body, TimeSpan.FromMilliseconds(50)).WaitAsync(TimeSpan.FromSeconds(30));
        reply.Trouble!.ShouldContain("no whole reply");
    }

    [Fact]
    public async Task Ask_CallerLeavesWhileTheBodyComes_IsCancelled()
    {
        using var caller = new CancellationTokenSource();
        var body = new BodyStream(async cancellationToken =>
        {
            await caller.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return 0;
        });
        await Should.ThrowAsync<OperationCanceledException>(() => AskAsync(body, TimeSpan.FromMinutes(1), caller.Token));
    }

    private static async Task<TransportReply> AskAsync(Stream body, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        using var http = new HttpClient(new Handler(_ =>
        {
            var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(body) };
            response.Content.Headers.ContentType = new MediaTypeHeaderValue(HttpDeviceTransport.AnswerMediaType);
            return response;
        }))
        { Timeout = limit };
        return await new HttpDeviceTransport(http, new Uri("http://gateway.invalid/")).AskAsync(new byte[] { 0x80 }, cancellationToken);
    }

    private static async Task<TransportReply> AskAsync(HttpStatusCode status, string mediaType, byte[] body, Action<HttpRequestMessage>? see = null)
    {
        using var http = new HttpClient(new Handler(request =>
        {
            see?.Invoke(request);
            var response = new HttpResponseMessage(status) { Content = new ByteArrayContent(body) };
            response.Content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
            return response;
        }));
        return await new HttpDeviceTransport(http, new Uri("http://gateway.invalid/")).AskAsync(new byte[] { 0x80 });
    }

    private sealed class Handler(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            => Task.FromResult(answer(request));
    }

    // A body whose one byte is there at once, and the rest as the test says.
    private sealed class BodyStream(Func<CancellationToken, ValueTask<int>> read) : MemoryStream
    {
        private bool _hasBegun;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_hasBegun) return read(cancellationToken);

            _hasBegun = true;
            buffer.Span[0] = 1;
            return ValueTask.FromResult(1);
        }
    }
}
