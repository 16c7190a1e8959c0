using System.Collections.Immutable;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Subjects;

/// <summary>What every subject stores: how far it heard of the chain, and what it accepted and the chain has not confirmed.</summary>
[GenerateSerializer, Immutable, Alias("pythia.SubjectState")]
public abstract record SubjectState
{
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>The newest event that was applied.</summary>
    [Id(1)] public LedgerPosition? Position { get; init; }

    /// <summary>Accepted acts whose outcome was not seen in verified receipts, oldest first.</summary>
    [Id(2)] public ImmutableArray<OutboxEntry> Outbox { get; init; } = [];
}

/// <summary>An accepted act, ready to be queued again at any time.</summary>
[GenerateSerializer, Immutable, Alias("pythia.OutboxEntry")]
public sealed record OutboxEntry(
    [property: Id(0)] string Digest,
    [property: Id(1)] QueuedIntent Intent,
    [property: Id(2)] long AcceptedUnixMs);
