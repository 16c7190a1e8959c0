using Pythia.Enclave;

namespace Pythia.Grains.Pythia;

/// <summary>Asks an enclave within a limit: one that hangs is as good as gone.</summary>
internal static class EnclaveReplies
{
    /// <summary>What was asked for; cancelled, and left behind, when <paramref name="limit"/> is over.</summary>
    /// <exception cref="EnclaveException"><see cref="EnclaveFault.Gone"/> where no reply came in time.</exception>
    public static async Task<T> WithinAsync<T>(TimeSpan limit, TimeProvider time, Func<CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            return await ask(giveUp.Token).AsTask().WaitAsync(limit, time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            await giveUp.CancelAsync();
            throw new EnclaveException(EnclaveFault.Gone, $"no reply within {limit.TotalSeconds:0} s", e);
        }
    }
}
