using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Pythia.Gateway.Views;

/// <summary>A view as JSON with a strong validator (RFC 9110 section 8.8): 304 to whoever has these very bytes.</summary>
/// <remarks>The validator is of the bytes and not of the position on the chain: what waits, what a counter elsewhere has ended and what has
/// become final change a view without a new event of its own.</remarks>
/// <param name="entity">What is shown.</param>
/// <param name="isPrivate">Only the caller's own cache may keep it.</param>
internal sealed class EntityResult<TEntity>(TEntity entity, bool isPrivate = false) : IResult
{
    private const int TagBytes = 16;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(entity, GatewayJson.Options);
        return EntityBody.WriteAsync(httpContext, body, "application/json; charset=utf-8", TagOf(body), isPrivate ? "private, no-cache" : "no-cache");
    }

    private static string TagOf(ReadOnlySpan<byte> body) => $"\"{Base64Url.EncodeToString(SHA256.HashData(body).AsSpan(0, TagBytes))}\"";
}

/// <summary>Writes a representation, or says that the caller has it already.</summary>
internal static class EntityBody
{
    /// <param name="tag">Strong, quoted.</param>
    /// <param name="cacheControl">For 200 and 304 alike (RFC 9110 section 15.4.5).</param>
    public static async Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> body, string contentType, string tag, string cacheControl)
    {
        context.Response.Headers.ETag = tag;
        context.Response.Headers.CacheControl = cacheControl;
        if (IsKnown(context.Request.Headers.IfNoneMatch, tag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    // RFC 9110 section 13.1.2: weak comparison. What is out of form is no condition.
    private static bool IsKnown(StringValues ifNoneMatch, string tag)
        => ifNoneMatch.Count > 0
            && EntityTagHeaderValue.TryParseList([.. ifNoneMatch.OfType<string>()], out var tags)
            && tags.Any(known => known.Equals(EntityTagHeaderValue.Any) || string.Equals(known.Tag.Value, tag, StringComparison.Ordinal));
}
