using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Pythia.Gateway.Problems;

namespace Pythia.Gateway.Requests;

/// <summary>Reads a body of one media type and a limited size, and no byte more.</summary>
public static class RequestBody
{
    /// <returns>The bytes, or the refusal; never both.</returns>
    public static async Task<(byte[] Bytes, Problem? Problem)> ReadAsync(HttpRequest request, string mediaType, int limit)
    {
        if (!IsMediaType(request.ContentType, mediaType)) return ([], Problem.MediaType(request.ContentType, mediaType));
        return await ReadAsync(request, limit);
    }

    /// <summary>Reads a body that is read again afterwards: what is signed is what is carried out.</summary>
    public static async Task<(byte[] Bytes, Problem? Problem)> KeepAsync(HttpRequest request, int limit)
    {
        var (bytes, problem) = await ReadAsync(request, limit);
        if (problem is null) request.Body = new MemoryStream(bytes, writable: false);
        return (bytes, problem);
    }

    private static async Task<(byte[] Bytes, Problem? Problem)> ReadAsync(HttpRequest request, int limit)
    {
        if (request.ContentLength > limit) return ([], Problem.TooLarge(limit));

        var cancellationToken = request.HttpContext.RequestAborted;
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            if (read.Buffer.Length > limit)
            {
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return ([], Problem.TooLarge(limit));
            }

            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return (bytes, null);
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    // Parameters such as charset=utf-8 change nothing; another charset does.
    private static bool IsMediaType(string? found, string expected)
        => MediaTypeHeaderValue.TryParse(found, out var value)
            && value.MediaType.Equals(expected, StringComparison.OrdinalIgnoreCase)
            && (!value.Charset.HasValue || value.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));
}
