using System.Collections.Immutable;
using Orleans.Concurrency;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.History;

/// <summary>What the chain says happened to one subject. The key is {chain id}/{kind}/{id}, see <see cref="HistoryKeys.Of"/>.</summary>
/// <remarks>Entries are numbered from 0 in the order of the chain. What a reorganised chain took back is gone, and its numbers are given anew:
/// only entries that are final keep their number for good.</remarks>
[Alias("pythia.IHistoryGrain")]
public interface IHistoryGrain : IGrainWithStringKey
{
    /// <summary>Entries, newest first.</summary>
    /// <param name="before">Only entries with a lower number (<see cref="HistoryPage.Next"/> of the answer before); null begins with the newest.</param>
    /// <param name="limit">1 to <see cref="HistoryKeys.MostListed"/> entries.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    [Alias("Read"), AlwaysInterleave]
    Task<HistoryPage> ReadAsync(long? before, int limit);
}

/// <summary>Names and bounds of histories.</summary>
public static class HistoryKeys
{
    /// <summary>Entries of one answer at most.</summary>
    public const int MostListed = 200;

    /// <summary>{chain}/{kind}/{id}: kind in lower case, as <c>device</c>.</summary>
    /// <param name="chainId">The chain.</param>
    /// <param name="kind">Device, consent, owner, policy or manufacturer.</param>
    /// <param name="id">The subject's key after the chain id.</param>
    public static string Of(ulong chainId, SubjectKind kind, string id) => GrainKeys.Of(chainId, kind.ToString().ToLowerInvariant(), id);
}

/// <summary>A part of a history.</summary>
/// <param name="Entries">Newest first.</param>
/// <param name="Next">What to ask before for older ones; null at the end.</param>
/// <param name="Count">How many entries there are in all.</param>
[GenerateSerializer, Immutable, Alias("pythia.HistoryPage")]
public sealed record HistoryPage(
    [property: Id(0)] ImmutableArray<HistoryEntry> Entries,
    [property: Id(1)] long? Next,
    [property: Id(2)] long Count);

/// <summary>One thing that happened.</summary>
/// <param name="Sequence">Its number, from 0.</param>
/// <param name="Position">Where on the chain, and when by the block's time.</param>
/// <param name="Event">The contract's event, such as <c>DeviceTransferred</c>; <c>ConsentExpired</c> where a consent's time ran out.</param>
/// <param name="Fields">The event's fields, named as in the contract, in its order.</param>
/// <param name="IsFinal">Its block is final: not expected to be replaced any more.</param>
[GenerateSerializer, Immutable, Alias("pythia.HistoryEntry")]
public sealed record HistoryEntry(
    [property: Id(0)] long Sequence,
    [property: Id(1)] LedgerPosition Position,
    [property: Id(2)] string Event,
    [property: Id(3)] ImmutableArray<HistoryField> Fields,
    [property: Id(4)] bool IsFinal);

/// <summary>A field of an event.</summary>
/// <param name="Name">As in the contract.</param>
/// <param name="Value">Numbers in decimal, ids and addresses 0x and hex; of bytes longer than 64 their count and keccak256.</param>
[GenerateSerializer, Immutable, Alias("pythia.HistoryField")]
public sealed record HistoryField(
    [property: Id(0)] string Name,
    [property: Id(1)] string Value);
