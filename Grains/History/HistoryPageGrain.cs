using System.Collections.Immutable;
using Pythia.Grains.Ledgers;
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
    public Task PutAsync(LedgerBranch branch, int at, ImmutableArray<HistoryRecord> entries)
    {
        LateBranchException.ThrowIfLate(_state.Current.Branch, branch);
        var state = _state.Current;
        var known = state.Entries;
        return known.Length >= at
            ? _state.ReplaceAsync(state, state with { Branch = branch.Number, Entries = [.. known[..at], .. entries, .. known.Skip(at + entries.Length)] })
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

    /// <summary>The follower's branch that was last heard.</summary>
    [Id(1)] public uint Branch { get; init; }

    /// <summary>Oldest first. Those behind the subject's count don't count.</summary>
    [Id(2)] public ImmutableArray<HistoryRecord> Entries { get; init; } = [];
}
