using System.Collections.Immutable;
using Pythia.Grains.Ledgers;

namespace Pythia.Grains.Subjects;

/// <summary>What a mirrored grain stores: what the chain says of it now, and how that was before each recent block that changed it, so that
/// an abandoned block is taken back exactly.</summary>
/// <typeparam name="TRecord">What is mirrored.</typeparam>
[GenerateSerializer, Immutable, Alias("pythia.MirroredState`1")]
public abstract record MirroredState<TRecord>
    where TRecord : MirroredRecord, new()
{
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>The follower's branch that was last heard.</summary>
    [Id(1)] public uint Branch { get; init; }

    [Id(2)] public TRecord Record { get; init; } = new();

    /// <summary>Oldest first; only blocks that can still be taken back.</summary>
    [Id(3)] public ImmutableArray<RecordBefore<TRecord>> Before { get; init; } = [];
}

/// <summary>How a record was before a block changed it.</summary>
[GenerateSerializer, Immutable, Alias("pythia.RecordBefore`1")]
public sealed record RecordBefore<TRecord>(
    [property: Id(0)] ulong Block,
    [property: Id(1)] string BlockHash,
    [property: Id(2)] TRecord Record);

/// <summary>What every record holds.</summary>
[GenerateSerializer, Immutable, Alias("pythia.MirroredRecord")]
public abstract record MirroredRecord
{
    /// <summary>The newest event that was applied.</summary>
    [Id(0)] public LedgerPosition? Position { get; init; }

    /// <summary>Entries of its history that count; what stands behind them on their page was taken back.</summary>
    [Id(1)] public long HistoryCount { get; init; }
}
