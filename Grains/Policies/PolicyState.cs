using System.Collections.Immutable;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Policies;

/// <summary>A policy as it is stored: the chain's record, and the acts under way.</summary>
[GenerateSerializer, Immutable, Alias("pythia.PolicyState")]
public sealed record PolicyState : SubjectState<PolicyRecord>;

/// <summary>What the chain says of a policy.</summary>
[GenerateSerializer, Immutable, Alias("pythia.PolicyRecord")]
public sealed record PolicyRecord : MirroredRecord
{
    [Id(0)] public PolicyStatus Status { get; init; }

    [Id(1)] public string? Publisher { get; init; }

    /// <summary>The exact published bytes.</summary>
    [Id(2)] public ImmutableArray<byte> Document { get; init; } = [];
}
