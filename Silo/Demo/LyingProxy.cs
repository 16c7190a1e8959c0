using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Pythia.Silo.Demo;

/// <summary>What a node between the enclave and the chain does to replies.</summary>
public enum Lie
{
    /// <summary>Passes everything on.</summary>
    Honest,

    // eth_getProof

    /// <summary>Claims another value for each slot, beside a true proof.</summary>
    ForgeValue,

    /// <summary>Changes the value in the last node of each slot's proof, and the claim with it.</summary>
    ForgeLeaf,

    /// <summary>Leaves out the last node of each slot's proof and claims zero.</summary>
    CutProof,

    /// <summary>Sends empty proofs and claims zero.</summary>
    WithholdProof,

    /// <summary>Exchanges the first and the last node of each proof.</summary>
    SwapNodes,

    /// <summary>Flips a bit in the middle of each proof's first node.</summary>
    FlipBit,

    /// <summary>Sends the proofs of the slots after those asked, under the keys asked.</summary>
    WrongSlot,

    /// <summary>Leaves out the slots.</summary>
    WithholdSlots,

    /// <summary>Sends the proof of another account under the address asked.</summary>
    WrongAccount,

    /// <summary>Claims another balance.</summary>
    ForgeBalance,

    /// <summary>Claims another storage root.</summary>
    ForgeStorageRoot,

    /// <summary>Leaves out the last node of the account's proof.</summary>
    CutAccountProof,

    /// <summary>Sends the proofs of the block before.</summary>
    StaleBlock,

    // eth_getBlockByHash

    /// <summary>Changes the state root in headers.</summary>
    ForgeHeader,

    /// <summary>Sends the parent's header.</summary>
    StaleHeader,

    // eth_getBlockReceipts

    /// <summary>Changes the data of the last log.</summary>
    ForgeLog,

    /// <summary>Leaves out the last log.</summary>
    WithholdLog,

    /// <summary>Leaves out the last receipt.</summary>
    WithholdReceipt,

    /// <summary>Adds a receipt that never was: the last one once more.</summary>
    AddReceipt,

    // everything

    /// <summary>Says that it knows nothing.</summary>
    Null,

    /// <summary>Sends a JSON-RPC error.</summary>
    Error,

    /// <summary>Sends bytes that are no JSON.</summary>
    Garbage,

    /// <summary>Sends HTTP status 503.</summary>
    Refuse,

    /// <summary>Never replies.</summary>
    Hang,
}

/// <summary>One call that went through the proxy.</summary>
/// <param name="Method">JSON-RPC method.</param>
/// <param name="Slots">Storage slots that were asked for.</param>
/// <param name="Lie">What was done to its reply; <see cref="Demo.Lie.Honest"/> where the lie is about another method.</param>
public sealed record ProxiedCall(string Method, int Slots, Lie Lie);

