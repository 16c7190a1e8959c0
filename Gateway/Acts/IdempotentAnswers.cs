using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Pythia.Gateway.Callers;
using Pythia.Gateway.Problems;
using Pythia.Gateway.Signing;
using Pythia.Grains.Clients;

namespace Pythia.Gateway.Acts;

/// <summary>Answers a request that is sent again under its idempotency key as the first time (draft-ietf-httpapi-idempotency-key-header): for a
/// day, each caller for itself. What is answered 429 or 5xx was not carried out, and may be sent again under the same key.</summary>
internal static class IdempotentAnswers
{
    public const string Field = "Idempotency-Key";

    private const int LongestKey = 128;
    private const int LongestKept = 4_096;

    /// <summary>Carries a request out, or gives its answer of before.</summary>
    public static async Task<IResult> RunAsync(HttpContext context, ulong chainId, ReadOnlyMemory<byte> body, IGrainFactory grains, Func<Task<IResult>> carryOutAsync)
    {
        if (!context.Request.Headers.TryGetValue(Field, out var values)) return await carryOutAsync();
        if (ReadKey(values) is not { } key)
            return new ProblemResult(new(ProblemTypes.BadHeader, $"{Field} {Problem.Shorten(values.ToString())} found, a quoted string of 1 to {LongestKey} characters expected"));

        var (grainKey, digest) = Caller.Of(context).MemoryOn(chainId, "idempotency", key);
        var memory = grains.GetGrain<IRequestGrain>(grainKey);
        var start = await memory.BeginAsync(digest, FingerprintOf(context.Request, body.Span));
        switch (start.Verdict)
        {
            case IdempotencyVerdict.Answered: return new KeptResult(start.Answer!);
            case IdempotencyVerdict.OtherRequest: return new ProblemResult(new(ProblemTypes.IdempotencyKeyReused, $"key '{key}' found with another body, the same body or another key expected"));
            case IdempotencyVerdict.UnderWay:
                return new ProblemResult(new(ProblemTypes.IdempotencyKeyInUse, $"a request with key '{key}' is not answered yet") { RetryAfterSeconds = 1 });
        }

        KeptAnswer? kept = null;
        try
        {
            var result = await carryOutAsync();
            var answer = await RenderAsync(context, result);
            if (answer is { Status: < 500 and not 429, Body.Length: <= LongestKept }) kept = answer;
            return answer is null ? result : new KeptResult(answer);
        }
        finally
        {
            await memory.CompleteAsync(digest, kept);
        }
    }

    private static string? ReadKey(StringValues values)
        => values.Count == 1 && StructuredFieldParser.TryReadItem(values.ToString(), out var item) && item is { Value: string { Length: >= 1 and <= LongestKey } key } ? key : null;

    private static string FingerprintOf(HttpRequest request, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path}\n"));
        hash.AppendData(body);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Writes the result to a page of its own first: what is kept is what is sent.
    private static async Task<KeptAnswer?> RenderAsync(HttpContext context, IResult result)
    {
        var sent = context.Response.Body;
        using var page = new MemoryStream();
        context.Response.Body = page;
        try
        {
            await result.ExecuteAsync(context);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            return new(
                context.Response.StatusCode,
                context.Response.ContentType ?? "",
                context.Response.Headers.Location is { Count: 1 } location ? location.ToString() : null,
                Encoding.UTF8.GetString(page.ToArray()));
        }
        finally
        {
            context.Response.Body = sent;
        }
    }

    private sealed class KeptResult(KeptAnswer answer) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var body = Encoding.UTF8.GetBytes(answer.Body);
            httpContext.Response.StatusCode = answer.Status;
            httpContext.Response.ContentType = answer.ContentType;
            httpContext.Response.ContentLength = body.Length;
            httpContext.Response.Headers.CacheControl = "no-store";
            if (answer.Location is { } location) httpContext.Response.Headers.Location = location;
            await httpContext.Response.Body.WriteAsync(body, httpContext.RequestAborted);
        }
    }
}
