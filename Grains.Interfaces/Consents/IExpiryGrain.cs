using System.Collections.Immutable;

namespace Pythia.Grains.Consents;

/// <summary>The consents whose time ends in one hour. The key is {chain id}/{hour}: not-after in seconds / 3,600; full pages of it have
/// {chain id}/{hour}/{page} from 0. Worked off by the follower when the chain's time has passed the hour: no reminder a consent.</summary>
[Alias("pythia.IExpiryGrain")]
public interface IExpiryGrain : IGrainWithStringKey
{
    /// <summary>Stores that these consents end in this hour. May be called again.</summary>
    [Alias("Note")]
    Task NoteAsync(ImmutableArray<string> consentIds);

    /// <summary>How many full pages there are, and what stands on none: each consent at least once.</summary>
    [Alias("Get")]
    Task<ExpiryPage> GetAsync();

    /// <summary>A full page, as it is handed over by the hour itself; what it holds already stays.</summary>
    [Alias("Keep")]
    Task KeepAsync(ImmutableArray<string> consentIds);

    /// <summary>The block that passed the hour can't be taken back any more: nothing needs to be kept.</summary>
    [Alias("Clear")]
    Task ClearAsync();
}

/// <summary>What an hour holds.</summary>
/// <param name="Pages">Full pages.</param>
/// <param name="ConsentIds">0x and 64 hex digits each.</param>
[GenerateSerializer, Immutable, Alias("pythia.ExpiryPage")]
public sealed record ExpiryPage(
    [property: Id(0)] int Pages,
    [property: Id(1)] ImmutableArray<string> ConsentIds);
