using System.Diagnostics.CodeAnalysis;
using Pythia.Contracts.Registries;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Ethereum;

namespace Pythia.Grains.Registry;

/// <summary>Terms of a registration as the act that endorsers sign, and back.</summary>
public static class RegistrationActs
{
    /// <summary>The act that the terms are, to compute its digest: places in the lists are no part of what is signed.</summary>
    public static bool TryRead(RegistrationTerms terms, Address contract, [NotNullWhen(true)] out RegisterKeyAct? act)
    {
        act = null;
        if (!TryReadHex(terms.SigningKey, Es256Key.PublicKeyBytes, out var key) || !TryReadHex(terms.Operator, KeyRegistration.OperatorBytes, out var name)
            || !Hash32.TryParse(terms.AgreementKeyHash, out var agreement) || !Hash32.TryParse(terms.Evidence, out var evidence)
            || !Hash32.TryParse(terms.Measurement, out var measurement) || !Hash32.TryParse(terms.Configuration, out var configuration)
            || terms.NotAfterUnixSeconds >= 1UL << 40)
        {
            return false;
        }

        var registration = new KeyRegistration(
            Hash32.FromSpan(key.AsSpan(0, 32)), Hash32.FromSpan(key.AsSpan(32)), agreement, 0, 0, [.. name], terms.NotAfterUnixSeconds, evidence);
        act = new RegisterKeyAct(contract, terms.DeadlineUnixSeconds, registration, measurement, configuration);
        return true;
    }

    /// <summary>In the form in which they are listed: hex in lower case.</summary>
    public static RegistrationTerms InForm(RegisterKeyAct act) => new(
        Hex.Format([.. act.Registration.X.ToArray(), .. act.Registration.Y.ToArray()]),
        act.Registration.AgreementKeyHash.ToString(),
        act.Measurement.ToString(),
        act.Configuration.ToString(),
        Hex.Format(act.Registration.Operator.AsSpan()),
        act.Registration.NotAfter,
        act.Registration.Evidence.ToString(),
        act.DeadlineUnixSeconds);

    private static bool TryReadHex(string text, int size, [NotNullWhen(true)] out byte[]? bytes) => Hex.TryParse(text, out bytes) && bytes.Length == size;
}
