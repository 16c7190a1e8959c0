using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Pythia.Gateway.Telemetry;

/// <summary>Sends figures and traces to an OTLP receiver, where one is named; otherwise nothing of it is made and nobody listens.</summary>
internal sealed class OtlpExport(IOptions<TelemetryOptions> options) : IHostedService, IDisposable
{
    private const int FlushMilliseconds = 5_000;

    private TracerProvider? _traces;
    private MeterProvider? _figures;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var settings = options.Value;
        if (string.IsNullOrEmpty(settings.OtlpEndpoint)) return Task.CompletedTask;

        var resource = ResourceBuilder.CreateEmpty()
            .AddService("pythia", serviceVersion: typeof(OtlpExport).Assembly.GetName().Version?.ToString(3), serviceInstanceId: Environment.MachineName);
        _traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .SetSampler(SamplerOf(settings.TraceRatio))
            .AddSource(PythiaTraces.Sources)
            .AddProcessor(new TracePrivacy())
            .AddOtlpExporter(otlp => Set(otlp, settings, "v1/traces"))
            .Build();
        _figures = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter("Pythia.*", "Microsoft.Orleans", "System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.RateLimiting", "Microsoft.AspNetCore.Server.Kestrel")
            .SetMaxMetricStreams(1_000)
            .AddOtlpExporter((otlp, reader) =>
            {
                Set(otlp, settings, "v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = settings.ExportSeconds * 1_000;
            })
            .Build();
        return Task.CompletedTask;
    }

    /// <summary>What is recorded is sent before the process ends.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            _traces?.ForceFlush(FlushMilliseconds);
            _figures?.ForceFlush(FlushMilliseconds);
        },
        cancellationToken);

    public void Dispose()
    {
        _traces?.Dispose();
        _figures?.Dispose();
    }

    // A caller may join a trace of his own, and may not make us record more than the setting says: his flag is judged by the same ratio.
    private static ParentBasedSampler SamplerOf(double ratio)
    {
        var share = new TraceIdRatioBasedSampler(ratio);
        return new(share, remoteParentSampled: share);
    }

    private static void Set(OtlpExporterOptions otlp, TelemetryOptions settings, string path)
    {
        var isHttp = string.Equals(settings.OtlpProtocol, "http/protobuf", StringComparison.Ordinal);
        otlp.Protocol = isHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        otlp.Endpoint = isHttp ? new Uri(new Uri(settings.OtlpEndpoint!.TrimEnd('/') + "/"), path) : new Uri(settings.OtlpEndpoint!);
        if (!string.IsNullOrEmpty(settings.OtlpHeaders)) otlp.Headers = settings.OtlpHeaders;
    }
}
