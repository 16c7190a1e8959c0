using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Pythia.Gateway.Signing;

/// <summary>The components of a request (RFC 9421 section 2) as the gateway received it.</summary>
/// <param name="request">The request.</param>
/// <param name="publicUrl">What callers call the gateway by; null: what this request calls it by.</param>
internal sealed class SignedRequest(HttpRequest request, Uri? publicUrl)
{
    // Behind a proxy that ends TLS the request no longer says what its sender addressed.
    private string Scheme => publicUrl?.Scheme ?? request.Scheme.ToLowerInvariant();

    private string Authority => (publicUrl is null ? WithoutDefaultPort(request.Host) : publicUrl.IsDefaultPort ? publicUrl.Host : publicUrl.Authority).ToLowerInvariant();

    /// <summary>Path and query as they were sent.</summary>
    private string Target => request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget is ['/', ..] raw ? raw
        : $"{request.PathBase}{request.Path}{request.QueryString}";

    /// <summary>A component's value; null if the request has none, or none that is known here.</summary>
    public string? ValueOf(string component) => component switch
    {
        "@method" => request.Method,
        "@target-uri" => $"{Scheme}://{Authority}{Target}",
        "@authority" => Authority,
        "@scheme" => Scheme,
        "@request-target" => Target,
        "@path" => Target.Split('?')[0],
        "@query" => Target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var at ? Target[at..] : "?",
        ['@', ..] => null,
        _ => request.Headers.TryGetValue(component, out var values) ? Combine(values) : null,
    };

    public static bool IsKnown(string component)
        => component is "@method" or "@target-uri" or "@authority" or "@scheme" or "@request-target" or "@path" or "@query"
            || (component is not ['@', ..] && component.Length > 0 && !component.Any(c => char.IsAsciiLetterUpper(c) || c is < '!' or > '~'));

    /// <summary>The required component that is not covered; null if all are.</summary>
    public string? FindUncovered(RequestSignature signature, bool hasBody)
    {
        if (!signature.Covers("@method")) return "@method";
        if (!signature.Covers("@target-uri"))
        {
            if (!signature.Covers("@authority")) return "@target-uri";
            if (!signature.Covers("@path")) return "@path";
            if (Target.Contains('?', StringComparison.Ordinal) && !signature.Covers("@query")) return "@query";
        }

        // What makes a request another one although its body is the same.
        if (request.Headers.ContainsKey("Idempotency-Key") && !signature.Covers("idempotency-key")) return "idempotency-key";
        return hasBody && !signature.Covers("content-digest") ? "content-digest" : null;
    }

    private string WithoutDefaultPort(HostString host)
        => host.Port is { } port && port == (Scheme == "https" ? 443 : 80) ? host.Host : host.Value ?? "";

    // RFC 9421 section 2.1: each line trimmed, joined by a comma and a space. Beyond ASCII nothing is signed.
    private static string? Combine(IEnumerable<string?> lines)
    {
        var value = string.Join(", ", lines.Select(line => (line ?? "").Trim(' ', '\t')));
        return Ascii.IsValid(value) && !value.Contains('\n', StringComparison.Ordinal) ? value : null;
    }
}
