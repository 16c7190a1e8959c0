using System.Net.Http.Headers;
using System.Text;

namespace Pythia.Enclave.Host.Nodes;

/// <summary>What came back for one call: the reply's bytes, unread, or why there is none.</summary>
internal readonly record struct NodeReply(ReadOnlyMemory<byte> Utf8, string? Trouble)
{
    public static NodeReply None(string trouble) => new(default, trouble);
}

/// <summary>One JSON-RPC node. Sends and receives bytes; what they say is judged elsewhere.</summary>
internal interface IJsonRpcNode
{
    /// <summary>For people: scheme, host and port; user, path and query may hold an access key.</summary>
    string Name { get; }

    /// <summary>One call. A silent, slow or broken node is a reply with trouble; only the caller's cancellation throws.</summary>
    /// <param name="method">Such as <c>eth_getProof</c>.</param>
    /// <param name="parameters">JSON array.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<NodeReply> CallAsync(string method, string parameters, CancellationToken cancellationToken);
}

/// <summary>A node behind HTTP. Each call has its own time limit; at most <see cref="MaxCalls"/> are under way.</summary>
internal sealed class HttpJsonRpcNode : IJsonRpcNode, IDisposable
{
    private const int MaxCalls = 16;
    private const long MaxReplyBytes = 64L << 20;

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly HttpClient _http;
    private readonly SemaphoreSlim _calls = new(MaxCalls);
    private readonly TimeSpan _replyTime;
    private readonly TimeProvider _time;
    private long _lastId;

    public HttpJsonRpcNode(string url, TimeSpan replyTime, TimeProvider time)
    {
        var uri = new Uri(url);
        Name = uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) + "/";
        _replyTime = replyTime;
        _time = time;
        _http = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            BaseAddress = uri,
            MaxResponseContentBufferSize = MaxReplyBytes,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (uri.UserInfo.Length > 0)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(uri.UserInfo))));
        }
    }

    public string Name { get; }

    public async Task<NodeReply> CallAsync(string method, string parameters, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_replyTime, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _calls.WaitAsync(either.Token);
            try
            {
                return await SendAsync(method, parameters, either.Token);
            }
            finally
            {
                _calls.Release();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return NodeReply.None($"{method}: no reply within {_replyTime.TotalMilliseconds:0} ms");
        }
        catch (HttpRequestException failure)
        {
            return NodeReply.None($"{method}: {failure.Message}");
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _calls.Dispose();
    }

    private async Task<NodeReply> SendAsync(string method, string parameters, CancellationToken cancellationToken)
    {
        var body = $$"""{"jsonrpc":"2.0","id":{{Interlocked.Increment(ref _lastId)}},"method":"{{method}}","params":{{parameters}}}""";
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = Json;
        using var response = await _http.PostAsync((Uri?)null, content, cancellationToken);
        return response.IsSuccessStatusCode
            ? new NodeReply(await response.Content.ReadAsByteArrayAsync(cancellationToken), null)
            : NodeReply.None($"{method}: HTTP status {(int)response.StatusCode} found, 200 expected");
    }
}
