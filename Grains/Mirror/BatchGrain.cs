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
    public async Task<bool> StoreAsync(StoredBatch attempt)
    {
        var attempts = _state.Current.Attempts;
        if (attempts.Any(a => a.TransactionHash == attempt.TransactionHash))
        {
            return true;
        }

        if (attempts.Any(a => !a.Digests.AsSpan().SequenceEqual(attempt.Digests.AsSpan())))
        {
            return false;
        }

        await _state.ApplyAsync(s => s with { Attempts = s.Attempts.Add(attempt) });
        return true;
    }

    /// <inheritdoc/>
    public Task AbandonAsync() => _state.ApplyAsync(s => s.Attempts.IsEmpty ? s : s with { Attempts = [] });

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredBatch>> GetAsync() => Task.FromResult(_state.Current.Attempts);
}
