using System.Collections.Immutable;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;

namespace Pythia.Grains.Ledgers;

/// <summary>Remembers whom a block was told to, stored before the first is told: so also a block of which only half was told can be taken
/// back. A ring: the key is {chain id}/{partition}/{block number modulo <see cref="LedgerBlocks.Slots"/>}.</summary>
[Alias("pythia.ILedgerBlockGrain")]
public interface ILedgerBlockGrain : IGrainWithStringKey
{
    /// <summary>Stores it in the place of what stood in this slot. One of an earlier branch, or lower under the same, is late and refused: it comes
    /// from an activation that was taken for dead.</summary>
    [Alias("Store")]
    Task StoreAsync(ToldBlock block);

    /// <summary>What stands in this slot, read anew from storage; null if nothing does.</summary>
    [Alias("Get")]
    Task<ToldBlock?> GetAsync();
}

/// <summary>The ring's size.</summary>
public static class LedgerBlocks
{
    /// <summary>More than can be taken back.</summary>
    public const int Slots = 128;
}

/// <summary>Whom a block is told to. Ids without the chain.</summary>
/// <param name="Subjects">Mirrored grains.</param>
/// <param name="Outcomes">Digests of intents that have their outcome in it.</param>
/// <param name="Lists">Entries of lists that may have come or gone.</param>
/// <param name="Branch">The follower's, under which it is told.</param>
[GenerateSerializer, Immutable, Alias("pythia.ToldBlock")]
public sealed record ToldBlock(
    [property: Id(0)] ulong Number,
    [property: Id(1)] string Hash,
    [property: Id(2)] ImmutableArray<ToldSubjects> Subjects,
    [property: Id(3)] ImmutableArray<string> Outcomes,
    [property: Id(4)] ImmutableArray<ToldList> Lists,
    [property: Id(5)] uint Branch);

/// <summary>Mirrored grains of one kind.</summary>
[GenerateSerializer, Immutable, Alias("pythia.ToldSubjects")]
public sealed record ToldSubjects(
    [property: Id(0)] SubjectKind Kind,
    [property: Id(1)] ImmutableArray<string> Ids);

/// <summary>Entries of one list.</summary>
[GenerateSerializer, Immutable, Alias("pythia.ToldList")]
public sealed record ToldList(
    [property: Id(0)] string Address,
    [property: Id(1)] OwnerIndexKind Kind,
    [property: Id(2)] ImmutableArray<string> Ids);
