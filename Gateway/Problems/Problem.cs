namespace Pythia.Gateway.Problems;

/// <summary>A refusal at the gateway's door. <see cref="ProblemResult"/> writes it as RFC 9457 JSON, or as RFC 9290 CBOR to devices.</summary>
/// <param name="Type">Its kind.</param>
/// <param name="Detail">The thing, the value found and the value expected; nothing of the inside.</param>
public sealed record Problem(ProblemType Type, string Detail)
{
    /// <summary>HTTP status, 400 to 599.</summary>
    public int Status => Type.Status;

    /// <summary>Stable name of the reason.</summary>
    public string Name => Type.Name;

    /// <summary>Seconds after which the same request may do better, or null.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>For a submitted intent: the grain's verdict by name.</summary>
    public string? Verdict { get; init; }

    /// <summary>For a submitted intent that could be read: its digest.</summary>
    public string? Digest { get; init; }

    /// <summary>For a request's signature: which check it failed, in kebab case.</summary>
    public string? Reason { get; init; }

    /// <summary>For a limit: which, how much of it is used, and how much there is.</summary>
    public QuotaState? Quota { get; init; }

    public static Problem UnknownChain(string chain, IEnumerable<ulong> known)
        => new(ProblemTypes.UnknownChain, $"chain '{Shorten(chain)}' found, one of {string.Join(", ", known)} expected");

    public static Problem BadId(string what, string found, string expected) => new(ProblemTypes.BadId, $"{what} '{Shorten(found)}' found, {expected} expected");

    public static Problem NotFound(string what) => new(ProblemTypes.NotFound, what);

    public static Problem TooLarge(long limit) => new(ProblemTypes.TooLarge, $"more than {limit} bytes found, at most {limit} expected");

    public static Problem MediaType(string? found, string expected) => new(ProblemTypes.MediaType, $"'{Shorten(found ?? "none")}' found, {expected} expected");

    public static Problem TooMany(int seconds)
        => new(ProblemTypes.TooMany, $"more requests than allowed found; try again in {seconds} s") { RetryAfterSeconds = seconds };

    public static Problem TryAgain(string detail) => new(ProblemTypes.TryAgain, detail) { RetryAfterSeconds = 1 };

    /// <summary>For what routing and the server refuse before any endpoint is reached.</summary>
    public static Problem OfStatus(int status) => status switch
    {
        404 => new(ProblemTypes.NotFound, "no resource found at this path"),
        405 => new(ProblemTypes.Method, "another method found, those of the header Allow expected"),
        413 => new(ProblemTypes.TooLarge, "a larger body found than this resource takes"),
        415 => new(ProblemTypes.MediaType, "another media type found"),
        429 => TooMany(1),
        431 => new(ProblemTypes.HeadersTooLarge, "larger header fields found than are read"),
        503 => TryAgain("the service is starting or stopping"),
        >= 400 and < 500 => new(ProblemTypes.BadRequest, $"a request found that the server refuses with status {status}"),
        _ => new(ProblemTypes.Internal, "the operator finds it in the log by the request id"),
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

/// <summary>A limit and how far it is used.</summary>
/// <param name="Name">As in the header <c>RateLimit-Policy</c>: <c>gas-per-day</c>.</param>
/// <param name="Used">Before the request that is refused.</param>
/// <param name="Limit">Of the whole window.</param>
public sealed record QuotaState(string Name, long Used, long Limit);
