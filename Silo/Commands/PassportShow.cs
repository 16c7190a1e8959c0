using System.Globalization;
using System.Text.Json.Nodes;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Ethereum;

namespace Pythia.Silo.Commands;

/// <summary>Prints what a passport states, and whether a device with given pins takes it.</summary>
internal static class PassportShow
{
    /// <summary>What it states by its own word; only the form is checked.</summary>
    public static async Task<int> RunAsync(string file, bool json, CancellationToken cancellationToken)
    {
        if (await VerifyCommand.ReadAsync(file, cancellationToken) is not { } bytes) return SiloCommandLine.WrongInput;

        var (reason, signed, claims) = Read(bytes);
        var detail = reason is null ? "" : $"{bytes.Length} bytes that are no passport";
        await Console.Out.WriteLineAsync(json
            ? ToJson(reason is null ? "Unverified" : "Malformed", reason, detail, claims, signed).ToJsonString()
            : ToText(reason is null ? $"Unverified, signed with key {Hex.Format(signed!.KeyId)} by its own word" : $"Malformed ({reason}: {detail})", claims));
        return reason is null ? SiloCommandLine.AllHolds : SiloCommandLine.DoesNotHold;
    }

    /// <summary>Whether it is taken. What a pinned key signed is printed also where it is not what is expected.</summary>
    public static async Task<int> CheckAsync(string file, byte[] key, PassportExpectation expectation, bool json, CancellationToken cancellationToken)
    {
        if (await VerifyCommand.ReadAsync(file, cancellationToken) is not { } bytes) return SiloCommandLine.WrongInput;

        using var verifier = VerifyAnswer.ImportKey(key) ?? throw new StartException("--key: no point of P-256 found, x and y of one expected", SiloCommandLine.WrongInput);
        var signed = PassportCheck.CheckSigned(bytes, verifier);
        var verdict = PassportCheck.Check(bytes, verifier, expectation);
        var reason = verdict.IsTaken ? null : verdict.Fault.ToString();
        await Console.Out.WriteLineAsync(json
            ? ToJson(verdict.IsTaken ? "Taken" : "Refused", reason, verdict.Detail, signed.Passport, null).ToJsonString()
            : ToText(verdict.IsTaken ? "Taken" : $"Refused ({reason}: {verdict.Detail})", signed.Passport));
        return verdict.IsTaken ? SiloCommandLine.AllHolds : SiloCommandLine.DoesNotHold;
    }

    public static JsonObject ToJson(Passport passport) => new()
    {
        ["operator"] = passport.Operator,
        ["issued"] = Time(passport.IssuedUnixSeconds),
        ["expires"] = Time(passport.ExpiresUnixSeconds),
        ["tier"] = passport.Tier.ToString(),
        ["platformStatus"] = passport.PlatformStatus.ToString(),
        ["debug"] = passport.IsDebug,
        ["measurement"] = Hex.Format(passport.Measurement.AsSpan()),
        ["configurationHash"] = Hex.Format(passport.ConfigurationHash.AsSpan()),
        ["anchorHash"] = Hex.Format(passport.AnchorHash.AsSpan()),
        ["platform"] = Hex.Format(passport.Platform.AsSpan()),
        ["nonce"] = passport.Nonce is { } nonce ? Hex.Format(nonce.AsSpan()) : null,
        ["signingKey"] = Hex.Format(passport.SigningKey.AsSpan()),
        ["agreementKey"] = Hex.Format(passport.AgreementKey.AsSpan()),
    };

    public static IEnumerable<string> ToLines(Passport passport)
    {
        yield return $"operator: {passport.Operator}";
        yield return $"from {Time(passport.IssuedUnixSeconds)} until {Time(passport.ExpiresUnixSeconds)}, nonce {(passport.Nonce is { } nonce ? Hex.Format(nonce.AsSpan()) : "none")}";
        yield return $"tier: {passport.Tier}, platform {Hex.Format(passport.Platform.AsSpan())} {passport.PlatformStatus}, debug {passport.IsDebug}";
        yield return $"measurement: {Hex.Format(passport.Measurement.AsSpan())}";
        yield return $"configuration: {Hex.Format(passport.ConfigurationHash.AsSpan())}";
        yield return $"anchor: {Hex.Format(passport.AnchorHash.AsSpan())}";
        yield return $"signing key: {Hex.Format(passport.SigningKey.AsSpan())}";
        yield return $"agreement key: {Hex.Format(passport.AgreementKey.AsSpan())}";
    }

    // The names are those of the check, so that a file has one fault wherever it is shown.
    private static (string? Reason, SignedAnswer? Signed, Passport? Claims) Read(byte[] bytes)
    {
        var form = SignedPassport.Decode(bytes, out var signed);
        if (form != SignedAnswerError.None) return (form.ToString(), null, null);

        var error = Passport.Decode(signed!.Body, out var claims);
        return error switch
        {
            PassportClaimsError.None => (null, signed, claims),
            PassportClaimsError.UnknownClaim or PassportClaimsError.Profile => (error.ToString(), signed, null),
            _ => (nameof(PassportFault.Claims), signed, null),
        };
    }

    private static JsonObject ToJson(string verdict, string? reason, string detail, Passport? passport, SignedAnswer? signed)
    {
        var json = new JsonObject
        {
            ["verdict"] = verdict,
            ["reason"] = reason,
            ["detail"] = detail,
            ["passport"] = passport is null ? null : ToJson(passport),
        };
        if (signed is not null) json["keyId"] = Hex.Format(signed.KeyId);
        return json;
    }

    private static string ToText(string verdict, Passport? passport)
        => string.Join(Environment.NewLine, [$"passport: {verdict}", .. passport is null ? [] : ToLines(passport)]);

    // Any number of seconds that a verifier may have signed; those beyond the calendar stay a number.
    private static string Time(ulong unixSeconds)
        => unixSeconds <= (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds((long)unixSeconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : unixSeconds.ToString(CultureInfo.InvariantCulture);
}
