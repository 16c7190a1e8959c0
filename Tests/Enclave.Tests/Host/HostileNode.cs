using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pythia.Enclave.Tests.Host;

/// <summary>What a hostile node does to whoever asks it, beside lying.</summary>
public enum Hostility
{
    None,

    /// <summary>Announces a reply of 64 MiB and one byte.</summary>
    Announces,

    /// <summary>Never stops.</summary>
    Endless,

    /// <summary>[0,0,0,…]: each value costs more than its bytes.</summary>
    ManyValues,

    /// <summary>{"a0":0,"a1":0,…}.</summary>
    ManyNames,

    /// <summary>One member of megabytes.</summary>
    OneString,

    /// <summary>An error with a text of megabytes.</summary>
    LongError,

    /// <summary>[[[[….</summary>
    Deep,

    /// <summary>A byte now and then.</summary>
    Drips,

    /// <summary>Much, then a byte now and then.</summary>
    DripsLate,

    /// <summary>What is asked for, with megabytes of something else in it.</summary>
    Padded,

    /// <summary>Sends the enclave elsewhere.</summary>
    Redirects,
}

/// <summary>A node between that passes on what it is asked, save for one method. Speaks HTTP by itself, so that it can do what no server does.</summary>
internal sealed class HostileNode : IAsyncDisposable
{
    /// <summary>Just below what pythia-enclave takes.</summary>
    public const int AlmostTooLong = (4 << 20) - 256;

    private readonly Uri _chain;
    private readonly HttpClient _http = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;

    public HostileNode(Uri chain)
    {
        _chain = chain;
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        _accepting = AcceptAsync();
    }

    public Uri Url { get; }

    /// <summary>To calls of <see cref="Method"/>.</summary>
    public Hostility Hostility { get; set; }

    public string Method { get; set; } = "eth_getProof";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _connections.RemoveAll(task => task.IsCompleted);
                _connections.Add(ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                while (await ReadRequestAsync(stream) is { } body) await ReplyAsync(stream, body);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or HttpRequestException)
        {
            // The enclave went, as it should.
        }
    }

    private async Task<string?> ReadRequestAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0) return null;

            head.Append((char)one[0]);
        }

        var line = head.ToString().Split("\r\n").Single(part => part.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        var body = new byte[int.Parse(line.AsSpan("Content-Length:".Length))];
        await stream.ReadExactlyAsync(body, _stop.Token);
        return Encoding.UTF8.GetString(body);
    }

    private async Task ReplyAsync(NetworkStream stream, string body)
    {
        var isHostile = body.Contains($"\"{Method}\"", StringComparison.Ordinal);
        switch (isHostile ? Hostility : Hostility.None)
        {
            case Hostility.None:
                await SendAsync(stream, await ForwardAsync(body));
                break;
            case Hostility.Padded:
                await SendAsync(stream, Encoding.UTF8.GetString(await ForwardAsync(body)).Replace("\"result\":{", $"\"result\":{{\"more\":\"{new string('x', 3 << 20)}\",", StringComparison.Ordinal));
                break;
            case Hostility.Announces:
                await WriteAsync(stream, $"HTTP/1.1 200 OK\r\nContent-Length: {(64 << 20) + 1}\r\n\r\n");
                await FloodAsync(stream, "a", chunked: false);
                break;
            case Hostility.Endless:
                await WriteAsync(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                await FloodAsync(stream, "a", chunked: true);
                break;
            case Hostility.ManyValues:
                await SendAsync(stream, Repeated("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[0", _ => ",0", "]}"));
                break;
            case Hostility.ManyNames:
                await SendAsync(stream, Repeated("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":0", i => $",\"a{i}\":0", "}}"));
                break;
            case Hostility.OneString:
                await SendAsync(stream, $"{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{{\"address\":\"0x{new string('a', AlmostTooLong)}\"}}}}");
                break;
            case Hostility.LongError:
                await SendAsync(stream, $"{{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{{\"code\":-32000,\"message\":\"{new string('e', AlmostTooLong)}\"}}}}");
                break;
            case Hostility.Deep:
                await SendAsync(stream, new string('[', AlmostTooLong));
                break;
            case Hostility.Drips:
                await WriteAsync(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                await DripAsync(stream);
                break;
            case Hostility.DripsLate:
                await WriteAsync(stream, $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n{new string(' ', 1 << 20)}\r\n");
                await DripAsync(stream);
                break;
            default:
                await WriteAsync(stream, $"HTTP/1.1 307 Temporary Redirect\r\nLocation: {_chain}\r\nContent-Length: 0\r\n\r\n");
                break;
        }
    }

    private static string Repeated(string start, Func<int, string> part, string end)
    {
        var text = new StringBuilder(start, AlmostTooLong);
        for (var i = 0; text.Length < AlmostTooLong - 64; i++) text.Append(part(i));
        return text.Append(end).ToString();
    }

    private async Task<byte[]> ForwardAsync(string body)
    {
        using var reply = await _http.PostAsync(_chain, new StringContent(body, Encoding.UTF8, "application/json"), _stop.Token);
        return await reply.Content.ReadAsByteArrayAsync(_stop.Token);
    }

    private Task SendAsync(NetworkStream stream, string body) => SendAsync(stream, Encoding.UTF8.GetBytes(body));

    private async Task SendAsync(NetworkStream stream, byte[] body)
    {
        await WriteAsync(stream, $"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n");
        await stream.WriteAsync(body, _stop.Token);
    }

    private async Task WriteAsync(NetworkStream stream, string text) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text), _stop.Token);

    private async Task FloodAsync(NetworkStream stream, string what, bool chunked)
    {
        var part = new string(what[0], 1 << 16);
        var bytes = Encoding.ASCII.GetBytes(chunked ? $"10000\r\n{part}\r\n" : part);
        while (true) await stream.WriteAsync(bytes, _stop.Token);
    }

    private async Task DripAsync(NetworkStream stream)
    {
        while (true)
        {
            await WriteAsync(stream, "1\r\n \r\n");
            await Task.Delay(20, _stop.Token);
        }
    }
}
