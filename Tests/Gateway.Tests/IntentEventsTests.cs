using System.Net;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Pythia.Grains.Mirror;
using Shouldly;

namespace Pythia.Gateway.Tests;

/// <summary>An intent's way as server-sent events: each version once, resumed where it broke off, and ended with the intent or the gateway.</summary>
public sealed class IntentEventsTests : IAsyncLifetime
{
    private static readonly string Digest = "0x" + new string('e', 64);
    private static readonly string Path = $"/v1/chains/31337/intents/{Digest}/events";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<TaskCompletionSource<IntentView>> _waits = Channel.CreateUnbounded<TaskCompletionSource<IntentView>>();
    private IntentView _view = View(IntentStage.Queued, 4);
    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GatewayFixture.StartAsync(("Gateway:EventStreamsPerAddress", "2"));
        _gateway.Grains.On<IIntentGrain>("GetAsync", _ => Task.FromResult(_view));
        _gateway.Grains.On<IIntentGrain>("WaitAsync", call =>
        {
            var wait = new TaskCompletionSource<IntentView>(TaskCreationOptions.RunContinuationsAsynchronously);
            ((CancellationToken)call.Arguments[2]!).Register(() => wait.TrySetCanceled());
            _waits.Writer.TryWrite(wait).ShouldBeTrue();
            return wait.Task;
        });
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Stream_ToTheEnd_HasEachVersionOnceAndEnds()
    {
        using var stream = await OpenAsync();
        await AnswerAsync(View(IntentStage.Mined, 8));
        await AnswerAsync(View(IntentStage.Mined, 8));
        await AnswerAsync(View(IntentStage.Final, 9));
        var text = await stream.Content.ReadAsStringAsync().WaitAsync(Patience);

        stream.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        stream.Headers.CacheControl!.NoStore.ShouldBeTrue();
        Ids(text).ShouldBe(["4", "8", "9"]);
        text.ShouldStartWith("retry: 1000\n\n");
        text.ShouldContain(": nothing new\n\n");
        foreach (var data in text.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)))
            ((string?)JsonNode.Parse(data["data: ".Length..])!["digest"]).ShouldBe(Digest);
    }

    [Fact]
    public async Task Stream_Resumed_GoesOnAfterTheLastEvent()
    {
        using var stream = await OpenAsync("4");
        var wait = await AnswerAsync(View(IntentStage.Failed, 5));

        Ids(await stream.Content.ReadAsStringAsync().WaitAsync(Patience)).ShouldBe(["5"]);
        wait.ShouldBe(4L);
    }

    [Fact]
    public async Task Stream_ResumedAfterTheEnd_IsNoContent()
    {
        _view = View(IntentStage.Final, 9);
        using var stream = await OpenAsync("9");

        stream.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("99999999999999999999")]
    public async Task Stream_BadLastEventId_IsRefused(string id)
    {
        using var response = await OpenAsync(id);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        ((string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["type"]).ShouldBe("urn:pythia:problem:bad-header");
    }

    [Fact]
    public async Task Stream_OfNothing_IsNotFound()
    {
        _view = View(IntentStage.Unknown, 0);
        using var response = await OpenAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Stream_OneTooMany_IsRefusedUntilOneEnds()
    {
        using var first = await OpenAsync();
        using var second = await OpenAsync();
        using var third = await OpenAsync();
        third.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        third.Headers.RetryAfter.ShouldNotBeNull();

        for (var i = 0; i < 2; i++) await AnswerAsync(View(IntentStage.Final, 9));
        foreach (var stream in new[] { first, second }) await stream.Content.ReadAsStringAsync().WaitAsync(Patience);
        using var fourth = await OpenAsync();
        fourth.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Stream_GatewayStops_Ends()
    {
        using var stream = await OpenAsync();
        await _waits.Reader.ReadAsync().AsTask().WaitAsync(Patience);
        _gateway.BeginStop();

        Ids(await stream.Content.ReadAsStringAsync().WaitAsync(Patience)).ShouldBe(["4"]);
    }

    private static IntentView View(IntentStage stage, long version) => new(Digest, stage, version, "Freeze", null, null, null, "", 1);

    private static IEnumerable<string> Ids(string text)
        => text.Split('\n').Where(line => line.StartsWith("id: ", StringComparison.Ordinal)).Select(line => line["id: ".Length..]);

    // Answers the wait that comes next; gives the version after which it waits.
    private async Task<long> AnswerAsync(IntentView view)
    {
        (await _waits.Reader.ReadAsync().AsTask().WaitAsync(Patience)).SetResult(view);
        return (long)_gateway.Grains.CallsOf("WaitAsync")[^1].Arguments[0]!;
    }

    private Task<HttpResponseMessage> OpenAsync(string? lastEventId = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, Path);
        if (lastEventId is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId).ShouldBeTrue();
        return _gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
