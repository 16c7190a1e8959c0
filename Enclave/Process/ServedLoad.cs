namespace Pythia.Enclave.Serving;

/// <summary>The replies of megabytes of all connections: made one at a time, so that many take no more memory than one.</summary>
internal sealed class ServedLoad : IDisposable
{
    /// <summary>Proofs and logs that wait for their turn; one more is <see cref="EnclaveFault.Busy"/>.</summary>
    private const int MostLargeWaiting = 64;

    private readonly SemaphoreSlim _large = new(1);
    private int _largeWaiting;

    /// <summary>Runs what makes a reply of megabytes, one at a time.</summary>
    /// <exception cref="EnclaveException"><see cref="EnclaveFault.Busy"/>: too many wait for it.</exception>
    public async Task RunLargeAsync(Func<Task> reply, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _largeWaiting) > MostLargeWaiting) throw new EnclaveException(EnclaveFault.Busy, $"{MostLargeWaiting} proofs and logs are under way");

            await _large.WaitAsync(cancellationToken);
        }
        catch
        {
            Interlocked.Decrement(ref _largeWaiting);
            throw;
        }

        try
        {
            await reply();
        }
        finally
        {
            Interlocked.Decrement(ref _largeWaiting);
            _large.Release();
        }
    }

    public void Dispose() => _large.Dispose();
}
