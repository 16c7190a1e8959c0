using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Pythia.Enclave;

namespace Pythia.Grains.Pythia;

/// <summary>The enclaves beside this silo. All are asked at once, so that one which is gone or hangs holds up nobody who can be served by another.</summary>
public sealed class EnclaveDirectory(IEnumerable<IEnclave> enclaves, IOptions<AttestationOptions> options, TimeProvider time)
{
    private readonly IEnclave[] _enclaves = [.. enclaves];

    /// <summary>The one of this name.</summary>
    /// <exception cref="InvalidOperationException">It is not beside this silo, or does not say who it is.</exception>
    public async Task<IEnclave> GetAsync(ulong chainId, string id, CancellationToken cancellationToken)
    {
        using var rest = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var troubles = new List<string>();
        await foreach (var found in EachAsync(async enclave => (await IdentifyAsync(enclave, rest.Token)) is var who && who.ChainId == chainId && who.Id == id ? enclave : null, troubles, cancellationToken))
        {
            await rest.CancelAsync();
            return found;
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw None($"{id} ", chainId, troubles);
    }

    /// <summary>A head above <paramref name="afterBlock"/>, and the enclave that verified it: whichever of the chain's has one first.</summary>
    /// <param name="chainId">EIP-155.</param>
    /// <param name="afterBlock">Number of a block.</param>
    /// <param name="last">These are taken only where no other one has a head: those at the beginning of the list before the others.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <remarks>Goes by rounds: who was gone in one is asked anew in the next, while others stand.</remarks>
    /// <exception cref="InvalidOperationException">No enclave of this chain is beside this silo, or none can be asked.</exception>
    public async Task<(IEnclave Enclave, VerifiedHead Head)> WaitForHeadAsync(
        ulong chainId, ulong afterBlock, IReadOnlyList<IEnclave> last, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Whoever is slow to say who it is has as long again for its head.
            using var round = new CancellationTokenSource(2 * ReplyLimit, time);
            using var rest = CancellationTokenSource.CreateLinkedTokenSource(round.Token, cancellationToken);
            var (troubles, behind) = (new List<string>(), new List<Ahead>());
            await foreach (var found in EachAsync(enclave => FindAsync(enclave, rest.Token), troubles, cancellationToken))
            {
                if (last.Contains(found.Enclave))
                {
                    behind.Add(found);
                    continue;
                }

                await rest.CancelAsync();
                return (found.Enclave, found.Head);
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (last.Select(enclave => behind.Find(found => found.Enclave == enclave)).FirstOrDefault(found => found is not null) is { } taken) return (taken.Enclave, taken.Head);
            if (!round.IsCancellationRequested) throw None("", chainId, troubles);
        }

        async Task<Ahead?> FindAsync(IEnclave enclave, CancellationToken rest)
            => (await IdentifyAsync(enclave, rest)).ChainId == chainId ? new Ahead(enclave, await enclave.WaitForHeadAsync(afterBlock, rest).AsTask().WaitAsync(rest)) : null;
    }

    // What is found, as it is found; what an enclave fails with is a trouble.
    private async IAsyncEnumerable<T> EachAsync<T>(Func<IEnclave, Task<T?>> find, List<string> troubles, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        await foreach (var ended in Task.WhenEach(_enclaves.Select(TryAsync)).WithCancellation(cancellationToken))
        {
            var (found, trouble) = await ended;
            if (trouble is not null) troubles.Add(trouble);
            if (found is not null) yield return found;
        }

        async Task<(T? Found, string? Trouble)> TryAsync(IEnclave enclave)
        {
            try
            {
                return (await find(enclave), null);
            }
            catch (Exception e) when (e is EnclaveException or ObjectDisposedException)
            {
                return (null, e.Message);
            }
            catch (OperationCanceledException)
            {
                return (null, null); // another one was found, the round is over, or nobody waits any more
            }
        }
    }

    private TimeSpan ReplyLimit => TimeSpan.FromSeconds(options.Value.ReplySeconds);

    private Task<EnclaveIdentity> IdentifyAsync(IEnclave enclave, CancellationToken cancellationToken)
        => EnclaveReplies.WithinAsync(ReplyLimit, time, enclave.IdentifyAsync, cancellationToken);

    private static InvalidOperationException None(string id, ulong chainId, List<string> troubles)
        => new($"No enclave {id}for chain {chainId} beside this silo{string.Concat(troubles.Select(trouble => $"; one is gone: {trouble}"))}");

    private sealed record Ahead(IEnclave Enclave, VerifiedHead Head);
}
