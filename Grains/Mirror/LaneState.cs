using System.Collections.Immutable;
using Pythia.Grains.Ledgers;

namespace Pythia.Grains.Mirror;

/// <summary>A lane as it is stored. Call data stays with the intents; raw transactions with the batches.</summary>
[GenerateSerializer, Immutable, Alias("pythia.LaneState")]
public sealed record LaneState
{
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>Intents in no transaction, oldest first.</summary>
    [Id(1)] public ImmutableArray<LaneItem> Waiting { get; init; } = [];

    /// <summary>Transactions whose nonce is reserved, by nonce, until their outcome was seen.</summary>
    [Id(2)] public ImmutableArray<LaneBatch> UnderWay { get; init; } = [];
}

/// <summary>An intent in a lane.</summary>
/// <param name="Attempts">How often its contract left it without an outcome.</param>
/// <param name="NotBeforeUnixMs">It does not go out again before, by the silo's clock.</param>
[GenerateSerializer, Immutable, Alias("pythia.LaneItem")]
public sealed record LaneItem(
    [property: Id(0)] string Digest,
    [property: Id(1)] uint GasLimit,
    [property: Id(2)] uint GasUsage,
    [property: Id(3)] ulong DeadlineUnixSeconds,
    [property: Id(4)] int Attempts,
    [property: Id(5)] long NotBeforeUnixMs)
{
    public static LaneItem Of(string digest, QueuedIntent intent)
        => new(digest, intent.GasLimit, intent.GasUsage, intent.DeadlineUnixSeconds, 0, 0);
}

/// <summary>A transaction of a lane.</summary>
/// <param name="Items">Those whose outcome was not seen; may be empty while the nonce is not used.</param>
/// <param name="Digests">All that it was made for, in order: the same for each attempt.</param>
/// <param name="TransactionHash">Of the newest attempt; null while only the nonce is reserved.</param>
/// <param name="SentUnixMs">When a node first took the newest attempt; 0 before.</param>
[GenerateSerializer, Immutable, Alias("pythia.LaneBatch")]
public sealed record LaneBatch(
    [property: Id(0)] ulong Nonce,
    [property: Id(1)] ImmutableArray<LaneItem> Items,
    [property: Id(2)] ImmutableArray<string> Digests,
    [property: Id(3)] string? TransactionHash,
    [property: Id(4)] long SentUnixMs);

/// <summary>The attempts under one nonce as they are stored.</summary>
[GenerateSerializer, Immutable, Alias("pythia.BatchState")]
public sealed record BatchState
{
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    [Id(1)] public ImmutableArray<StoredBatch> Attempts { get; init; } = [];
}

/// <summary>An intent as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("pythia.IntentState")]
public sealed record IntentState
{
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>Never <see cref="IntentStage.Final"/>: that is derived.</summary>
    [Id(1)] public IntentStage Stage { get; init; }

    [Id(2)] public long Version { get; init; }

    /// <summary>Null where the signer went to the contract without us.</summary>
    [Id(3)] public QueuedIntent? Queued { get; init; }

    /// <summary>Account of the lane that has it.</summary>
    [Id(4)] public string? Lane { get; init; }

    [Id(5)] public string? TransactionHash { get; init; }

    /// <summary>When a node took it, by the silo's clock; 0 before.</summary>
    [Id(6)] public long AcceptedByNodeUnixMs { get; init; }

    /// <summary>Where the outcome stands.</summary>
    [Id(7)] public LedgerPosition? Position { get; init; }

    [Id(8)] public string Reason { get; init; } = "";

    /// <summary>The follower's branch that was last heard.</summary>
    [Id(9)] public uint Branch { get; init; }
}

/// <summary>A sweep bucket as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("pythia.SweepState")]
public sealed record SweepState
{
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>Subjects that may have something unsent.</summary>
    [Id(1)] public ImmutableHashSet<IntentSubject> Subjects { get; init; } = [];
}
