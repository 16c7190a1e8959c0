using System.Collections.Immutable;
using Orleans.Concurrency;
using Pythia.Grains.Ledgers;

namespace Pythia.Grains.Owners;

/// <summary>One page of what belongs to an address. The key is {chain id}/{address}/{kind}/{prefix}: kind in lower case
/// (<c>devices</c>, <c>consents</c>, <c>granted</c>, <c>batches</c>), prefix the hex digits that all ids of the page begin with, after the
/// 0x. Ask the root, whose prefix is empty (<see cref="OwnerIndex.KeyOf"/>): it knows its pages.</summary>
/// <remarks>A page holds at most 1,000 ids; one that would hold more is split by the next hex digit, so that neither a change nor a listing
/// grows dearer with the number of entries. Entries are derived: the follower says of which id something changed, and the page asks the
/// subject whether it belongs here. So what an abandoned block had put here goes by the same way.</remarks>
[Alias("pythia.IOwnerIndexGrain")]
public interface IOwnerIndexGrain : IGrainWithStringKey
{
    /// <summary>The entries with an id greater than <paramref name="after"/>, in the order of their ids.</summary>
    /// <param name="after">The last id of the listing before (0x and 64 lower-case hex digits), or null to begin.</param>
    /// <param name="limit">1 to <see cref="OwnerIndex.MostListed"/> entries.</param>
    /// <returns>The entries; <see cref="OwnerIndexPage.Next"/> is null when there are no more.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    [Alias("List"), AlwaysInterleave]
    Task<OwnerIndexPage> ListAsync(string? after, int limit);

    /// <summary>The follower says that these ids may have come or gone. May be called again.</summary>
    [Alias("LookAgain")]
    Task LookAgainAsync(ImmutableArray<string> ids);

    /// <summary>The page above splits: this one begins anew with these ids, sorted. Ignored where it has already begun by the same or a later
    /// split of the page above.</summary>
    [Alias("Adopt")]
    Task AdoptAsync(long split, ImmutableArray<string> ids);
}

/// <summary>What lists there are of an address. The numbers are stored: add at the end.</summary>
[GenerateSerializer]
public enum OwnerIndexKind
{
    /// <summary>Devices that the address owns now.</summary>
    Devices = 1,

    /// <summary>Every consent that the address granted, dead ones too.</summary>
    Consents = 2,

    /// <summary>Every consent whose grantee is the address, dead ones too.</summary>
    Granted = 3,

    /// <summary>Batches of devices that the address registered as their manufacturer; ids are their roots.</summary>
    Batches = 4,
}

/// <summary>Names and bounds of the lists.</summary>
public static class OwnerIndex
{
    /// <summary>Entries of one listing at most.</summary>
    public const int MostListed = 200;

    /// <summary>Key of the root page.</summary>
    /// <param name="chainId">The chain.</param>
    /// <param name="address">0x and 40 lower-case hex digits.</param>
    /// <param name="kind">Which list.</param>
    public static string KeyOf(ulong chainId, string address, OwnerIndexKind kind)
        => GrainKeys.Of(chainId, address, NameOf(kind), "");

    /// <summary>As in keys and paths: <c>devices</c>, <c>consents</c>, <c>granted</c>, <c>batches</c>.</summary>
    public static string NameOf(OwnerIndexKind kind) => kind switch
    {
        OwnerIndexKind.Devices => "devices",
        OwnerIndexKind.Consents => "consents",
        OwnerIndexKind.Granted => "granted",
        OwnerIndexKind.Batches => "batches",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "a list of an address expected"),
    };
}

/// <summary>A part of a list.</summary>
/// <param name="Items">In the order of their ids.</param>
/// <param name="Next">What to ask after for more; null at the end.</param>
[GenerateSerializer, Immutable, Alias("pythia.OwnerIndexPage")]
public sealed record OwnerIndexPage(
    [property: Id(0)] ImmutableArray<OwnerIndexItem> Items,
    [property: Id(1)] string? Next);

/// <summary>An entry, with what its subject said when the list was read.</summary>
/// <param name="Id">Device id, consent id or batch root: 0x and 64 hex digits.</param>
/// <param name="Status">Number of <c>DeviceStatus</c> or <c>ConsentStatus</c>; 1 for a registered batch.</param>
/// <param name="EndedBy">What ended a consent, as in <c>ConsentView</c>; else empty.</param>
/// <param name="Position">The last event that changed it.</param>
[GenerateSerializer, Immutable, Alias("pythia.OwnerIndexItem")]
public sealed record OwnerIndexItem(
    [property: Id(0)] string Id,
    [property: Id(1)] int Status,
    [property: Id(2)] string EndedBy,
    [property: Id(3)] LedgerPosition? Position);
