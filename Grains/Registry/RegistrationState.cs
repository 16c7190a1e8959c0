using System.Collections.Immutable;

namespace Pythia.Grains.Registry;

/// <summary>Proposals as they are stored: at most 32 of each of at most 16 endorsers.</summary>
[GenerateSerializer, Immutable, Alias("pythia.RegistrationDeskState")]
public sealed record RegistrationDeskState
{
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>Oldest first; signatures of endorsers of any time.</summary>
    [Id(1)] public ImmutableArray<RegistrationView> Proposals { get; init; } = [];
}

/// <summary>A proposal's evidence as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("pythia.RegistrationEvidenceState")]
public sealed record RegistrationEvidenceState
{
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    [Id(1)] public ImmutableArray<byte> Evidence { get; init; } = [];
}
