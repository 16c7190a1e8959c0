using System.Collections.Immutable;
using Pythia.Grains.Storage;

namespace Pythia.Grains.History;

/// <inheritdoc cref="IHistoryPageGrain"/>
[GrainType("history-page")]
public sealed class HistoryPageGrain([PersistentState("history-page", GrainStorage.Name)] IPersistentState<HistoryPageState> page)
    : Grain, IHistoryPageGrain
{
    private StateWriter<HistoryPageState> _state = null!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _state = new(page, DeactivateOnIdle);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task PutAsync(int at, ImmutableArray<HistoryRecord> entries)
    {
        var known = _state.Current.Entries;
        return known.Length >= at
            ? _state.ApplyAsync(s => s with { Entries = [.. known[..at], .. entries] })
            : throw new InvalidOperationException($"history page {this.GetPrimaryKeyString()}: {known.Length} entries found, at least {at} expected");
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<HistoryRecord>> GetAsync() => Task.FromResult(_state.Current.Entries);
}

/// <summary>A page as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("pythia.HistoryPageState")]
public sealed record HistoryPageState
{
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>Oldest first.</summary>
    [Id(1)] public ImmutableArray<HistoryRecord> Entries { get; init; } = [];
}
