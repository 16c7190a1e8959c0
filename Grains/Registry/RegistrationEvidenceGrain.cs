using System.Collections.Immutable;
using Pythia.Grains.Storage;

namespace Pythia.Grains.Registry;

/// <summary>Keeps the evidence of one proposal beside the desk, whose state stays small.</summary>
[GrainType("registration-evidence")]
public sealed class RegistrationEvidenceGrain(
    [PersistentState("registration-evidence", GrainStorage.Name)] IPersistentState<RegistrationEvidenceState> evidence) : Grain, IRegistrationEvidenceGrain
{
    private StateWriter<RegistrationEvidenceState> _state = null!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _state = new(evidence, DeactivateOnIdle);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task PutAsync(ImmutableArray<byte> evidence) => _state.ApplyAsync(s => s with { Evidence = evidence });

    /// <inheritdoc/>
    public Task<ImmutableArray<byte>> GetAsync() => Task.FromResult(_state.Current.Evidence);

    /// <inheritdoc/>
    public async Task ClearAsync()
    {
        await evidence.ClearStateAsync();
        DeactivateOnIdle();
    }
}
