using System.Net;
using System.Net.Sockets;

namespace Pythia.EndToEnd;

/// <summary>Stands before a silo's operators' address: what is asked for is done, and its reply is lost.</summary>
internal sealed class LossyOperations : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly HttpClient _http;

    private LossyOperations(Uri silo, Uri url)
    {
        _http = new HttpClient { BaseAddress = silo };
        Url = url;
        _listener.Prefixes.Add($"{url}");
        _listener.Start();
        Served = ServeAsync();
    }

    public Uri Url { get; }

    public Task Served { get; }

    public static LossyOperations Before(Uri silo)
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        return new LossyOperations(silo, new Uri($"http://127.0.0.1:{port}/"));
    }

    public void Dispose()
    {
        _listener.Close();
        _http.Dispose();
    }

    // Ends with the one that changes something.
    private async Task ServeAsync()
    {
        while (true)
        {
            var context = await _listener.GetContextAsync();
            using var request = new HttpRequestMessage(new HttpMethod(context.Request.HttpMethod), context.Request.RawUrl);
            using var reply = await _http.SendAsync(request);
            var isLost = request.Method == HttpMethod.Post && reply.IsSuccessStatusCode;
            context.Response.StatusCode = isLost ? (int)HttpStatusCode.BadGateway : (int)reply.StatusCode;
            context.Response.Close(isLost ? [] : await reply.Content.ReadAsByteArrayAsync(), willBlock: false);
            if (isLost) return;
        }
    }
}
