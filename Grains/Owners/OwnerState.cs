using Pythia.Grains.Subjects;

namespace Pythia.Grains.Owners;

/// <summary>An owner as it is stored: the chain's counters, and the acts under way.</summary>
[GenerateSerializer, Immutable, Alias("pythia.OwnerState")]
public sealed record OwnerState : SubjectState<OwnerRecord>;

/// <summary>What the chain says of an owner. No lists: those are pages of their own, and so is what was taken back from each grantee.</summary>
[GenerateSerializer, Immutable, Alias("pythia.OwnerRecord")]
public sealed record OwnerRecord : MirroredRecord
{
    [Id(0)] public ulong GrantEpoch { get; init; }

    /// <summary>DeviceRegistry's counter of what this owner took back there.</summary>
    [Id(1)] public ulong OwnerEpoch { get; init; }

    [Id(2)] public long Devices { get; init; }

    /// <summary>Who may start a recovery, or null.</summary>
    [Id(3)] public string? Recovery { get; init; }

    [Id(4)] public ulong RecoveryDelaySeconds { get; init; }
}

/// <summary>What an owner took back from one grantee, as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("pythia.GranteeState")]
public sealed record GranteeState : MirroredState<GranteeRecord>;

/// <summary>What the chain says of an owner and a grantee.</summary>
[GenerateSerializer, Immutable, Alias("pythia.GranteeRecord")]
public sealed record GranteeRecord : MirroredRecord
{
    /// <summary>Grants of a lower grant epoch are dead.</summary>
    [Id(0)] public ulong Floor { get; init; }
}
