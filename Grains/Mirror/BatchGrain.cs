using System.Collections.Immutable;
using Pythia.Grains.Storage;

namespace Pythia.Grains.Mirror;

/// <summary>Keeps the signed bytes of one nonce, so that what was sent once can be sent again after any crash.</summary>
[GrainType("batch")]
public sealed class BatchGrain([PersistentState("batch", GrainStorage.Name)] IPersistentState<BatchState> batch) : Grain, IBatchGrain
{
    private StateWriter<BatchState> _state = null!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _state = new(batch, DeactivateOnIdle);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<bool> StoreAsync(StoredBatch attempt, string? after)
    {
        var newest = _state.Current.Attempts.LastOrDefault()?.TransactionHash;
        if (newest == attempt.TransactionHash)
        {
            return true;
        }

        if (newest != after)
        {
            return false;
        }

        await _state.ApplyAsync(s => s with { Attempts = [.. s.Attempts.Select(HashOnly), attempt] });
        return true;
    }

    /// <inheritdoc/>
    public async Task ClearAsync()
    {
        if (batch.RecordExists)
        {
            await batch.ClearStateAsync();
        }

        batch.State = new BatchState();
        _state = new(batch, DeactivateOnIdle);
        DeactivateOnIdle();
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredBatch>> GetAsync() => Task.FromResult(_state.Current.Attempts);

    // By its hash the chain can still be asked whether it was this one; sent again is only the newest.
    private static StoredBatch HashOnly(StoredBatch earlier) => earlier with { RawTransaction = [], Digests = [] };
}
