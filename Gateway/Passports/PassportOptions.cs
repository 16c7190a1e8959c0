using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Pythia.Gateway.Settings;

namespace Pythia.Gateway.Passports;

/// <summary>
/// Settings of passports, section <c>Passport</c>. With <see cref="VerifierUrl"/> passports come from somebody else's verifier; with <see cref="KeyFile"/>
/// this gateway is a verifier itself, also for others; with neither it hands out evidence only.
/// </summary>
public sealed class PassportOptions
{
    public const string Section = "Passport";

    /// <summary>The verifier's private key as PEM, which nobody else may read (<c>passport key new</c>). Default: none.</summary>
    public string? KeyFile { get; set; }

    /// <summary>The verifier's policy (docs/operations/passports.md); with KeyFile and not without it. Default: none.</summary>
    public string? PolicyFile { get; set; }

    /// <summary>Minutes that an own passport holds at most: 1 to 43,200, default 60. Collateral and keys may end it sooner.</summary>
    [Range(1, 43_200)]
    public int LifetimeMinutes { get; set; } = 60;

    /// <summary>
    /// Seconds that an own challenge holds: 10 to 3,600, default 120. So old can the quote be that a passport rests on, and no older; it must be long enough for a
    /// challenge to reach an enclave and for evidence to come back.
    /// </summary>
    [Range(10, 3_600)]
    public int ChallengeSeconds { get; set; } = 120;

    /// <summary>Where a verifier takes evidence, such as https://verifier.example/v1/passports. Not with KeyFile. Default: none.</summary>
    [HttpUrl]
    public string? VerifierUrl { get; set; }

    /// <summary>Seconds that the verifier at VerifierUrl may take: 1 to 60, default 5.</summary>
    [Range(1, 60)]
    public int VerifierSeconds { get; set; } = 5;

    /// <summary>Quotes a minute that all callers together may have made here: 1 to 100,000, default 600. A platform makes some 25 a second.</summary>
    [Range(1, 100_000)]
    public int QuotesPerMinute { get; set; } = 600;

    /// <summary>What contradicts what.</summary>
    public IEnumerable<SettingProblem> FindContradictions()
    {
        if (string.IsNullOrEmpty(KeyFile) != string.IsNullOrEmpty(PolicyFile))
            yield return new($"{Section}:{(string.IsNullOrEmpty(KeyFile) ? nameof(KeyFile) : nameof(PolicyFile))}", "nothing", "a file, since the other one of KeyFile and PolicyFile is there");
        if (!string.IsNullOrEmpty(KeyFile) && !string.IsNullOrEmpty(VerifierUrl))
            yield return new($"{Section}:{nameof(VerifierUrl)}", $"'{VerifierUrl}'", "nothing, since KeyFile makes this the verifier");
    }
}

internal sealed class PassportOptionsCheck : IValidateOptions<PassportOptions>
{
    public ValidateOptionsResult Validate(string? name, PassportOptions options)
    {
        var problems = options.FindContradictions().Select(problem => problem.ToString()).ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
