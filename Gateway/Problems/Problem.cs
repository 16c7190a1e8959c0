namespace Pythia.Gateway.Problems;

/// <summary>A refusal at the gateway's door. <see cref="ProblemResult"/> writes it as RFC 9457 JSON, or as RFC 9290 CBOR to devices.</summary>
/// <param name="Status">HTTP status, 400 to 599.</param>
/// <param name="Name">Stable name of the reason in kebab case: the last part of the problem's type.</param>
/// <param name="Title">The reason in words, the same for each occurrence.</param>
/// <param name="Detail">The thing, the value found and the value expected; nothing of the inside.</param>
public sealed record Problem(int Status, string Name, string Title, string Detail)
{
    /// <summary>Before the name in a problem's type: names are stable, and no page must be fetched to understand them.</summary>
    public const string TypePrefix = "urn:pythia:problem:";

    /// <summary>Seconds after which the same request may do better, or null.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>For a submitted intent: the grain's verdict by name.</summary>
    public string? Verdict { get; init; }

    /// <summary>For a submitted intent that could be read: its digest.</summary>
    public string? Digest { get; init; }

    public static Problem BadRequest(string name, string detail) => new(400, name, "The request can't be read", detail);

    public static Problem UnknownChain(string chain, IEnumerable<ulong> known)
        => new(404, "unknown-chain", "The chain is not served here", $"chain '{Shorten(chain)}' found, one of {string.Join(", ", known)} expected");

    public static Problem BadId(string what, string found, string expected)
        => new(400, "bad-id", "An id is out of form", $"{what} '{Shorten(found)}' found, {expected} expected");

    public static Problem NotFound(string what) => new(404, "not-found", "There is no such thing", what);

    public static Problem TooLarge(long limit)
        => new(413, "too-large", "The body is too large", $"more than {limit} bytes found, at most {limit} expected");

    public static Problem MediaType(string? found, string expected)
        => new(415, "media-type", "The body's media type is not the one expected", $"'{Shorten(found ?? "none")}' found, {expected} expected");

    public static Problem TooMany(int seconds)
        => new(429, "too-many-requests", "Too many requests", $"more requests than allowed found; try again in {seconds} s") { RetryAfterSeconds = seconds };

    public static Problem TryAgain(string detail)
        => new(503, "try-again", "It can't be done now", detail) { RetryAfterSeconds = 1 };

    /// <summary>For what routing and the server refuse before any endpoint is reached.</summary>
    public static Problem OfStatus(int status) => status switch
    {
        404 => new(404, "not-found", "There is no such thing", "no resource found at this path"),
        405 => new(405, "method", "The method is not allowed here", "another method found, those of the header Allow expected"),
        413 => new(413, "too-large", "The body is too large", "a larger body found than this resource takes"),
        415 => new(415, "media-type", "The body's media type is not the one expected", "another media type found"),
        429 => TooMany(1),
        500 => new(500, "internal", "Something went wrong here", "the operator finds it in the log by the request id"),
        503 => TryAgain("the service is starting or stopping"),
        _ => new(status, $"http-{status}", "The request is refused", $"status {status}"),
    };

    /// <summary>A text from outside for a message: at most 80 characters, none of them a control character.</summary>
    public static string Shorten(string text)
    {
        var cut = text.Length <= 80 ? text : text[..77] + "...";
        return string.Create(cut.Length, cut, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = char.IsControl(source[i]) ? '?' : source[i];
        });
    }
}
