using System.Collections.Immutable;
using Pythia.Grains.Storage;

namespace Pythia.Grains.Consents;

/// <summary>Keeps the consents of one hour, or a full page of them. A page is handed over before the hour forgets it, so that a crash in
/// between only lets it be written twice.</summary>
[GrainType("expiry")]
public sealed class ExpiryGrain([PersistentState("expiry", GrainStorage.Name)] IPersistentState<ExpiryState> expiry) : Grain, IExpiryGrain
{
    /// <summary>Consents of a page.</summary>
    public const int PageSize = 1_000;

    private StateWriter<ExpiryState> _state = null!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _state = new(expiry, DeactivateOnIdle);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task NoteAsync(ImmutableArray<string> consentIds)
    {
        var known = _state.Current;
        var next = known with { ConsentIds = known.ConsentIds.Union(consentIds) };
        while (next.ConsentIds.Count > PageSize)
        {
            var full = next.ConsentIds.Take(PageSize).ToImmutableArray();
            await Page(next.Pages).KeepAsync(full);
            next = next with { Pages = next.Pages + 1, ConsentIds = next.ConsentIds.Except(full) };
        }

        await _state.ReplaceAsync(known, known.Pages == next.Pages && known.ConsentIds.Count == next.ConsentIds.Count ? known : next);
    }

    /// <inheritdoc/>
    public Task<ExpiryPage> GetAsync() => Task.FromResult(new ExpiryPage(_state.Current.Pages, [.. _state.Current.ConsentIds]));

    /// <inheritdoc/>
    public Task KeepAsync(ImmutableArray<string> consentIds) => _state.ApplyAsync(s => s with { ConsentIds = s.ConsentIds.Union(consentIds) });

    /// <inheritdoc/>
    public async Task ClearAsync()
    {
        for (var page = 0; page < _state.Current.Pages; page++)
        {
            await Page(page).ClearAsync();
        }

        await _state.ApplyAsync(s => s.Pages == 0 && s.ConsentIds.IsEmpty ? s : new ExpiryState());
    }

    private IExpiryGrain Page(int page) => GrainFactory.GetGrain<IExpiryGrain>($"{this.GetPrimaryKeyString()}/{page}");
}

/// <summary>An hour, or a page of one, as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("pythia.ExpiryState")]
public sealed record ExpiryState
{
    [Id(0)] public int SchemaVersion { get; init; } = 1;

    /// <summary>Full pages; 0 in a page.</summary>
    [Id(1)] public int Pages { get; init; }

    [Id(2)] public ImmutableSortedSet<string> ConsentIds { get; init; } = [];
}
