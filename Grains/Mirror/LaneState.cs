using System.Collections.Immutable;
using Pythia.Grains.Ledgers;

namespace Pythia.Grains.Mirror;

/// <summary>A lane as it is stored: which nonces are open. What is in them stays with the batches, what waits with intents and subjects
/// (docs/decisions/025), so that it grows with neither.</summary>
[GenerateSerializer, Immutable, Alias("pythia.LaneState")]
public sealed record LaneState
{
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>Reserved nonces that are not closed; at most <see cref="MirrorOptions.BatchesUnderWay"/> and those mined in the last blocks.</summary>
    [Id(1)] public ImmutableArray<OpenNonce> UnderWay { get; init; } = [];

    /// <summary>Closed nonces whose bytes are kept until a reorganisation can't bring them back.</summary>
    [Id(2)] public ImmutableArray<ClosedNonces> Closed { get; init; } = [];

    /// <summary>One above the highest nonce that was ever closed; 0 before the first. It only grows.</summary>
    [Id(3)] public ulong UsedBelow { get; init; }

    /// <summary>What the chain may say at most of the account's nonce, as far as transactions of this lane explain it; null before the first.</summary>
    public ulong? Explain() => UnderWay.IsEmpty && UsedBelow == 0 ? null : Math.Max(UsedBelow, UnderWay.Select(o => o.Nonce + 1).DefaultIfEmpty(0UL).Max());

    /// <summary>After a nonce was reserved.</summary>
    public LaneState With(OpenNonce nonce) => this with { UnderWay = [.. UnderWay.Where(o => o.Nonce != nonce.Nonce), nonce] };

    /// <summary>After nonces were closed at a block: one range for what closes within some blocks.</summary>
    public LaneState Close(IReadOnlyCollection<ulong> nonces, ulong block)
    {
        var closed = Closed;
        foreach (var nonce in nonces.Order())
        {
            closed = closed is [.., var last] && last.End == nonce && block < last.SinceBlock + ClosedNonces.Blocks
                ? [.. closed[..^1], last with { End = nonce + 1, Block = Math.Max(block, last.Block) }]
                : [.. closed, new ClosedNonces(nonce, nonce + 1, block, block)];
        }

        return this with
        {
            UnderWay = [.. UnderWay.Where(o => !nonces.Contains(o.Nonce))],
            Closed = closed,
            UsedBelow = nonces.Select(n => n + 1).Append(UsedBelow).Max(),
        };
    }
}

/// <summary>A nonce that is reserved.</summary>
/// <param name="SentUnixMs">When a node first took the newest attempt; 0 before.</param>
[GenerateSerializer, Immutable, Alias("pythia.OpenNonce")]
public sealed record OpenNonce(
    [property: Id(0)] ulong Nonce,
    [property: Id(1)] long SentUnixMs);

/// <summary>Nonces from <paramref name="Start"/> up to, and without, <paramref name="End"/>.</summary>
/// <param name="SinceBlock">Head when the first of them was closed.</param>
/// <param name="Block">Head when the last of them was closed.</param>
[GenerateSerializer, Immutable, Alias("pythia.ClosedNonces")]
public sealed record ClosedNonces(
    [property: Id(0)] ulong Start,
    [property: Id(1)] ulong End,
    [property: Id(2)] ulong SinceBlock,
    [property: Id(3)] ulong Block)
{
    /// <summary>Nonces that close within so many blocks make one range.</summary>
    public const ulong Blocks = 8;
}

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

    /// <summary>Queued, Mined or Failed. The steps between are the lane's and stored there; Final is derived.</summary>
    [Id(1)] public IntentStage Stage { get; init; }

    [Id(2)] public long Version { get; init; }

    /// <summary>Null where the signer went to the contract without us.</summary>
    [Id(3)] public QueuedIntent? Queued { get; init; }

    /// <summary>Account of the lane that has it.</summary>
    [Id(4)] public string? Lane { get; init; }

    [Id(5)] public string? TransactionHash { get; init; }

    /// <summary>When a node took it, by the silo's clock; 0 before it is mined, and where that was not heard.</summary>
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

    /// <summary>Subjects that may have something unsent, each once, the last noted last. One that is settled leaves with the next write, so they are
    /// those that wait and those that were settled since.</summary>
    [Id(1)] public ImmutableArray<SweepNote> Notes { get; init; } = [];

    /// <summary>Number of the last note that was made.</summary>
    [Id(2)] public long LastNumber { get; init; }

    /// <summary>After a subject noted itself, also where it was noted before: whoever cleared the earlier note did not mean this one.</summary>
    public SweepState With(IntentSubject subject)
        => this with { Notes = [.. Notes.Where(n => n.Subject != subject), new SweepNote(subject, LastNumber + 1)], LastNumber = LastNumber + 1 };

    /// <summary>After notes were cleared; the same object where none of them stands any more.</summary>
    public SweepState Without(IReadOnlySet<SweepNote> cleared) => Notes.Any(cleared.Contains) ? this with { Notes = Notes.RemoveAll(cleared.Contains) } : this;
}

/// <summary>A subject's note at its sweep.</summary>
/// <param name="Number">In its bucket no other note ever has it.</param>
[GenerateSerializer, Immutable, Alias("pythia.SweepNote")]
public sealed record SweepNote(
    [property: Id(0)] IntentSubject Subject,
    [property: Id(1)] long Number);
