using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Attestation;
using Pythia.Enclave.Verifier.Passports;
using Shouldly;

namespace Pythia.Tests.Passports;

/// <summary>A simulated platform with an enclave on it, and a verifier whose policy names both; each test changes one thing.</summary>
public sealed class SimulatedWorld : IDisposable
{
    public static readonly byte[] Measurement = PassportMaker.Filled(32, 1);
    public static readonly byte[] Configuration = PassportMaker.Filled(32, 2);
    public static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private readonly ECDsa _signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _agreement = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public SimulatedWorld()
    {
        Platform = SimulatedPlatform.Create(Clock);
        Policy = new PassportPolicy
        {
            Quote = new QuotePolicy
            {
                Trust = QuoteTrust.Of(Platform.RootKey),
                Measurements = [new AllowedMeasurement { MrEnclave = Convert.ToHexStringLower(Measurement), Configurations = [Convert.ToHexStringLower(Configuration)] }],
            },
            Operators = ImmutableDictionary<string, string>.Empty.Add(Convert.ToHexStringLower(Platform.Processor.Ppid.Span), "operator-a.example"),
            DevelopmentAnchorAllowed = true,
        };
    }

    public SettableClock Clock { get; } = new() { Now = Now };

    public SimulatedPlatform Platform { get; }

    public PassportSigner Signer { get; } = PassportSigner.Create();

    public PassportPolicy Policy { get; set; }

    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(1);

    public TimeSpan ChallengeLifetime { get; set; } = TimeSpan.FromMinutes(2);

    public PassportIssuer Issuer => new(Policy, Signer, Lifetime, ChallengeLifetime, Clock);

    /// <summary>With a challenge of this moment, and no device's nonce.</summary>
    public KeyBinding Binding => BindingOf(new byte[8]);

    /// <summary>With a device's nonce and a challenge of this moment.</summary>
    public KeyBinding BindingOf(byte[] nonce)
        => new(PublicOf(_signing), PublicOf(_agreement), Configuration, EnclaveAnchor.Development.ComputeHash(), (byte[])[.. nonce, .. Issuer.MakeChallenge()]);

    public EnclaveEvidence Evidence(KeyBinding? binding = null, SimulatedEnclave? enclave = null, SimulatedStanding? standing = null)
    {
        binding ??= Binding;
        var quote = Platform.Quote(enclave ?? new SimulatedEnclave(Measurement), binding.ComputeReportData());
        return new EnclaveEvidence(quote, binding, null, Platform.IssueCollateral(standing));
    }

    public PassportOutcome Issue(EnclaveEvidence? evidence = null)
        => Issuer.Issue((evidence ?? Evidence()).Encode());

    /// <summary>The names of all reasons against it.</summary>
    public string Refusals(EnclaveEvidence? evidence = null)
    {
        var outcome = Issue(evidence);
        (outcome.Passport is null).ShouldBe(outcome.Reasons.Length > 0);
        return string.Join(",", outcome.Reasons.Select(reason => reason.Name));
    }

    public PassportVerdict Check(byte[] passport)
    {
        using var key = Es256Key.TryImport(Signer.PublicKey.Span)!;
        return PassportCheck.Check(passport, key, new PassportExpectation { ConfigurationHash = Configuration, Measurements = [Measurement], LeastTier = PassportTier.None });
    }

    public void Dispose()
    {
        Platform.Dispose();
        Signer.Dispose();
        _signing.Dispose();
        _agreement.Dispose();
    }

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] PublicOf(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return [.. point.X!, .. point.Y!];
    }
}

/// <summary>A clock that the test sets.</summary>
public sealed class SettableClock : TimeProvider
{
    public DateTimeOffset Now { get; set; }

    public override DateTimeOffset GetUtcNow() => Now;
}
