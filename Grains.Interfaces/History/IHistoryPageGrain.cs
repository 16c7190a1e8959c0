using System.Collections.Immutable;

namespace Pythia.Grains.History;

/// <summary>A page of a history. The key is {chain id}/{kind}/{id}/{page}: entry n is on page n / <see cref="Entries"/>. Only the subject
/// knows how many entries count; ask <see cref="IHistoryGrain"/>.</summary>
[Alias("pythia.IHistoryPageGrain")]
public interface IHistoryPageGrain : IGrainWithStringKey
{
    /// <summary>Entries of a page at most.</summary>
    const int Entries = 64;

    /// <summary>Stores entries from place <paramref name="at"/> of the page on, instead of what stood there. Idempotent; what stands behind
    /// stays, since an activation of the subject that was taken for dead may write again what it wrote. What comes from an earlier branch of the
    /// follower than the page has heard of is late, and refused.</summary>
    /// <exception cref="InvalidOperationException">The page has fewer than <paramref name="at"/> entries.</exception>
    [Alias("Put")]
    Task PutAsync(Ledgers.LedgerBranch branch, int at, ImmutableArray<HistoryRecord> entries);

    /// <summary>What is stored, oldest first.</summary>
    [Alias("Get")]
    Task<ImmutableArray<HistoryRecord>> GetAsync();
}

/// <summary>An entry as it is stored.</summary>
/// <param name="Position">Where on the chain.</param>
/// <param name="Event">Its name.</param>
/// <param name="Fields">Its fields.</param>
[GenerateSerializer, Immutable, Alias("pythia.HistoryRecord")]
public sealed record HistoryRecord(
    [property: Id(0)] Ledgers.LedgerPosition Position,
    [property: Id(1)] string Event,
    [property: Id(2)] ImmutableArray<HistoryField> Fields);
