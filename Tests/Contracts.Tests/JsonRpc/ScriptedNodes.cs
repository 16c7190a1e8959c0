using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Pythia.Contracts.Tests.JsonRpc;

/// <summary>Nodes that answer as a test says, by host name, and remember what they were asked.</summary>
internal sealed class ScriptedNodes : HttpMessageHandler
{
    private readonly Dictionary<string, Func<JsonArray, CancellationToken, Task<HttpResponseMessage>>> _nodes = [];
    private readonly Channel<string> _arrived = Channel.CreateUnbounded<string>();

    /// <summary>Host names in the order in which they were asked.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public ConcurrentQueue<string> Bodies { get; } = new();

    /// <summary>The host of the next request that arrives.</summary>
    public ValueTask<string> NextArrivalAsync() => _arrived.Reader.ReadAsync();

    public void Answer(string host, Func<JsonObject, JsonNode?> result) => _nodes[host] = (calls, _) => Task.FromResult(Respond(calls, result));

    public void Raw(string host, HttpStatusCode status, string body) => _nodes[host] = (_, _) => Task.FromResult(Body(status, body));

    /// <summary>Answers with a body of unknown length.</summary>
    public void Body(string host, Func<Stream> body)
        => _nodes[host] = (_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(body()) });

    public void Fail(string host) => _nodes[host] = (_, _) => throw new HttpRequestException("connection refused");

    /// <summary>Answers only when <paramref name="gate"/> is done.</summary>
    public void AnswerAfter(string host, Task gate, Func<JsonObject, JsonNode?> result) => _nodes[host] = async (calls, token) =>
    {
        await gate.WaitAsync(token);
        return Respond(calls, result);
    };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var host = request.RequestUri!.Host;
        var body = await request.Content!.ReadAsStringAsync(cancellationToken);
        Asked.Enqueue(host);
        Bodies.Enqueue(body);
        _arrived.Writer.TryWrite(host);
        var parsed = JsonNode.Parse(body)!;
        return await _nodes[host](parsed as JsonArray ?? [parsed], cancellationToken);
    }

    private static HttpResponseMessage Respond(JsonArray calls, Func<JsonObject, JsonNode?> result)
    {
        var answers = calls.Select(c => Respond(c!.AsObject(), result)).Reverse().ToArray<JsonNode>(); // order must not matter
        return Body(HttpStatusCode.OK, answers.Length == 1 ? answers[0].ToJsonString() : new JsonArray(answers).ToJsonString());
    }

    private static JsonObject Respond(JsonObject call, Func<JsonObject, JsonNode?> result)
    {
        var value = result(call);
        var answer = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = call["id"]!.DeepClone() };
        if (value is JsonObject error && error.ContainsKey("code")) answer["error"] = error;
        else answer["result"] = value;
        return answer;
    }

    private static HttpResponseMessage Body(HttpStatusCode status, string text)
        => new(status) { Content = new StringContent(text, Encoding.UTF8, "application/json") };

}

/// <summary>Gives spaces for as long as somebody reads, and gives up at 64 MiB.</summary>
internal sealed class EndlessStream : Stream
{
    public long Given { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => Given; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (Given > 64 << 20) return 0;

        buffer.AsSpan(offset, count).Fill((byte)' ');
        Given += count;
        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
