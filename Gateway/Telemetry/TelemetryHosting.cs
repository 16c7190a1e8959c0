using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Pythia.Gateway.Settings;

namespace Pythia.Gateway.Telemetry;

/// <summary>Puts figures, traces and logs into a program.</summary>
public static class TelemetryHosting
{
    /// <summary>Adds <c>/metrics</c> to the operators' address, and sends to an OTLP receiver where the settings name one.</summary>
    public static IServiceCollection AddPythiaTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddStrictOptions<TelemetryOptions>(configuration, TelemetryOptions.Section);
        services.AddMetrics();
        services.AddSingleton<DistributedContextPropagator, TraceOnlyPropagator>();
        services.AddSingleton(provider => new MetricsCollector(
            provider.GetRequiredService<IOptions<TelemetryOptions>>().Value.SeriesPerMetric,
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<ILogger<MetricsCollector>>()));
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<IOperationsPage, MetricsPage>();
        services.AddHostedService<OtlpExport>();
        return services;
    }

    /// <summary>Logs to standard error, as text or as JSON, with the trace that a line belongs to.</summary>
    public static ILoggingBuilder AddPythiaConsole(this ILoggingBuilder logging, string format)
    {
        if (string.Equals(format, "json", StringComparison.Ordinal))
        {
            logging.AddJsonConsole(console =>
            {
                console.IncludeScopes = true;
                console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
                console.UseUtcTimestamp = true;
            });
            logging.Configure(factory => factory.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        }
        else
        {
            logging.AddSimpleConsole(console => console.SingleLine = true);
        }

        logging.Services.AddSingleton<ConsoleFormatter>(services => new PrivateConsoleFormatter(format == "json" ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple, services));
        logging.Services.Configure<ConsoleLoggerOptions>(console =>
        {
            console.FormatterName = PrivateConsoleFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Trace; // standard output belongs to the program's own lines
        });
        return logging;
    }
}
