using System.Collections.Concurrent;

namespace Pythia.Enclave.Host;

/// <summary>Runs one and the same piece of work once for all who ask for it while it is under way.</summary>
internal sealed class SingleFlight<TKey, TResult>
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Lazy<Task<TResult>>> _underWay = new();

    /// <param name="key">What makes two pieces of work the same.</param>
    /// <param name="work">Must not depend on a single caller's patience: it goes on when that caller stops waiting.</param>
    /// <param name="cancellationToken">Stops waiting, not the work.</param>
    public Task<TResult> RunAsync(TKey key, Func<Task<TResult>> work, CancellationToken cancellationToken)
    {
        var flight = _underWay.GetOrAdd(key, _ => new Lazy<Task<TResult>>(() => RunAndForgetAsync(key, work)));
        return flight.Value.WaitAsync(cancellationToken);
    }

    private async Task<TResult> RunAndForgetAsync(TKey key, Func<Task<TResult>> work)
    {
        // Off the caller's thread: the entry must be in place before it is taken out.
        await Task.Yield();
        try
        {
            return await work();
        }
        finally
        {
            _underWay.TryRemove(key, out _);
        }
    }
}
