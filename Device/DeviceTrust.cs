using Pythia.Enclave.Verifier.Answers;
using Pythia.Ethereum;

namespace Pythia.Device;

/// <summary>What a device is told once, over a channel that it trusts, and believes from then on. Nothing in an answer changes it.</summary>
public sealed record DeviceTrust
{
    /// <summary>Shortest and longest <see cref="MaxAge"/>.</summary>
    public static readonly TimeSpan LeastMaxAge = TimeSpan.FromSeconds(1);

    /// <inheritdoc cref="LeastMaxAge"/>
    public static readonly TimeSpan MostMaxAge = TimeSpan.FromDays(7);

    /// <summary>This device's id: keccak256(manufacturer 20 ‖ x 32 ‖ y 32).</summary>
    public required Hash32 DeviceId { get; init; }

    /// <summary>The enclaves' P-256 keys, x ‖ y, 64 bytes each: for development, since an enclave that restarts has new ones. None with <see cref="Passports"/>.</summary>
    public IReadOnlyList<byte[]> EnclaveKeys { get; init; } = [];

    /// <summary>In place of <see cref="EnclaveKeys"/>: which enclaves are believed by their passports.</summary>
    public PassportTrust? Passports { get; init; }

    /// <summary>32 bytes: chain, genesis, contracts and trust rules of the enclaves (architecture section 11).</summary>
    public required byte[] ConfigurationHash { get; init; }

    /// <summary>The least assurance taken, 0 development to 3 finalized. No default: whoever takes 0 says so.</summary>
    public required byte MinLevel { get; init; }

    /// <summary>
    /// How long an answer may be acted on, by the device's own timer from the moment of asking: 1 second to 7 days. Default 1 minute.
    /// </summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How far the heads' time may fall behind the device's uptime before they count as standing still: 1 second to 7 days. It must exceed the
    /// longest pause between two blocks of the chain. Default 5 minutes.
    /// </summary>
    public TimeSpan HeadTolerance { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Says what is wrong with it; null when nothing is.</summary>
    internal string? FindProblem()
    {
        if (EnclaveKeys.Count > 0 == Passports is not null)
        {
            return "EnclaveKeys or Passports expected, and not both";
        }

        if (Passports?.FindProblem() is { } problem)
        {
            return problem;
        }

        foreach (var bytes in EnclaveKeys)
        {
            using var key = Es256Key.TryImport(bytes);
            if (key is null)
            {
                return $"EnclaveKeys: {Hex.Format(bytes)} found, 64 bytes x ‖ y of a point of P-256 expected";
            }
        }

        return ConfigurationHash.Length != EnclaveConfiguration.HashBytes ? $"ConfigurationHash: {ConfigurationHash.Length} bytes found, 32 expected"
            : MinLevel > Request.MaxLevel ? $"MinLevel: {MinLevel} found, 0 to {Request.MaxLevel} expected"
            : IsOutside(MaxAge) ? $"MaxAge: {MaxAge} found, {LeastMaxAge} to {MostMaxAge} expected"
            : IsOutside(HeadTolerance) ? $"HeadTolerance: {HeadTolerance} found, {LeastMaxAge} to {MostMaxAge} expected"
            : null;
    }

    private static bool IsOutside(TimeSpan value) => value < LeastMaxAge || value > MostMaxAge;
}
