using System.Collections.Immutable;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Subjects;

/// <summary>What every subject stores: its mirrored part, and what it accepted and the chain has not confirmed.</summary>
[GenerateSerializer, Immutable, Alias("pythia.SubjectState`1")]
public abstract record SubjectState<TRecord> : MirroredState<TRecord>
    where TRecord : MirroredRecord, new()
{
    /// <summary>Accepted acts whose outcome was not seen in verified receipts, oldest first.</summary>
    [Id(0)] public ImmutableArray<OutboxEntry> Outbox { get; init; } = [];
}

/// <summary>An accepted act, ready to be queued again at any time.</summary>
[GenerateSerializer, Immutable, Alias("pythia.OutboxEntry")]
public sealed record OutboxEntry(
    [property: Id(0)] string Digest,
    [property: Id(1)] QueuedIntent Intent,
    [property: Id(2)] long AcceptedUnixMs);
