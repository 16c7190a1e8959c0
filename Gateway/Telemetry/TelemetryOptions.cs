using System.ComponentModel.DataAnnotations;
using Pythia.Gateway.Settings;

namespace Pythia.Gateway.Telemetry;

/// <summary>Where figures, traces and logs go, section <c>Telemetry</c>.</summary>
public sealed class TelemetryOptions
{
    public const string Section = "Telemetry";

    /// <summary>OTLP receiver of figures and traces: an absolute http or https URL; for <c>http/protobuf</c> without <c>/v1/…</c>. Default none: nothing is sent.</summary>
    [HttpUrl]
    public string? OtlpEndpoint { get; set; }

    /// <summary>How it is spoken to: <c>http/protobuf</c> or <c>grpc</c>, default http/protobuf.</summary>
    [Required, AllowedValues("http/protobuf", "grpc")]
    public string OtlpProtocol { get; set; } = "http/protobuf";

    /// <summary>Headers for the receiver, such as an access key: <c>name=value,name=value</c>. Default none.</summary>
    [Secret]
    public string? OtlpHeaders { get; set; }

    /// <summary>The share of traces that are recorded and sent: 0 to 1, default 0.05.</summary>
    [Range(0.0, 1.0)]
    public double TraceRatio { get; set; } = 0.05;

    /// <summary>Seconds from one sending of figures to the next: 1 to 3,600, default 60.</summary>
    [Range(1, 3_600)]
    public int ExportSeconds { get; set; } = 60;

    /// <summary>Series of one metric; what goes beyond is counted together: 10 to 100,000, default 1,000.</summary>
    [Range(10, 100_000)]
    public int SeriesPerMetric { get; set; } = 1_000;

    /// <summary>How logs are written to standard error: <c>text</c>, or <c>json</c> with one object a line and trace ids, default text.</summary>
    [Required, AllowedValues("text", "json")]
    public string LogFormat { get; set; } = "text";
}
