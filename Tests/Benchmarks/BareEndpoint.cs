using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Pythia.Benchmarks;

/// <summary>The peer of the gateway: Kestrel and routing, which read a body and send another.</summary>
internal sealed class BareEndpoint : IAsyncDisposable
{
    private readonly WebApplication _app;

    private BareEndpoint(WebApplication app) => _app = app;

    public Uri Url(string path) => new(new Uri(_app.Urls.First()), path);

    public static async Task<BareEndpoint> StartAsync(byte[] answer, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        app.UseRouting();
        app.MapPost("/answer", async (HttpContext context) =>
        {
            await ReadAsync(context);
            return Results.Bytes(answer, "application/cose");
        });
        var keys = new ThreadLocal<ECDsa>(() => ECDsa.Create(ECCurve.NamedCurves.nistP256));
        app.MapPost("/sign", async (HttpContext context) =>
        {
            await ReadAsync(context);
            var signature = keys.Value!.SignData(answer, HashAlgorithmName.SHA256);
            return Results.Bytes([.. answer.AsSpan(signature.Length), .. signature], "application/cose");
        });
        await app.StartAsync(cancellationToken);
        return new BareEndpoint(app);
    }

    private static async Task ReadAsync(HttpContext context)
    {
        var body = new byte[context.Request.ContentLength ?? 0];
        await context.Request.Body.ReadExactlyAsync(body, context.RequestAborted);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
