using System.Buffers.Binary;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Pythia.Gateway.Tests.Telemetry;

/// <summary>A span as an OTLP receiver gets it (opentelemetry-proto, trace/v1/trace.proto).</summary>
internal sealed record ReceivedSpan(string Source, string Name, string TraceId, string SpanId, string ParentId, IReadOnlyDictionary<string, string> Attributes);

/// <summary>A receiver of OTLP on a free port, over http/protobuf or gRPC (HTTP/2 without TLS): it keeps what comes.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private const string GrpcTraces = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    private const string GrpcMetrics = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

    // gRPC over HTTP/2: a byte that says whether it is compressed and four of its length before each message.
    private const int GrpcPrefixBytes = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly Channel<(string Path, string? Key, Protobuf Message)> _received = Channel.CreateUnbounded<(string, string?, Protobuf)>();

    private OtlpReceiver(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.First());

    public static async Task<OtlpReceiver> StartAsync(bool grpc = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(at => at.Protocols = grpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.MapPost("/{**path}", grpc ? receiver.TakeGrpcAsync : receiver.TakeAsync);
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>The next span of this name and, where it is given, this trace: sources are the process's, so spans of other tests come too.</summary>
    public async Task<ReceivedSpan> WaitForSpanAsync(string name, string? traceId = null)
    {
        await foreach (var (path, _, message) in ReadAsync($"a span '{name}'"))
        {
            if (path is not ("/v1/traces" or GrpcTraces)) continue;
            if (Spans(message).FirstOrDefault(s => s.Name == name && (traceId is null || s.TraceId == traceId)) is { } span) return span;
        }

        throw new InvalidOperationException("the receiver ended");
    }

    /// <summary>Names of the metrics of the next request that has this one, and the access key that came with it.</summary>
    public async Task<(IReadOnlyList<string> Names, string? Key)> WaitForMetricAsync(string name)
    {
        await foreach (var (path, key, message) in ReadAsync($"a metric '{name}'"))
        {
            if (path is not ("/v1/metrics" or GrpcMetrics)) continue;

            var names = message.Messages(1).SelectMany(r => r.Messages(2)).SelectMany(s => s.Messages(2)).Select(m => m.Text(1)).ToList();
            if (names.Contains(name)) return (names, key);
        }

        return ([], null);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // resource_spans 1 → scope_spans 2 → (scope 1 → name 1), spans 2: trace_id 1, span_id 2, parent_span_id 4, name 5, attributes 9 → key 1, value 2.
    private static IEnumerable<ReceivedSpan> Spans(Protobuf request)
        => from resource in request.Messages(1)
           from scope in resource.Messages(2)
           from span in scope.Messages(2)
           select new ReceivedSpan(
               scope.Messages(1).Single().Text(1), span.Text(5), span.Hex(1), span.Hex(2), span.Hex(4), span.Messages(9).ToDictionary(a => a.Text(1), a => a.Messages(2).Single().Text(1)));

    private async IAsyncEnumerable<(string Path, string? Key, Protobuf Message)> ReadAsync(string awaited)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            (string, string?, Protobuf) next;
            try
            {
                next = await _received.Reader.ReadAsync(patience.Token);
            }
            catch (OperationCanceledException e)
            {
                throw new TimeoutException($"awaited {awaited} for {Patience}", e);
            }

            yield return next;
        }
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (context.Request.ContentType != "application/x-protobuf") throw new InvalidOperationException($"{context.Request.ContentType} found");

        _received.Writer.TryWrite((context.Request.Path, context.Request.Headers["x-key"], new Protobuf(body.ToArray())));
    }

    private async Task TakeGrpcAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var frame = body.ToArray();
        var length = BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(1));
        if (context.Request.ContentType != "application/grpc" || frame[0] != 0 || length != frame.Length - GrpcPrefixBytes)
            throw new InvalidOperationException($"{context.Request.ContentType}, compressed {frame[0]}, {length} of {frame.Length} bytes found");

        _received.Writer.TryWrite((context.Request.Path, context.Request.Headers["x-key"], new Protobuf(frame.AsSpan(GrpcPrefixBytes))));
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[GrpcPrefixBytes]);
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
