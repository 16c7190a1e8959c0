using System.CommandLine;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Verifier.Attestation;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Gateway.Passports;

namespace Pythia.Silo.Commands;

/// <summary>
/// <c>passport challenge</c>, <c>passport issue</c>, <c>passport show</c>, <c>passport check</c>, <c>passport key</c>: what a verifier does, and what a device checks, by hand. Files and
/// a clock only, no network.
/// </summary>
internal static class PassportCommand
{
    public static Command Build() => new("passport", "Issues, shows and checks passports of enclaves from files, without any network.")
    {
        BuildChallenge(),
        BuildIssue(),
        BuildShow(),
        BuildCheck(),
        new Command("key", "The verifier's own key, for passport issue and Passport:KeyFile.") { BuildKeyNew(), BuildKeyShow() },
    };

    private static Command BuildChallenge()
    {
        var key = FileOption("--key", "The verifier's private key as PEM, which nobody else may read: the one that passport issue will sign with.");
        var nonce = NonceOption("A device's nonce, which the passport is to carry: 8 bytes. Default: none.");
        var at = TimeOption("The time that stands in it: RFC 3339, or seconds since 1970. Default: this machine's clock.");
        var json = VerifyCommand.JsonOption();
        var command = new Command("challenge", "Makes the nonce that an enclave is to be quoted with, 64 hex digits for …/evidence?nonce=, so that passport issue knows the quote for a new one.") { key, nonce, at, json };
        command.SetAction(parsed => PassportChallenge.Run(
            parsed.GetRequiredValue(key), Given(parsed.GetValue(nonce)), parsed.GetValue(at) ?? TimeProvider.System.GetUtcNow(), parsed.GetValue(json)));
        return command;
    }

