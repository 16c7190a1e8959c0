namespace Pythia.Grains.Mirror;

/// <summary>One of 64 buckets of grains that may have something unsent. The key is {chain id}/{bucket 0…63}.
/// A grain notes itself here before it writes, so that one that died between <i>stored</i> and <i>queued</i> is woken.</summary>
[Alias("pythia.IOutboxSweepGrain")]
public interface IOutboxSweepGrain : IGrainWithStringKey
{
    /// <summary>Stores that the subject may have something unsent, under a number that no earlier note of it has.</summary>
    /// <returns>The number, by which this note can be cleared.</returns>
    [Alias("Note")]
    Task<long> NoteAsync(IntentSubject subject);

    /// <summary>The subject had nothing unsent any more, at a time after this note was known. One that was noted again since stays.</summary>
    /// <param name="number">Of the note, learnt before the subject stored that it has nothing unsent.</param>
    [Alias("Clear")]
    Task ClearAsync(IntentSubject subject, long number);

    /// <summary>Wakes every subject noted here now, as the reminder does; called by each silo as it starts.</summary>
    /// <returns>How many were woken.</returns>
    [Alias("Sweep")]
    Task<int> SweepAsync();
}
