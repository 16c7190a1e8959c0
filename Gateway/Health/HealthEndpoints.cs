using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pythia.Gateway.OpenApi;

namespace Pythia.Gateway.Health;

/// <summary><c>/health/live</c>: the process answers. <c>/health/ready</c>: what is wrong, by code; 503 only where the process is useless.
/// The public page names codes and chains; the operators' page also names nodes and lanes, and says it in words.</summary>
public static class HealthEndpoints
{
    /// <summary>The pages that anyone may read.</summary>
    public static void Map(IEndpointRouteBuilder endpoints) => Map(endpoints, isOperators: false);

    /// <summary>The pages of the operators' address.</summary>
    public static void MapOperators(IEndpointRouteBuilder endpoints) => Map(endpoints, isOperators: true);

    private static void Map(IEndpointRouteBuilder endpoints, bool isOperators)
    {
        endpoints.MapGet("/health/live", (HttpContext context) => Write(context, new HealthJson("live", []), StatusCodes.Status200OK)).Describe(ApiOperations.Live);
        endpoints.MapGet("/health/ready", async (HttpContext context, HealthReporter reporter) =>
        {
            var reasons = await reporter.FindAsync();
            var worst = reasons.Count == 0 ? default(HealthLevel?) : reasons.Max(r => r.Code.Level);
            var page = new HealthJson(StatusOf(worst), [.. reasons.Select(r => HealthReasonJson.Of(r, isOperators)).Distinct()]);
            return Write(context, page, worst == HealthLevel.NotReady ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
        }).Describe(ApiOperations.Ready);
    }

    private static string StatusOf(HealthLevel? worst) => worst switch
    {
        null => "ready",
        HealthLevel.Degraded => "degraded",
        _ => "not-ready",
    };

    private static IResult Write(HttpContext context, HealthJson page, int status)
    {
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(page, GatewayJson.Options, statusCode: status);
    }
}

/// <summary>State of the service.</summary>
/// <param name="Status"><c>live</c>; or <c>ready</c>, <c>degraded</c>, <c>not-ready</c>.</param>
/// <param name="Reasons">Why it is not ready; empty when it is.</param>
public sealed record HealthJson(string Status, IReadOnlyList<HealthReasonJson> Reasons);

/// <summary>One reason.</summary>
/// <param name="Code">Stable: from docs/operations/health.md.</param>
/// <param name="Level"><c>degraded</c> or <c>not-ready</c>.</param>
/// <param name="Part">Which part says it.</param>
/// <param name="Chain">Chain id, where it is about one.</param>
/// <param name="Name">Which node, lane, enclave or file; on the operators' page only.</param>
/// <param name="Detail">In words; on the operators' page only.</param>
/// <param name="Since">When it began (ISO 8601, UTC), where that is known; on the operators' page only.</param>
public sealed record HealthReasonJson(string Code, string Level, string Part, ulong? Chain, string? Name, string? Detail, string? Since)
{
    public static HealthReasonJson Of(HealthReason reason, bool isOperators) => new(
        reason.Code.Code,
        reason.Code.Level == HealthLevel.NotReady ? "not-ready" : "degraded",
        reason.Code.Part,
        reason.Chain,
        isOperators ? reason.Name : null,
        isOperators ? reason.Detail : null,
        isOperators ? reason.Since?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : null);
}