/// <summary>
/// A JSON-RPC node that lies on demand, for the demo and for tests: listens on a free loopback port, passes calls on to a real node and does
/// to the replies what <see cref="Lie"/> says. It knows the chain no better than any other node between: it cannot make a header that hashes
/// to what the head source named.
/// </summary>
public sealed class LyingProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _upstream;

    private LyingProxy(WebApplication app, HttpClient upstream) => (_app, _upstream) = (app, upstream);

    /// <summary>What it does from now on.</summary>
    public Lie Lie { get; set; }

    /// <summary>Where it listens.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>Every call so far, in order.</summary>
    public ConcurrentQueue<ProxiedCall> Calls { get; } = new();

    /// <summary>Awaited before each reply goes out, if set: holds replies back.</summary>
    public Func<ProxiedCall, Task>? Hold { get; set; }

    public static async Task<LyingProxy> StartAsync(Uri upstream, CancellationToken cancellationToken = default)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var proxy = new LyingProxy(builder.Build(), new HttpClient { BaseAddress = upstream });
        proxy._app.MapPost("/", proxy.HandleAsync);
        await proxy._app.StartAsync(cancellationToken);
        proxy.Url = new Uri(proxy._app.Urls.Single());
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
        _upstream.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var cancelled = context.RequestAborted;
        var call = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: cancelled))!.AsObject();
        var method = (string)call["method"]!;
        var lie = IsAbout(Lie, method) ? Lie : Lie.Honest;
        var proxied = new ProxiedCall(method, CountSlots(method, call), lie);
        Calls.Enqueue(proxied);
        switch (lie)
        {
            case Lie.Hang:
                await Task.Delay(Timeout.Infinite, cancelled).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            case Lie.Refuse:
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return;
            case Lie.Garbage:
                await context.Response.WriteAsync("<html>", cancelled);
                return;
            default:
                await ChangeCallAsync(lie, call, cancelled);
                var reply = await SendAsync(call, cancelled);
                Change(lie, call, reply);
                await (Hold?.Invoke(proxied) ?? Task.CompletedTask);
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(reply.ToJsonString(), cancelled);
                return;
        }
    }

    private static int CountSlots(string method, JsonObject call)
        => string.Equals(method, "eth_getProof", StringComparison.Ordinal) ? call["params"]![1]!.AsArray().Count : 0;

    private static bool IsAbout(Lie lie, string method) => lie switch
    {
        Lie.Honest => false,
        >= Lie.ForgeValue and <= Lie.StaleBlock => string.Equals(method, "eth_getProof", StringComparison.Ordinal),
        >= Lie.ForgeHeader and <= Lie.StaleHeader => string.Equals(method, "eth_getBlockByHash", StringComparison.Ordinal),
        >= Lie.ForgeLog and <= Lie.AddReceipt => string.Equals(method, "eth_getBlockReceipts", StringComparison.Ordinal),
        _ => true,
    };

    private async Task<JsonObject> SendAsync(JsonObject call, CancellationToken cancellationToken)
    {
        using var content = new StringContent(call.ToJsonString());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _upstream.PostAsync((Uri?)null, content, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        return (await JsonNode.ParseAsync(body, cancellationToken: cancellationToken))!.AsObject();
    }

    // Lies that ask the real node for something else.
    private async Task ChangeCallAsync(Lie lie, JsonObject call, CancellationToken cancellationToken)
    {
        var parameters = call["params"]!.AsArray();
        switch (lie)
        {
            case Lie.WrongSlot:
                parameters[1] = new JsonArray([.. parameters[1]!.AsArray().Select(slot => (JsonNode)Bump((string)slot!))]);
                break;
            case Lie.WrongAccount:
                parameters[0] = Bump((string)parameters[0]!);
                break;
            case Lie.StaleBlock:
                parameters[2]!["blockHash"] = await ParentOfAsync((string)parameters[2]!["blockHash"]!, cancellationToken);
                break;
            case Lie.StaleHeader:
                parameters[0] = await ParentOfAsync((string)parameters[0]!, cancellationToken);
                break;
            default:
                break;
        }
    }

    private async Task<string> ParentOfAsync(string blockHash, CancellationToken cancellationToken)
    {
        var call = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = "eth_getBlockByHash", ["params"] = new JsonArray(blockHash, false) };
        return (string)(await SendAsync(call, cancellationToken))["result"]!["parentHash"]!;
    }

    // Lies about what the real node replied. A reply that has nothing to lie about passes.
    private static void Change(Lie lie, JsonObject call, JsonObject reply)
    {
        if (lie == Lie.Error)
        {
            reply.Remove("result");
            reply["error"] = new JsonObject { ["code"] = -32000, ["message"] = "header not found" };
        }
        else if (lie == Lie.Null)
        {
            reply["result"] = null;
        }
        else if (reply["result"] is JsonObject result && result.ContainsKey("storageProof"))
        {
            ChangeProof(lie, call["params"]!.AsArray(), result);
        }
        else if (lie == Lie.ForgeHeader && reply["result"] is JsonObject header)
        {
            header["stateRoot"] = Bump((string)header["stateRoot"]!);
        }
        else if (reply["result"] is JsonArray receipts)
        {
            ChangeReceipts(lie, receipts);
        }
    }

    private static void ChangeProof(Lie lie, JsonArray parameters, JsonObject account)
    {
        switch (lie)
        {
            case Lie.WrongAccount:
                account["address"] = Bump((string)parameters[0]!, -1);
                break;
            case Lie.ForgeBalance:
                account["balance"] = "0x123456789";
                break;
            case Lie.ForgeStorageRoot:
                account["storageHash"] = Bump((string)account["storageHash"]!);
                break;
            case Lie.CutAccountProof:
                account["accountProof"]!.AsArray().RemoveAt(account["accountProof"]!.AsArray().Count - 1);
                break;
            case Lie.WithholdSlots:
                account["storageProof"] = new JsonArray();
                break;
            case Lie.FlipBit:
                Flip(account["accountProof"]!.AsArray());
                break;
            case Lie.SwapNodes:
                Swap(account["accountProof"]!.AsArray());
                break;
            default:
                break;
        }

        foreach (var slot in account["storageProof"]!.AsArray())
        {
            ChangeSlot(lie, slot!.AsObject());
        }
    }

    private static void ChangeSlot(Lie lie, JsonObject slot)
    {
        var nodes = slot["proof"]!.AsArray();
        switch (lie)
        {
            case Lie.ForgeValue:
                slot["value"] = "0x1234";
                break;
            case Lie.ForgeLeaf when nodes.Count > 0:
                nodes[^1] = Bump((string)nodes[^1]!);
                slot["value"] = Bump((string)slot["value"]!);
                break;
            case Lie.CutProof when nodes.Count > 0:
                nodes.RemoveAt(nodes.Count - 1);
                slot["value"] = "0x0";
                break;
            case Lie.WithholdProof:
                nodes.Clear();
                slot["value"] = "0x0";
                break;
            case Lie.WrongSlot:
                slot["key"] = Bump((string)slot["key"]!, -1);
                break;
            default:
                break;
        }
    }

    private static void ChangeReceipts(Lie lie, JsonArray receipts)
    {
        var lastLogs = receipts.Select(receipt => receipt!["logs"]!.AsArray()).LastOrDefault(logs => logs.Count > 0);
        switch (lie)
        {
            case Lie.ForgeLog when lastLogs is not null:
                lastLogs[^1]!["data"] = (string)lastLogs[^1]!["topics"]![0]!;
                break;
            case Lie.WithholdLog when lastLogs is not null:
                lastLogs.RemoveAt(lastLogs.Count - 1);
                break;
            case Lie.WithholdReceipt when receipts.Count > 0:
                receipts.RemoveAt(receipts.Count - 1);
                break;
            case Lie.AddReceipt when receipts.Count > 0:
                receipts.Add(receipts[^1]!.DeepClone());
                break;
            default:
                break;
        }
    }

    private static void Swap(JsonArray nodes)
    {
        if (nodes.Count > 1)
        {
            var (first, last) = (nodes[0]!.DeepClone(), nodes[^1]!.DeepClone());
            (nodes[0], nodes[^1]) = (last, first);
        }
    }

    private static void Flip(JsonArray nodes)
    {
        if (nodes.Count > 0)
        {
            var node = ((string)nodes[0]!).ToCharArray();
            node[node.Length / 2] = node[node.Length / 2] == '0' ? '1' : '0';
            nodes[0] = new string(node);
        }
    }

    // The hex number with its last digit moved on; the length stays.
    private static string Bump(string hex, int by = 1)
    {
        var digit = (int.Parse(hex.AsSpan(hex.Length - 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture) + by + 16) % 16;
        return string.Concat(hex.AsSpan(0, hex.Length - 1), digit.ToString("x", CultureInfo.InvariantCulture));
    }
}
