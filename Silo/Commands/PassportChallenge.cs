using System.Text.Json.Nodes;
using Pythia.Enclave.Verifier.Passports;

namespace Pythia.Silo.Commands;

/// <summary>Makes a challenge for evidence that <c>passport issue</c> is to judge: the nonce to have an enclave quoted with.</summary>
internal static class PassportChallenge
{
    /// <param name="keyFile">The verifier's key, PEM.</param>
    /// <param name="nonce">A device's 8 bytes, or null.</param>
    /// <param name="at">When it is made.</param>
    /// <param name="json">One JSON object; else the nonce alone, for a command line.</param>
    public static int Run(string keyFile, byte[]? nonce, DateTimeOffset at, bool json)
    {
        using var signer = PassportKey.Read("--key", keyFile);
        var challenge = signer.DeriveChallenges(TimeSpan.Zero).Make(at);
        var whole = Convert.ToHexStringLower([.. nonce ?? new byte[Passport.NonceBytes], .. challenge]);
        Console.WriteLine(json
            ? new JsonObject { ["nonce"] = whole, ["challenge"] = Convert.ToHexStringLower(challenge), ["madeUnixSeconds"] = at.ToUnixTimeSeconds() }.ToJsonString()
            : whole);
        return SiloCommandLine.AllHolds;
    }
}
