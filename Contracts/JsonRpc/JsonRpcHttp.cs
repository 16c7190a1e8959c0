using System.Net;

namespace Pythia.Contracts.JsonRpc;

/// <summary>The HTTP client that nodes are asked with.</summary>
public static class JsonRpcHttp
{
    /// <summary>One for the life of the program: connections are kept and renewed, redirects are not followed, time limits are the pipeline's.</summary>
    public static HttpClient Create() => new(new SocketsHttpHandler
    {
        ActivityHeadersPropagator = null, // nodes are strangers: no trace id of ours goes to them
        AllowAutoRedirect = false, // where requests go is configured, not said by a node
        AutomaticDecompression = DecompressionMethods.All,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        UseCookies = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };
}
