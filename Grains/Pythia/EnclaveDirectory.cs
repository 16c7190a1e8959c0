using Pythia.Enclave;

namespace Pythia.Grains.Pythia;

/// <summary>The enclaves beside this silo.</summary>
public sealed class EnclaveDirectory(IEnumerable<IEnclave> enclaves)
{
    private readonly IEnclave[] _enclaves = [.. enclaves];

    /// <summary>One that follows the chain; with <paramref name="id"/>, that very one.</summary>
    /// <exception cref="InvalidOperationException">There is none beside this silo.</exception>
    public async ValueTask<IEnclave> GetAsync(ulong chainId, CancellationToken cancellationToken, string? id = null)
    {
        foreach (var enclave in _enclaves)
        {
            var identity = await enclave.IdentifyAsync(cancellationToken);
            if (identity.ChainId == chainId && (id is null || identity.Id == id))
            {
                return enclave;
            }
        }

        throw new InvalidOperationException($"No enclave {id} for chain {chainId} beside this silo");
    }
}
