using Pythia.Grains.Subjects;

namespace Pythia.Grains.Consents;

/// <summary>A consent as it is stored: the chain's record, and the acts under way.</summary>
[GenerateSerializer, Immutable, Alias("pythia.ConsentState")]
public sealed record ConsentState : SubjectState<ConsentRecord>;

/// <summary>What the chain says of a consent. That its device or its grantee's floor ended it is derived, not stored.</summary>
[GenerateSerializer, Immutable, Alias("pythia.ConsentRecord")]
public sealed record ConsentRecord : MirroredRecord
{
    [Id(0)] public ConsentStatus Status { get; init; }

    [Id(1)] public ConsentKind Kind { get; init; }

    [Id(2)] public string? DeviceId { get; init; }

    [Id(3)] public ulong DeviceEpoch { get; init; }

    [Id(4)] public string? Owner { get; init; }

    [Id(5)] public string? Grantee { get; init; }

    [Id(6)] public string? Scope { get; init; }

    [Id(7)] public ulong NotBeforeUnixSeconds { get; init; }

    [Id(8)] public ulong NotAfterUnixSeconds { get; init; }

    [Id(9)] public ulong GrantEpoch { get; init; }

    /// <summary>Decimal.</summary>
    [Id(10)] public string BondWei { get; init; } = "0";

    [Id(11)] public string? Policy { get; init; }

    /// <summary>A block later than its not-after was told.</summary>
    [Id(12)] public bool IsOver { get; init; }
}
