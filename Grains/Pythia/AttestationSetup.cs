using Microsoft.Extensions.Options;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Collateral;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;

namespace Pythia.Grains.Pythia;

/// <summary>What a silo appraises with, made once from its settings.</summary>
public sealed class AttestationSetup : IDisposable
{
    private readonly HttpClient? _http;

    /// <exception cref="OptionsValidationException">A setting can't be used; the message names it.</exception>
    /// <exception cref="QuotePolicyException">The policy file is none.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    public AttestationSetup(IOptions<AttestationOptions> attestation, IOptions<CollateralOptions> collateral, TimeProvider time)
    {
        var options = attestation.Value;
        Mode = options.Mode;
        if (Mode == AttestationMode.None) return;

        var folder = options.Folder;
        var mistakes = collateral.Value.FindMistakes().ToList();
        if (string.IsNullOrEmpty(folder)) mistakes.Add($"{AttestationOptions.Section}:{nameof(AttestationOptions.Folder)}: nothing found, a folder expected");
        if (mistakes.Count > 0) throw new OptionsValidationException(AttestationOptions.Section, typeof(AttestationOptions), mistakes);

        if (Mode == AttestationMode.Simulated) Platform = SimulatedPlatform.LoadOrCreate(SimulatedPlatformFolder(folder!), time);
        Policy = options.PolicyFile is { Length: > 0 } file ? QuotePolicy.Read(File.ReadAllBytes(file))
            : Platform is { } platform ? QuotePolicy.Strict with { Trust = QuoteTrust.Of(platform.RootKey) }
            : QuotePolicy.Strict;
        ICollateralSource? source = null;
        if (collateral.Value.Url.Length > 0)
        {
            _http = PccsClient.CreateHttp();
            source = new PccsClient(_http, collateral.Value, time);
        }
        else if (Platform is { } simulated)
        {
            source = new SimulatedCollateralSource(simulated);
        }

        Collateral = new CollateralStore(source, Policy.Trust, collateral.Value, time, Path.Combine(folder!, "collateral"));
    }

    /// <summary>For tests and hosts that bring their own parts.</summary>
    public AttestationSetup(AttestationMode mode, QuotePolicy policy, CollateralStore collateral, SimulatedPlatform? platform = null)
        => (Mode, Policy, Collateral, Platform) = (mode, policy, collateral, platform);

    public AttestationMode Mode { get; }

    /// <summary>Which evidence is accepted; null without attestation.</summary>
    public QuotePolicy? Policy { get; }

    /// <summary>Collateral of the platforms; null without attestation.</summary>
    public CollateralStore? Collateral { get; }

    /// <summary>The platform that is simulated; null with any other mode.</summary>
    public SimulatedPlatform? Platform { get; }

    /// <summary><c>unattested</c>, <c>simulated</c> or <c>gramine</c>.</summary>
    public string Name => Mode switch
    {
        AttestationMode.Simulated => "simulated",
        AttestationMode.Gramine => "gramine",
        _ => "unattested",
    };

    /// <summary>The collateral of the platform that a quote names, as far as there is some that holds now.</summary>
    /// <param name="quote">Untrusted: the platform is what the quote says it is, and whoever verifies both compares.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The collateral, or why there is none; neither for a quote that names no platform, or without attestation.</returns>
    public async Task<(QuoteCollateral? Collateral, EnclaveReason? Missing)> FindCollateralAsync(ReadOnlyMemory<byte> quote, CancellationToken cancellationToken)
    {
        if (Collateral is null || CollateralKey.Find(quote) is not { } key) return (null, null);

        var found = await Collateral.GetAsync(key, cancellationToken);
        return found.Collateral is not null
            ? (found.Collateral, null)
            : (null, new EnclaveReason($"Collateral{found.Standing.Trouble!.Kind}", $"collateral {key}: {found.Standing.Trouble.Detail}"));
    }

    /// <summary>Where the simulated platform is kept in the folder of <see cref="AttestationOptions.Folder"/>.</summary>
    public static string SimulatedPlatformFolder(string folder) => Path.GetFullPath(Path.Combine(folder, "simulated"));

    public void Dispose()
    {
        Collateral?.Dispose();
        Platform?.Dispose();
        _http?.Dispose();
    }
}
