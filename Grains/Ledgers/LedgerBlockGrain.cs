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
    public Task StoreAsync(ToldBlock block) => _state.ApplyAsync(s => s with { Block = block });

    /// <inheritdoc/>
    public Task<ToldBlock?> GetAsync() => Task.FromResult(_state.Current.Block);
}