    private static Command BuildIssue()
    {
        var evidence = FileOption("--evidence", "CBOR as an enclave's …/evidence gives it, - for standard input; or a folder with quote.bin, binding.json and the collateral.", "FILE|DIR");
        var policy = FileOption("--policy", "Whom to vouch for (docs/operations/passports.md).");
        var key = FileOption("--key", "The verifier's private key as PEM, which nobody else may read.");
        var output = FileOption("--out", "A new file for the passport; it is not overwritten.");
        var at = TimeOption("The time to judge at and to issue with: RFC 3339, or seconds since 1970. Default: this machine's clock.");
        var minutes = MinutesOption("--minutes", "How long it holds at most; collateral and keys may end it sooner.", new PassportOptions().LifetimeMinutes);
        var nonce = NonceOption("Issues only for evidence that was made for this nonce: 8 bytes.");
        var challenge = VerifyCommand.HexOption("--challenge", "Issues only for evidence that was made for this challenge: the 24 bytes, or all 32, that passport challenge gave. Default: any of the key that holds.", PassportChallenges.ChallengeBytes, KeyBinding.NonceBytes);
        challenge.Required = false;
        var challengeMinutes = MinutesOption("--challenge-minutes", "How old a challenge may be, and so the quote.", 60);
        var stale = new Option<bool>("--allow-stale-evidence")
        {
            Description = "Takes evidence without a challenge too: its quote may be of any age, and its keys in anybody's hands. Such a passport is of tier warning at best.",
        };
        var json = VerifyCommand.JsonOption();
        var command = new Command("issue", "Judges evidence by a policy and signs a passport for it, or names every reason against one.")
        {
            evidence, policy, key, output, at, minutes, nonce, challenge, challengeMinutes, stale, json,
        };
        command.SetAction((parsed, cancellationToken) => PassportIssue.RunAsync(
            new PassportIssue.Order(
                parsed.GetRequiredValue(evidence), parsed.GetRequiredValue(policy), parsed.GetRequiredValue(key), parsed.GetRequiredValue(output),
                parsed.GetValue(at) ?? TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(parsed.GetValue(minutes)), Given(parsed.GetValue(nonce)),
                new(Given(parsed.GetValue(challenge))?[^PassportChallenges.ChallengeBytes..], TimeSpan.FromMinutes(parsed.GetValue(challengeMinutes)), parsed.GetValue(stale))),
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static Command BuildShow()
    {
        var file = FileArgument();
        var json = VerifyCommand.JsonOption();
        var command = new Command("show", "Says what a passport states. No signature is verified: anybody can have written it.") { file, json };
        command.SetAction((parsed, cancellationToken) => PassportShow.RunAsync(parsed.GetRequiredValue(file), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static Command BuildCheck()
    {
        var file = FileArgument();
        var key = VerifyCommand.HexOption("--key", "The verifier's P-256 key, x and y: 64 bytes, or 65 with 04 before them.", 64, 65);
        var config = VerifyCommand.HexOption("--config", "The hash of the enclave's configuration: 32 bytes.", Passport.HashBytes);
        var measurements = VerifyCommand.HexesOption("--measurement", "An MRENCLAVE that is taken, 32 bytes; several: say it again.", Passport.HashBytes);
        measurements.Required = true;
        var platforms = VerifyCommand.HexesOption("--platform", "A platform that is taken, 16 bytes as passport show names it; several: say it again. Default: any that the verifier takes.", Passport.PlatformBytes);
        var nonce = NonceOption("The nonce that it must carry: 8 bytes. Default: any or none.");
        var at = TimeOption("The time to check at: RFC 3339, or seconds since 1970. Default: this machine's clock.");
        var tier = new Option<string>("--tier") { Description = "The least tier that is taken; none is for development only.", HelpName = "affirming|warning|none", DefaultValueFactory = _ => "affirming" };
        tier.AcceptOnlyFromAmong("affirming", "warning", "none");
        var debug = new Option<bool>("--allow-debug") { Description = "Takes a debug enclave: for development only." };
        var json = VerifyCommand.JsonOption();
        var command = new Command("check", "Says whether a device with these pins takes a passport, and if not, why.") { file, key, config, measurements, platforms, nonce, at, tier, debug, json };
        command.SetAction((parsed, cancellationToken) =>
        {
            var now = (ulong)(parsed.GetValue(at) ?? TimeProvider.System.GetUtcNow()).ToUnixTimeSeconds();
            var expectation = new PassportExpectation
            {
                ConfigurationHash = parsed.GetRequiredValue(config),
                Measurements = parsed.GetRequiredValue(measurements),
                Platforms = Given(parsed.GetValue(platforms)),
                Nonce = Given(parsed.GetValue(nonce)) is { } due ? due : (ReadOnlyMemory<byte>?)null,
                NowAtLeast = now,
                NowAtMost = now,
                LeastTier = TierOf(parsed.GetRequiredValue(tier)),
                AllowDebug = parsed.GetValue(debug),
            };
            return PassportShow.CheckAsync(parsed.GetRequiredValue(file), parsed.GetRequiredValue(key), expectation, parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static Command BuildKeyNew()
    {
        var output = FileOption("--out", "A new file; it is not overwritten.");
        var command = new Command("new", "Makes a random P-256 key in FILE, which nobody else may read, and says its public half, which devices pin.") { output };
        command.SetAction(parsed => PassportKey.Create(parsed.GetRequiredValue(output)));
        return command;
    }

    private static Command BuildKeyShow()
    {
        var file = new Argument<string>("FILE") { Description = "The verifier's private key as PEM, which nobody else may read." };
        var command = new Command("show", "Says the public half of a key, which devices pin. The key itself is never shown.") { file };
        command.SetAction(parsed => PassportKey.Show(parsed.GetRequiredValue(file)));
        return command;
    }

    private static Argument<string> FileArgument() => new("FILE") { Description = "The COSE_Sign1 bytes of a passport; - is standard input." };

    private static Option<string> FileOption(string name, string description, string helpName = "FILE") => new(name) { Description = description, Required = true, HelpName = helpName };

    private static Option<int> MinutesOption(string name, string description, int usual)
    {
        var minutes = new Option<int>(name) { Description = $"{description} 1 to 43200.", HelpName = "N", DefaultValueFactory = _ => usual };
        minutes.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 43_200) result.AddError($"{name}: {result.GetValueOrDefault<int>()} found, 1 to 43200 expected");
        });
        return minutes;
    }

    private static Option<byte[]> NonceOption(string description)
    {
        var nonce = VerifyCommand.HexOption("--nonce", description, Passport.NonceBytes);
        nonce.Required = false;
        return nonce;
    }

    // Passports count seconds since 1970, and end after the time that is given here.
    private static Option<DateTimeOffset?> TimeOption(string description)
    {
        var at = VerifyCommand.TimeOption(description);
        at.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<DateTimeOffset?>() is { } time && (time < DateTimeOffset.UnixEpoch || time.Year >= DateTimeOffset.MaxValue.Year))
                result.AddError($"--at: {time:u} found, from 1970 to {DateTimeOffset.MaxValue.Year - 1} expected");
        });
        return at;
    }

    // An array that is not on the command line is read as an empty one.
    private static T[]? Given<T>(T[]? values) => values is { Length: > 0 } ? values : null;

    private static PassportTier TierOf(string word) => word switch
    {
        "warning" => PassportTier.Warning,
        "none" => PassportTier.None,
        _ => PassportTier.Affirming,
    };
}
