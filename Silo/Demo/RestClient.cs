using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Pythia.Contracts.Keys;
using Pythia.Ethereum;

namespace Pythia.Silo.Demo;

/// <summary>An answer of the gateway's REST API.</summary>
public sealed record RestReply(HttpStatusCode Status, JsonObject Json)
{
    /// <summary>The reason of a refusal: the verdict of a grain, else the name of the problem.</summary>
    public string Reason => (string?)Json["verdict"] ?? ((string?)Json["type"])?.Split(':')[^1] ?? Status.ToString();

    public string Detail => (string?)Json["detail"] ?? "";
}

/// <summary>
/// What an integrator's program does: 1. prepare the document of an act; 2. let the wallet sign it; 3. submit act and signature;
/// 4. follow the intent to its end.
/// </summary>
public sealed class RestClient(HttpClient http, ulong chainId)
{
    private static readonly TimeSpan FollowPatience = TimeSpan.FromSeconds(60);

    private readonly string _root = $"/v1/chains/{chainId}";

    /// <summary>1. The act with nonce, deadline and epochs filled, and the document that a wallet shows and signs.</summary>
    public async Task<JsonObject> PrepareAsync(string act, JsonObject fields, CancellationToken cancellationToken)
    {
        var reply = await PostAsync($"{_root}/acts/{act}/prepare", fields, cancellationToken);
        return reply.Status == HttpStatusCode.OK
            ? reply.Json
            : throw new UnexpectedException($"prepare {act}", $"{(int)reply.Status} {reply.Reason}: {reply.Detail}", "200");
    }

    /// <summary>2. The wallet computes the digest from the document that it shows, never from what it is told.</summary>
    public static byte[] Sign(JsonObject prepared, EthereumKey key)
        => TypedDataMessage.TryParseJson(Encoding.UTF8.GetBytes(prepared["typedData"]!.ToJsonString()), out var document, out var reason)
            ? key.Sign(document).ToArray()
            : throw new UnexpectedException("sign", reason, "an EIP-712 document");

    /// <summary>3. Hands over act and signature.</summary>
    public Task<RestReply> SubmitAsync(JsonObject prepared, ReadOnlySpan<byte> signature, CancellationToken cancellationToken)
        => PostAsync($"{_root}/intents", new JsonObject { ["act"] = prepared["act"]!.DeepClone(), ["signature"] = Hex.Format(signature) }, cancellationToken);

    /// <summary>4. Waits until the intent is mined, final or failed.</summary>
    public async Task<JsonObject> FollowAsync(string digest, CancellationToken cancellationToken)
    {
        long version = 0;
        var started = Stopwatch.GetTimestamp();
        JsonObject? last = null;
        while (Stopwatch.GetElapsedTime(started) < FollowPatience)
        {
            var view = await GetAsync($"{_root}/intents/{digest}?after={version}&wait=15", cancellationToken);
            if ((string?)view["stage"] is "mined" or "final" or "failed") return view;

            version = (long)view["version"]!;
            last = view;
        }

        throw new UnexpectedException($"intent {digest}", last?.ToJsonString() ?? "nothing", $"mined within {FollowPatience.TotalSeconds} s");
    }

    public async Task<JsonObject> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
        var reply = await ReadAsync(response, cancellationToken);
        return reply.Status == HttpStatusCode.OK
            ? reply.Json
            : throw new UnexpectedException($"GET {path}", $"{(int)reply.Status} {reply.Reason}: {reply.Detail}", "200");
    }

    public Task<JsonObject> ViewAsync(string path, CancellationToken cancellationToken) => GetAsync($"{_root}/{path}", cancellationToken);

    private async Task<RestReply> PostAsync(string path, JsonObject body, CancellationToken cancellationToken)
    {
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var response = await http.PostAsync(new Uri(path, UriKind.Relative), content, cancellationToken);
        return await ReadAsync(response, cancellationToken);
    }

    private static async Task<RestReply> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
        => new(response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken)) as JsonObject ?? []);
}
