using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Evidence;

namespace Pythia.Tests.Collateral;

/// <summary>A caching service on a real socket, which serves what a simulated vendor issues, and can be told to misbehave.</summary>
internal sealed class PccsDouble : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _asked = new();

    private PccsDouble(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single();

    /// <summary>Paths with queries, in the order of the requests.</summary>
    public IReadOnlyList<string> Asked => [.. _asked];

    /// <summary>What is served.</summary>
    public required Func<QuoteCollateral> Collateral { get; set; }

    /// <summary>Looks at a request before it is served; true when it answered by itself.</summary>
    public Func<HttpContext, Task<bool>> Misbehave { get; set; } = _ => Task.FromResult(false);

    public static async Task<PccsDouble> StartAsync(SimulatedPlatform platform)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var pccs = new PccsDouble(app) { Collateral = () => platform.IssueCollateral() };
        app.Run(pccs.ServeAsync);
        await app.StartAsync();
        return pccs;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ServeAsync(HttpContext context)
    {
        _asked.Enqueue(context.Request.Path + context.Request.QueryString);
        if (await Misbehave(context)) return;

        var collateral = Collateral();
        switch (context.Request.Path.Value)
        {
            case "/sgx/certification/v4/tcb":
                await SendAsync(context, collateral.TcbInfo, "TCB-Info-Issuer-Chain", collateral.TcbInfoIssuerChain);
                break;
            case "/sgx/certification/v4/qe/identity":
                await SendAsync(context, collateral.QeIdentity, "SGX-Enclave-Identity-Issuer-Chain", collateral.QeIdentityIssuerChain);
                break;
            case "/sgx/certification/v4/pckcrl":
                await SendAsync(context, collateral.PckCrl, "SGX-PCK-CRL-Issuer-Chain", collateral.PckCrlIssuerChain);
                break;
            case "/sgx/certification/v4/rootcacrl":
                await context.Response.WriteAsync(Convert.ToHexStringLower(collateral.RootCaCrl!.Value.Span));
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }

    private static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte>? body, string header, ReadOnlyMemory<byte>? chain)
    {
        context.Response.Headers[header] = Uri.EscapeDataString(Encoding.ASCII.GetString(chain!.Value.Span));
        await context.Response.Body.WriteAsync(body!.Value);
    }
}
