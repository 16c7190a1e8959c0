using System.Collections.Immutable;

namespace Pythia.Grains.Ledgers;

/// <summary>A follower as it is stored. Before a block is told, <see cref="Telling"/> says so; before blocks are taken back,
/// <see cref="TakingBack"/> does: after a crash what was begun is found, whatever the chain says by then.</summary>
[GenerateSerializer, Immutable, Alias("pythia.LedgerState")]
public sealed record LedgerState
{
    /// <summary>How many abandoned blocks can be taken back.</summary>
    public const int Depth = 64;

    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>The block to read next; 0 before the first start.</summary>
    [Id(1)] public ulong Next { get; init; }

    /// <summary>Grows with each step back and each rebuild. It begins with the time of the first start in Unix seconds, so that what was told
    /// before this state was lost is void.</summary>
    [Id(2)] public uint Branch { get; init; }

    /// <summary>The branch at the last rebuild.</summary>
    [Id(3)] public uint BeganAnewAt { get; init; }

    /// <summary>The newest delivered blocks, oldest first: those that can be taken back, and the one below them.</summary>
    [Id(4)] public ImmutableArray<DeliveredBlock> Delivered { get; init; } = [];

    /// <summary>The block <see cref="Next"/>, where some or all may have been told of it; null where nobody was.</summary>
    [Id(5)] public DeliveredBlock? Telling { get; init; }

    /// <summary>Abandoned blocks, newest first, that some may not have heard of yet.</summary>
    [Id(6)] public ImmutableArray<DeliveredBlock> TakingBack { get; init; } = [];

    /// <summary>Whether <see cref="Next"/> may be this block: its parent is the last one, and nobody was told another of its number.</summary>
    public bool LeadsTo(DeliveredBlock block, string parentHash)
        => (Delivered.IsEmpty || Delivered[^1].Hash == parentHash) && (Telling is null || Telling.Hash == block.Hash);

    /// <summary>After a block was delivered.</summary>
    public LedgerState After(DeliveredBlock block) => this with
    {
        Next = block.Number + 1,
        Delivered = [.. Delivered.Length <= Depth ? Delivered : Delivered.RemoveAt(0), block],
        Telling = null,
    };

    /// <summary>After the newest blocks were found to be abandoned, as many as <paramref name="count"/> of those delivered, and the one that
    /// is being told.</summary>
    public LedgerState Back(int count)
    {
        var abandoned = Delivered[^count..].AsEnumerable();
        return this with
        {
            Next = Next - (ulong)count,
            Branch = Branch + 1,
            Delivered = Delivered[..^count],
            Telling = null,
            TakingBack = [.. TakingBack, .. (Telling is null ? abandoned : abandoned.Append(Telling)).Reverse()],
        };
    }

    /// <summary>From the first block again; the blocks that can be taken back are.</summary>
    /// <param name="firstBlock">Where the follower begins.</param>
    /// <param name="least">The new branch is this one, or higher.</param>
    public LedgerState Anew(ulong firstBlock, uint least)
    {
        var branch = Math.Max(Branch + 1, least);
        return Back(Delivered.Length) with { Next = firstBlock, Branch = branch, BeganAnewAt = branch };
    }
}

/// <summary>A block of the follower's chain.</summary>
/// <param name="HasNews">Somebody was told of it: <see cref="ILedgerBlockGrain"/> knows who.</param>
[GenerateSerializer, Immutable, Alias("pythia.DeliveredBlock")]
public sealed record DeliveredBlock(
    [property: Id(0)] ulong Number,
    [property: Id(1)] string Hash,
    [property: Id(2)] ulong UnixSeconds,
    [property: Id(3)] bool HasNews);

/// <summary>A slot of the ring of told blocks, as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("pythia.LedgerBlockState")]
public sealed record LedgerBlockState
{
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    [Id(1)] public ToldBlock? Block { get; init; }
}
