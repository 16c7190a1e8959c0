using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Pythia.Gateway.Problems;

namespace Pythia.Gateway.Lists;

/// <summary>Where a page begins, opaque to callers: base64url of a version byte, eight bytes of SHA-256 of the list's path, and the place in
/// ASCII. It belongs to one list; it is no secret and gives no right.</summary>
internal static class PageCursor
{
    private const byte Version = 1;
    private const int PathBytes = 8;
    private const int LongestText = 200;

    public static string Write(HttpContext context, string place)
        => Base64Url.EncodeToString([Version, .. PathOf(context), .. Encoding.ASCII.GetBytes(place)]);

    /// <summary>The place, or null for the beginning; or the refusal.</summary>
    /// <param name="isPlace">Whether a text can be a place in this list.</param>
    public static (string? Place, Problem? Problem) Read(HttpContext context, string? cursor, Func<string, bool> isPlace)
    {
        if (cursor is null) return (null, null);

        Span<byte> bytes = stackalloc byte[LongestText];
        if (cursor.Length is 0 or > LongestText || !Base64Url.IsValid(cursor) || !Base64Url.TryDecodeFromChars(cursor, bytes, out var length)
            || length <= 1 + PathBytes || bytes[0] != Version || !bytes[1..(1 + PathBytes)].SequenceEqual(PathOf(context)))
            return (null, Refuse(cursor));

        var place = Encoding.ASCII.GetString(bytes[(1 + PathBytes)..length]);
        return isPlace(place) ? (place, null) : (null, Refuse(cursor));
    }

    private static Problem Refuse(string cursor) => new(ProblemTypes.BadCursor, $"cursor '{Problem.Shorten(cursor)}' found, the next of this list's page before expected");

    private static ReadOnlySpan<byte> PathOf(HttpContext context)
        => SHA256.HashData(Encoding.UTF8.GetBytes(context.Request.Path.Value!.ToLowerInvariant())).AsSpan(0, PathBytes);
}
