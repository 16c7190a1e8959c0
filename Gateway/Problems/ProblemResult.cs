using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Pythia.Gateway.Telemetry;

namespace Pythia.Gateway.Problems;

/// <summary>Writes a <see cref="Problem"/>: CBOR below <see cref="DevicePath"/>, JSON elsewhere.</summary>
public sealed class ProblemResult(Problem problem) : IResult
{
    /// <summary>Everything below it is answered in CBOR.</summary>
    public const string DevicePath = "/pythia";

    public const string JsonMediaType = "application/problem+json";

    // What a signature is to cover (RFC 9421 section 5.1).
    private const string AcceptSignature = "sig=(\"@method\" \"@target-uri\" \"content-digest\");created;expires;nonce;keyid";

    public Problem Problem { get; } = problem;

    public Task ExecuteAsync(HttpContext httpContext) => WriteAsync(httpContext, Problem);

    public static async Task WriteAsync(HttpContext context, Problem problem)
    {
        context.RequestServices.GetService<GatewayMetrics>()?.Refused(problem);
        context.Response.StatusCode = problem.Status;
        context.Response.Headers.CacheControl = "no-store";
        if (problem.RetryAfterSeconds is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);

        if (problem.Status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Signature";
            context.Response.Headers["Accept-Signature"] = AcceptSignature;
        }

        var device = context.Request.Path.StartsWithSegments(DevicePath, StringComparison.Ordinal);
        var body = device ? ConciseProblem.Encode(problem) : EncodeJson(problem, context.TraceIdentifier);
        context.Response.ContentType = device ? ConciseProblem.MediaType : JsonMediaType;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static byte[] EncodeJson(Problem problem, string requestId)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", problem.Type.Uri);
            json.WriteString("title", problem.Type.Title);
            json.WriteNumber("status", problem.Status);
            json.WriteString("detail", problem.Detail);
            if (problem.Verdict is { } verdict) json.WriteString("verdict", verdict);
            if (problem.Digest is { } digest) json.WriteString("digest", digest);
            if (problem.Reason is { } reason) json.WriteString("reason", reason);
            if (problem.Quota is { } quota)
            {
                json.WriteString("quota", quota.Name);
                json.WriteNumber("used", quota.Used);
                json.WriteNumber("limit", quota.Limit);
            }

            if (problem.Status >= 500) json.WriteString("requestId", requestId);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
