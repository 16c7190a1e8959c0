using Pythia.Grains.Ledgers;

namespace Pythia.Grains.Mirror;

/// <summary>A grain that takes signed acts and mirrors a part of the chain: device, manufacturer, owner, consent, policy. It is called by one
/// of those interfaces; each says which acts it takes.</summary>
[Alias("pythia.ISubjectGrain")]
public interface ISubjectGrain : IMirroredGrain
{
    /// <summary>Takes a signed act: checks its rule, and stores it with its outbox entry, both or neither.</summary>
    /// <returns>Accepted, or why not.</returns>
    /// <exception cref="OrleansException">The store did not take it, or no node said what a wallet says of its signature; nothing changed,
    /// send again.</exception>
    [Alias("Submit")]
    Task<IntentReceipt> SubmitAsync(SignedIntent intent, CancellationToken cancellationToken = default);

    /// <summary>Queues again whatever is stored and not mined; where there is nothing, stores that, and clears the note at the sweep.</summary>
    /// <param name="note">Number of the subject's note at the sweep, see <see cref="IOutboxSweepGrain"/>.</param>
    [Alias("Flush")]
    Task FlushAsync(long note);

    /// <summary>The outcome of an act stands in verified receipts, or can no longer come: the act leaves the outbox. Unknown digests are
    /// ignored.</summary>
    [Alias("Settle")]
    Task SettleAsync(string digest);
}
