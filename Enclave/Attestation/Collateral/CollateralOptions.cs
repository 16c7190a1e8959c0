using System.ComponentModel.DataAnnotations;

namespace Pythia.Enclave.Attestation.Collateral;

/// <summary>Where collateral comes from, how patiently it is asked for, and how long it is kept.</summary>
public sealed record CollateralOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Collateral";

    /// <summary>
    /// Address of a caching service (PCCS) or of Intel's own (<c>https://api.trustedservices.intel.com</c>), up to and without <c>/sgx/certification/v4</c>.
    /// https, or http to this machine itself. Empty: none is asked.
    /// </summary>
    public string Url { get; init; } = "";

    /// <summary>
    /// Address of the root's revocation list, DER or hexadecimal. Empty: <c>/sgx/certification/v4/rootcacrl</c> at <see cref="Url"/>, and for Intel's own service, which
    /// does not have that path, the address in Intel's root certificate.
    /// </summary>
    public string RootCrlUrl { get; init; } = "";

    /// <summary>
    /// The <c>tcbEvaluationDataNumber</c> to ask for; 0 to 1,000,000, default 0: the service's newest. Sets of exactly this number also take the place of a higher one that
    /// is kept: the only way back.
    /// </summary>
    [Range(0, 1_000_000)]
    public int EvaluationNumber { get; init; }

    /// <summary>Hours after which collateral is asked for anew; 1 to 168, default 12. At the latest it is a day before it ends.</summary>
    [Range(1, 168)]
    public int RefreshHours { get; init; } = 12;

    /// <summary>Seconds between two attempts while the newest one failed; 1 to 86,400, default 300.</summary>
    [Range(1, 86_400)]
    public int RetrySeconds { get; init; } = 300;

    /// <summary>Time for one request, in milliseconds; 10 to 600,000, default 10,000.</summary>
    [Range(10, 600_000)]
    public int AttemptTimeoutMs { get; init; } = 10_000;

    /// <summary>How often a request is repeated after a time-out, a broken connection or a status of 429 or 5xx; 0 to 10, default 3.</summary>
    [Range(0, 10)]
    public int Retries { get; init; } = 3;

    /// <summary>The first pause before a repetition, in milliseconds, doubled each time, with jitter; 1 to 60,000, default 500.</summary>
    [Range(1, 60_000)]
    public int RetryDelayMs { get; init; } = 500;

    /// <summary>Longest piece that is read, in bytes, issuer chain included; 1,024 to 16 Mi, default 256 Ki. Intel's are under 16 Ki.</summary>
    [Range(1_024, 16 << 20)]
    public int MaxBytes { get; init; } = 256 << 10;

    /// <summary>What an address must be.</summary>
    public const string UsableAddress = "an https address without query (http only to this machine)";

    /// <summary>Every mistake in these options, named; none when they can be used.</summary>
    public IEnumerable<string> FindMistakes()
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), results, validateAllProperties: true);
        return results.Select(result => result.ErrorMessage ?? $"{Section}: not valid")
            .Concat(FindUnusable().Select(found => $"{Section}:{found.Name}: '{found.Url}' found, {UsableAddress} expected"));
    }

    /// <summary>Addresses that can't be used, with the names of their options.</summary>
    public IEnumerable<(string Name, string Url)> FindUnusable()
    {
        if (Url.Length > 0 && !IsUsable(Url)) yield return (nameof(Url), Url);
        if (RootCrlUrl.Length > 0 && !IsUsable(RootCrlUrl)) yield return (nameof(RootCrlUrl), RootCrlUrl);
    }

    private static bool IsUsable(string url)
        => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri is { Query.Length: 0, Fragment.Length: 0 }
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));
}
