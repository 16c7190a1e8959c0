using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Pythia.Ethereum;

namespace Pythia.Faults;

/// <summary>What a proxy does with a call, instead of passing it on.</summary>
/// <param name="call">As it came; may be changed before it is passed on.</param>
/// <param name="pass">Passes a call on and gives the reply.</param>
/// <returns>The reply; null ends the exchange without one.</returns>
public delegate Task<string?> NodeFault(HttpContext context, JsonObject call, Func<JsonObject, Task<JsonObject>> pass);

/// <summary>A way to a node that can be told what to do wrong.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly HttpClient _upstream;
    private WebApplication? _app;

    private FaultProxy(Uri upstream) => _upstream = new HttpClient { BaseAddress = upstream };

    public Uri Url { get; private set; } = null!;

    /// <summary>Null passes everything on.</summary>
    public NodeFault? Fault { get; set; }

    /// <summary>Methods that came, with how often.</summary>
    public ConcurrentDictionary<string, int> Calls { get; } = new(StringComparer.Ordinal);

    public static async Task<FaultProxy> StartAsync(Uri upstream)
    {
        var proxy = new FaultProxy(upstream);
        await proxy.ListenAsync("http://127.0.0.1:0");
        return proxy;
    }

    /// <summary>Nobody listens any more: connections are refused.</summary>
    public async Task CloseAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await _app!.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
        _app = null;
    }

    /// <summary>Listens again where it did.</summary>
    public Task OpenAsync() => ListenAsync(Url.ToString());

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await CloseAsync();
        }

        _upstream.Dispose();
    }

    /// <summary>Takes the call and never answers.</summary>
    public static async Task<string?> HangAsync(HttpContext context, JsonObject call, Func<JsonObject, Task<JsonObject>> pass)
    {
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return null;
    }

    /// <summary>Answers with an HTTP status and no JSON-RPC.</summary>
    public static NodeFault Status(HttpStatusCode status) => (context, _, _) =>
    {
        context.Response.StatusCode = (int)status;
        return Task.FromResult<string?>(null);
    };

    /// <summary>Carries the call out and cuts the answer in half.</summary>
    public static async Task<string?> TruncateAsync(HttpContext context, JsonObject call, Func<JsonObject, Task<JsonObject>> pass)
    {
        var reply = (await pass(call)).ToJsonString();
        return reply[..(reply.Length / 2)];
    }

    /// <summary>Says these words to each transaction and passes none on; everything else is as it should be.</summary>
    public static NodeFault Refuse(int code, string message) => async (_, call, pass) => IsSend(call)
        ? Reply(call, new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } })
        : (await pass(call)).ToJsonString();

    /// <summary>Says ok to each transaction and passes none on.</summary>
    public static async Task<string?> ForgetAsync(HttpContext context, JsonObject call, Func<JsonObject, Task<JsonObject>> pass) => IsSend(call)
        ? Reply(call, new JsonObject { ["result"] = Keccak256.HashData(Hex.Parse((string)call["params"]![0]!)).ToString() })
        : (await pass(call)).ToJsonString();

    /// <summary>Knows no block of the newest <paramref name="blocks"/>.</summary>
    public static NodeFault Lag(ulong blocks) => async (_, call, pass) =>
    {
        var number = (string)(await pass(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = "eth_blockNumber", ["params"] = new JsonArray() }))["result"]!;
        var old = $"0x{Convert.ToUInt64(number, 16) - blocks:x}";
        if ((string)call["method"]! == "eth_blockNumber")
        {
            return Reply(call, new JsonObject { ["result"] = old });
        }

        var parameters = call["params"]?.AsArray() ?? [];
        for (var i = 0; i < parameters.Count; i++)
        {
            if (parameters[i] is JsonValue value && value.TryGetValue<string>(out var text) && text is "latest" or "pending")
            {
                parameters[i] = old;
            }
        }

        return (await pass(call)).ToJsonString();
    };

    private static bool IsSend(JsonObject call) => (string)call["method"]! == "eth_sendRawTransaction";

    private static string Reply(JsonObject call, JsonObject reply)
    {
        (reply["jsonrpc"], reply["id"]) = ("2.0", call["id"]?.DeepClone());
        return reply.ToJsonString();
    }

    private async Task ListenAsync(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        _app = builder.Build();
        _app.MapPost("/", HandleAsync);
        await _app.StartAsync();
        Url = new Uri(_app.Urls.Single());
    }

    // A batch is answered call by call.
    private async Task HandleAsync(HttpContext context)
    {
        var body = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!;
        var replies = new List<string>();
        foreach (var call in body is JsonArray batch ? batch.Select(c => c!.AsObject()).ToArray() : [body.AsObject()])
        {
            Calls.AddOrUpdate((string)call["method"]!, 1, (_, n) => n + 1);
            var reply = Fault is { } fault ? await fault(context, call, PassAsync) : (await PassAsync(call)).ToJsonString();
            if (reply is null)
            {
                return;
            }

            replies.Add(reply);
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body is JsonArray ? $"[{string.Join(',', replies)}]" : replies[0], context.RequestAborted);
    }

    private async Task<JsonObject> PassAsync(JsonObject call)
    {
        using var content = new StringContent(call.ToJsonString(), Encoding.UTF8);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _upstream.PostAsync((Uri?)null, content);
        await using var body = await response.Content.ReadAsStreamAsync();
        return (await JsonNode.ParseAsync(body))!.AsObject();
    }
}
