using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Ethereum;

namespace Pythia.Device;

/// <summary>What a device demands of PythiaRegistry's word about an enclave's key.</summary>
public enum KeyStanding
{
    /// <summary>Nobody is asked.</summary>
    NotAsked = 0,

    /// <summary>Registered and in force, or never heard of.</summary>
    NotEnded = 1,

    /// <summary>Registered and in force.</summary>
    Registered = 2,
}

/// <summary>
/// Which enclaves a device believes without knowing their keys: those that a pinned verifier vouches for, or, where the device judges evidence itself,
/// those that its own policy accepts. Either way code, configuration, platform and tier are held to what is pinned here.
/// </summary>
public sealed record PassportTrust
{
    /// <summary>Verifiers' P-256 keys, x ‖ y, 64 bytes each. None with <see cref="OwnPolicy"/>.</summary>
    public IReadOnlyList<byte[]> VerifierKeys { get; init; } = [];

    /// <summary>
    /// In place of <see cref="VerifierKeys"/>: the device fetches the whole evidence, some 15 KB, for a nonce of its own and judges it by this. It needs a clock
    /// that is right, since certificates and collateral have dates.
    /// </summary>
    public PassportPolicy? OwnPolicy { get; init; }

    /// <summary>MRENCLAVEs taken, 32 bytes each; one or more.</summary>
    public required IReadOnlyList<byte[]> Measurements { get; init; }

    /// <summary>Platforms taken, 16 bytes each (<see cref="Passport.PlatformOf"/>); null takes any that the verifier takes.</summary>
    public IReadOnlyList<byte[]>? Platforms { get; init; }

    /// <summary>The least tier. Default <see cref="PassportTier.Affirming"/>; <see cref="PassportTier.None"/> takes simulated platforms, for development.</summary>
    public PassportTier LeastTier { get; init; } = PassportTier.Affirming;

    /// <summary>True takes debug enclaves, whose host reads their keys: for development only.</summary>
    public bool AllowDebug { get; init; }

    /// <summary>
    /// True where the device has a clock that is right but for <see cref="ClockError"/>: then a stored passport will do. False, the default: each passport
    /// must carry a fresh nonce, and the device's timer counts from there.
    /// </summary>
    public bool HasClock { get; init; }

    /// <summary>How wrong the clock may be, either way: 0 to 1 day. Default 5 minutes.</summary>
    public TimeSpan ClockError { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest time from a passport's issue to its end that is taken: 1 minute to 30 days. Default 7 days.</summary>
    public TimeSpan MostLifetime { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// How far a head's time may lie behind the time that passports and clock give: 1 second to 7 days. Finalized heads are a quarter of an hour behind.
    /// Default 1 hour.
    /// </summary>
    public TimeSpan MostHeadLag { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// What the chain must say of an enclave's key, asked of another enclave each time a passport confirms the key: a passport lives on for a while after
    /// its key was ended. Needs a second way. Default <see cref="KeyStanding.NotAsked"/>.
    /// </summary>
    public KeyStanding KeyStanding { get; init; }

    /// <summary>Says what is wrong with it; null when nothing is.</summary>
    internal string? FindProblem()
    {
        foreach (var bytes in VerifierKeys)
        {
            using var key = Es256Key.TryImport(bytes);
            if (key is null) return $"Passports.VerifierKeys: {Hex.Format(bytes)} found, 64 bytes x ‖ y of a point of P-256 expected";
        }

        return VerifierKeys.Count > 0 == OwnPolicy is not null ? "Passports: VerifierKeys or OwnPolicy expected, and not both"
            : OwnPolicy is not null && !HasClock ? "Passports.HasClock: false found, true expected with OwnPolicy: collateral has dates"
            : Measurements.Count == 0 ? "Passports.Measurements: none found, one or more expected"
            : Measurements.Any(one => one.Length != Passport.HashBytes) ? $"Passports.Measurements: {Passport.HashBytes} bytes each expected"
            : Platforms is { Count: 0 } ? "Passports.Platforms: none found, one or more expected, or null for any"
            : Platforms is { } platforms && platforms.Any(one => one.Length != Passport.PlatformBytes) ? $"Passports.Platforms: {Passport.PlatformBytes} bytes each expected"
            : LeastTier is not (PassportTier.Affirming or PassportTier.Warning or PassportTier.None) ? $"Passports.LeastTier: {LeastTier} found, Affirming, Warning or None expected"
            : ClockError < TimeSpan.Zero || ClockError > TimeSpan.FromDays(1) ? $"Passports.ClockError: {ClockError} found, 0 to 1 day expected"
            : MostLifetime < EvidenceJudge.LeastLifetime || MostLifetime > TimeSpan.FromDays(30) ? $"Passports.MostLifetime: {MostLifetime} found, 1 minute to 30 days expected"
            : MostHeadLag < DeviceTrust.LeastMaxAge || MostHeadLag > DeviceTrust.MostMaxAge ? $"Passports.MostHeadLag: {MostHeadLag} found, {DeviceTrust.LeastMaxAge} to {DeviceTrust.MostMaxAge} expected"
            : null;
    }
}
