namespace Pythia.Grains.Mirror;

/// <summary>One of 64 buckets of grains that may have something unsent. The key is {chain id}/{bucket 0…63}.
/// A grain notes itself here before it writes, so that one that died between <i>stored</i> and <i>queued</i> is woken.</summary>
[Alias("pythia.IOutboxSweepGrain")]
public interface IOutboxSweepGrain : IGrainWithStringKey
{
    /// <summary>Stores that the subject may have something unsent.</summary>
    [Alias("Note")]
    Task NoteAsync(IntentSubject subject);

    /// <summary>The subject's outbox is empty.</summary>
    [Alias("Clear")]
    Task ClearAsync(IntentSubject subject);

    /// <summary>Wakes every subject noted here now, as the reminder does; called by each silo as it starts.</summary>
    /// <returns>How many were woken.</returns>
    [Alias("Sweep")]
    Task<int> SweepAsync();
}
