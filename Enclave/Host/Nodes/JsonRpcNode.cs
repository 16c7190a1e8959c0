using System.Net.Http.Headers;
using System.Text;

namespace Pythia.Enclave.Host.Nodes;

/// <summary>What came back for one call: the reply's bytes, unread, or why there is none. Dispose of it when it is judged: a long one has others wait.</summary>
/// <param name="Utf8">The bytes; empty with trouble.</param>
/// <param name="Trouble">For people; null with bytes.</param>
/// <param name="Reason">The trouble's name.</param>
/// <param name="Room">What a long one holds.</param>
internal readonly record struct NodeReply(ReadOnlyMemory<byte> Utf8, string? Trouble, RefusalReason Reason = default, IDisposable? Room = null) : IDisposable
{
    public static NodeReply None(string trouble, RefusalReason reason = RefusalReason.NodeUnavailable) => new(default, trouble, reason);

    public void Dispose() => Room?.Dispose();
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

/// <summary>
/// A node behind HTTP. Each call has its own time limit; at most <see cref="MaxCalls"/> are under way, one of them with a long reply. It is never followed
/// to another address.
/// </summary>
internal sealed class HttpJsonRpcNode : IJsonRpcNode, IDisposable
{
    private const int MaxCalls = 16;

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly HttpClient _http;
    private readonly SemaphoreSlim _calls = new(MaxCalls);
    private readonly SemaphoreSlim _longReply = new(1);
    private readonly ReplyRoom _room;
    private readonly TimeSpan _replyTime;
    private readonly TimeProvider _time;
    private long _lastId;

    public HttpJsonRpcNode(string url, TimeSpan replyTime, ReplyRoom room, TimeProvider time)
    {
        _room = room;
        var uri = new Uri(url);
        Name = uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) + "/";
        _replyTime = replyTime;
        _time = time;
        _http = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null, PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false })
        {
            BaseAddress = uri,
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
                return await SendAsync(method, parameters, limit, either.Token);
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
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            return NodeReply.None($"{method}: {failure.Message}");
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _calls.Dispose();
        _longReply.Dispose();
    }

    private async Task<NodeReply> SendAsync(string method, string parameters, CancellationTokenSource limit, CancellationToken cancellationToken)
    {
        var body = $$"""{"jsonrpc":"2.0","id":{{Interlocked.Increment(ref _lastId)}},"method":"{{method}}","params":{{parameters}}}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, (Uri?)null) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = Json;
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode) return NodeReply.None($"{method}: HTTP status {(int)response.StatusCode} found, 200 expected");

        ReplyRoom.LongReply? room = null;
        var isTaken = false;
        var isLong = false;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            var read = await ReplyBody.ReadAsync(stream, response.Content.Headers.ContentLength, _room.Most, EnterAsync, cancellationToken);
            if (read is not { } utf8) return NodeReply.None($"{method}: a reply of more than {_room.Most} bytes found", RefusalReason.ReplyTooLong);

            isTaken = true;
            return new NodeReply(utf8, null, default, room);
        }
        catch (OutOfMemoryException)
        {
            return NodeReply.None($"{method}: no memory is left for its reply", RefusalReason.ReplyTooLong);
        }
        finally
        {
            if (isLong) _longReply.Release();
            if (!isTaken) room?.Dispose();
        }

        // What this node's own calls hold up counts against it, what others hold up does not.
        async Task<ReplyRoom.LongReply> EnterAsync()
        {
            await _longReply.WaitAsync(cancellationToken);
            isLong = true;
            limit.CancelAfter(Timeout.InfiniteTimeSpan);
            room = await _room.EnterAsync(cancellationToken);
            limit.CancelAfter(_replyTime);
            return room;
        }
    }
}
