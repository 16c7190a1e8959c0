using System.Collections.Immutable;

namespace Pythia.Grains.Ledgers;

/// <summary>Follows a chain's verified receipts and tells each grain what happened to it. The key is {chain id}/{partition}.</summary>
[Alias("pythia.ILedgerGrain")]
public interface ILedgerGrain : IGrainWithStringKey
{
    /// <summary>Starts following from the stored cursor; called by each silo as it starts, and by the grain's own reminder.</summary>
    [Alias("Start")]
    Task StartAsync();

    /// <summary>How far the follower has come.</summary>
    [Alias("Get")]
    Task<LedgerView> GetAsync();

    /// <summary>Completes when every event up to <paramref name="block"/> was delivered, at the latest after
    /// <paramref name="patience"/> (under 20 s), with how far the follower has then come.</summary>
    [Alias("WaitFor")]
    Task<LedgerView> WaitForAsync(ulong block, TimeSpan patience, CancellationToken cancellationToken = default);

    /// <summary>Whether every event of this very block was delivered, as far as blocks can be taken back; of deeper ones only the height counts.</summary>
    /// <param name="hash">0x and lower case.</param>
    [Alias("HasDelivered")]
    Task<bool> HasDeliveredAsync(ulong block, string hash);

    /// <summary>Begins anew from the first block: whatever was mirrored so far is void until the chain has said it again; acts that were
    /// accepted are kept. Also the remedy for a chain that was reorganised deeper than is followed
    /// (<see cref="LedgerTrouble.ReorgTooDeep"/>).</summary>
    /// <returns>The follower at its new beginning.</returns>
    [Alias("Rebuild")]
    Task<LedgerView> RebuildAsync();
}

/// <summary>A follower as operators see it.</summary>
/// <param name="Cursor">The last block whose events were all delivered.</param>
/// <param name="CursorHash">Its hash.</param>
/// <param name="CursorUnixSeconds">Its time.</param>
/// <param name="Head">The newest verified head.</param>
/// <param name="FinalBlock">The newest delivered block that is not expected to be replaced.</param>
/// <param name="FinalUnixSeconds">Its time: what had a deadline before it, and no outcome, can no longer happen.</param>
/// <param name="Branch">Grows with each step back and each rebuild.</param>
/// <param name="Trouble">Why it does not go on, for people; empty if all is well.</param>
/// <param name="TroubleCode">The same, for programs.</param>
/// <param name="TroubleSinceUnixMs">When this trouble began, by the silo's clock; 0 if all is well.</param>
/// <param name="BeganAnewAt">The branch at the last rebuild.</param>
[GenerateSerializer, Immutable, Alias("pythia.LedgerView")]
public sealed record LedgerView(
    [property: Id(0)] ulong Cursor,
    [property: Id(1)] string CursorHash,
    [property: Id(2)] ulong CursorUnixSeconds,
    [property: Id(3)] ulong Head,
    [property: Id(4)] ulong FinalBlock,
    [property: Id(5)] ulong FinalUnixSeconds,
    [property: Id(6)] uint Branch,
    [property: Id(7)] string Trouble,
    [property: Id(8)] LedgerTrouble TroubleCode = LedgerTrouble.None,
    [property: Id(9)] long TroubleSinceUnixMs = 0,
    [property: Id(10)] uint BeganAnewAt = 0);

/// <summary>Where on the chain an event stands.</summary>
/// <param name="LogIndex">In the block, from 0.</param>
/// <param name="TransactionHash">A hint for people: receipts do not hold it. Empty where no log but the block's time did something.</param>
[GenerateSerializer, Immutable, Alias("pythia.LedgerPosition")]
public sealed record LedgerPosition(
    [property: Id(0)] ulong Block,
    [property: Id(1)] string BlockHash,
    [property: Id(2)] ulong BlockUnixSeconds,
    [property: Id(3)] uint LogIndex,
    [property: Id(4)] string TransactionHash);

/// <summary>One log of one of our contracts, proven by its receipts root.</summary>
/// <param name="Contract">Address that emitted it, 0x and 40 hex digits.</param>
/// <param name="Topics">Up to four, 32 bytes each, end to end.</param>
/// <param name="Data">As emitted.</param>
[GenerateSerializer, Immutable, Alias("pythia.LedgerEvent")]
public sealed record LedgerEvent(
    [property: Id(0)] LedgerPosition Position,
    [property: Id(1)] string Contract,
    [property: Id(2)] ImmutableArray<byte> Topics,
    [property: Id(3)] ImmutableArray<byte> Data);
