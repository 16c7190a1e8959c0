using Pythia.Grains.Storage;

namespace Pythia.Grains.Ledgers;

/// <inheritdoc cref="ILedgerBlockGrain"/>
[GrainType("ledger-block")]
public sealed class LedgerBlockGrain([PersistentState("ledger-block", GrainStorage.Name)] IPersistentState<LedgerBlockState> block)
    : Grain, ILedgerBlockGrain
{
    private StateWriter<LedgerBlockState> _state = null!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _state = new(block, DeactivateOnIdle);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StoreAsync(ToldBlock block)
    {
        var state = _state.Current;
        if (state.Block is { } known && (block.Branch, block.Number).CompareTo((known.Branch, known.Number)) < 0)
        {
            throw new LateBranchException(known.Branch, block.Branch);
        }

        return _state.ReplaceAsync(state, state with { Block = block });
    }

    /// <inheritdoc/>
    public async Task<ToldBlock?> GetAsync()
    {
        // Asked when a block is taken back: another activation may have told it.
        await block.ReadStateAsync();
        _state = new(block, DeactivateOnIdle);
        return _state.Current.Block;
    }
}
