using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Pythia.Grains.Ledgers;

/// <summary>A grain that mirrors a part of the chain. It changes by the follower's word alone, and can take back what an abandoned block
/// did to it.</summary>
[Alias("pythia.IMirroredGrain")]
public interface IMirroredGrain : IGrainWithStringKey
{
    /// <summary>The follower brings all that one block says about this grain. Idempotent by block hash; whatever was known of the same or
    /// a higher block under another hash is taken back first.</summary>
    [Alias("Apply")]
    Task ApplyAsync(BlockNews news);

    /// <summary>The block has left the chain: what it and all above it did here is taken back. Ignored if it was never told here.</summary>
    [Alias("Retract")]
    Task RetractAsync(LedgerBranch branch, ulong block, string blockHash);

    /// <summary>How many entries its history has; see <see cref="History.IHistoryGrain"/>.</summary>
    [Alias("HistoryCount"), AlwaysInterleave]
    Task<long> GetHistoryCountAsync();
}

/// <summary>Under which of its branches the follower speaks. What comes from an earlier branch than a grain has heard of is late,
/// and refused.</summary>
/// <param name="Number">Grows with each step back and each rebuild.</param>
/// <param name="BeganAnewAt">The number at the last rebuild: what a grain knows from before that is void.</param>
[GenerateSerializer, Immutable, Alias("pythia.LedgerBranch")]
public sealed record LedgerBranch(
    [property: Id(0)] uint Number,
    [property: Id(1)] uint BeganAnewAt);

/// <summary>What one block says about one grain.</summary>
/// <param name="Block">Its number.</param>
/// <param name="BlockHash">0x and 64 hex digits.</param>
/// <param name="UnixSeconds">Its time; a grain that waits for a time may be told of a block for it alone.</param>
/// <param name="Events">In the order of the chain.</param>
[GenerateSerializer, Immutable, Alias("pythia.BlockNews")]
public sealed record BlockNews(
    [property: Id(0)] LedgerBranch Branch,
    [property: Id(1)] ulong Block,
    [property: Id(2)] string BlockHash,
    [property: Id(3)] ulong UnixSeconds,
    [property: Id(4)] ImmutableArray<LedgerEvent> Events);
