using System.Collections.Immutable;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Owners;

/// <summary>An owner's counters as they are stored. No lists: those are pages of their own.</summary>
[GenerateSerializer, Immutable, Alias("pythia.OwnerState")]
public sealed record OwnerState : SubjectState
{
    [Id(0)] public ulong GrantEpoch { get; init; }

    /// <summary>DeviceRegistry's counter of what this owner took back there.</summary>
    [Id(1)] public ulong OwnerEpoch { get; init; }

    [Id(2)] public long Devices { get; init; }

    /// <summary>Grantee, 0x and 40 hex digits → grants of a lower grant epoch are dead.</summary>
    [Id(3)] public ImmutableSortedDictionary<string, ulong> GranteeFloors { get; init; } = ImmutableSortedDictionary<string, ulong>.Empty;

    /// <summary>Who may start a recovery, or null.</summary>
    [Id(4)] public string? Recovery { get; init; }

    [Id(5)] public ulong RecoveryDelaySeconds { get; init; }
}
