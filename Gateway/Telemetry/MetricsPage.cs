using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Pythia.Gateway.Telemetry;

/// <summary><c>/metrics</c> of the operators' address.</summary>
internal sealed class MetricsPage(MetricsCollector collector) : IOperationsPage
{
    public void Map(IEndpointRouteBuilder endpoints)
    {
        collector.Start();
        endpoints.MapGet("/metrics", (HttpContext context) =>
        {
            // Who asks for OpenMetrics names it first; a browser or an old scraper gets the older text.
            var openMetrics = context.Request.Headers.Accept.ToString().Contains("application/openmetrics-text", StringComparison.OrdinalIgnoreCase);
            context.Response.Headers.CacheControl = "no-store";
            return Results.Text(collector.Scrape(openMetrics), openMetrics ? PrometheusText.OpenMetricsMediaType : PrometheusText.TextMediaType);
        });
    }
}
