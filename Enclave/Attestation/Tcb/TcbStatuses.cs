using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Pythia.Enclave.Attestation.Tcb;

/// <summary>Words and arithmetic of statuses.</summary>
internal static class TcbStatuses
{
    // What is wrong, one bit each; a status is a set of them.
    private const int Hardening = 1;
    private const int Configuration = 2;
    private const int Outdated = 4;
    private const int RevokedBit = 8;

    /// <summary>What TCB info can list of a platform.</summary>
    public static ImmutableArray<TcbStatus> OfPlatforms { get; } =
        [.. Enum.GetValues<TcbStatus>().Except([TcbStatus.TDRelaunchAdvised, TcbStatus.TDRelaunchAdvisedConfigurationNeeded])];

    /// <summary>What can be listed of a quoting enclave or a TDX module, whose hardening and configuration is nobody's to add.</summary>
    public static ImmutableArray<TcbStatus> OfEnclaves { get; } = [TcbStatus.UpToDate, TcbStatus.OutOfDate, TcbStatus.Revoked];

    /// <summary>Exactly the words of <see cref="TcbStatus"/>, anything else is none.</summary>
    public static bool TryParse(string? word, [NotNullWhen(true)] out TcbStatus? status)
    {
        status = !string.IsNullOrEmpty(word) && char.IsAsciiLetter(word[0]) && Enum.TryParse<TcbStatus>(word, ignoreCase: false, out var found)
            && string.Equals(found.ToString(), word, StringComparison.Ordinal)
                ? found
                : null;
        return status is not null;
    }

    /// <summary>
    /// One status for two things that both count. What is wrong with either is wrong with both: OutOfDate together with ConfigurationNeeded is
    /// OutOfDateConfigurationNeeded; beside OutOfDate hardening is no longer mentioned; Revoked beats all.
    /// </summary>
    public static TcbStatus Converge(TcbStatus left, TcbStatus right)
    {
        if (left == TcbStatus.UpToDate) return right; // what is derived stands beside nothing else that is wrong, and stays
        if (right == TcbStatus.UpToDate) return left;

        var wrong = ToBits(left) | ToBits(right);
        return (wrong & RevokedBit) != 0 ? TcbStatus.Revoked
            : (wrong & Outdated) != 0 ? (wrong & Configuration) != 0 ? TcbStatus.OutOfDateConfigurationNeeded : TcbStatus.OutOfDate
            : wrong switch
            {
                0 => TcbStatus.UpToDate,
                Hardening => TcbStatus.SWHardeningNeeded,
                Configuration => TcbStatus.ConfigurationNeeded,
                _ => TcbStatus.ConfigurationAndSWHardeningNeeded,
            };
    }

    /// <summary>Whether a setting of the platform is among what is wrong.</summary>
    public static bool NeedsConfiguration(TcbStatus status) => (ToBits(status) & Configuration) != 0;

    private static int ToBits(TcbStatus status) => status switch
    {
        TcbStatus.UpToDate => 0,
        TcbStatus.SWHardeningNeeded => Hardening,
        TcbStatus.ConfigurationNeeded => Configuration,
        TcbStatus.ConfigurationAndSWHardeningNeeded => Configuration | Hardening,
        TcbStatus.OutOfDate => Outdated,
        TcbStatus.OutOfDateConfigurationNeeded => Outdated | Configuration,
        _ => RevokedBit,
    };
}
