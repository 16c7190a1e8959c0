using Pythia.Enclave;

namespace Pythia.Grains.Pythia;

/// <summary>The enclaves beside this silo.</summary>
public sealed class EnclaveDirectory(IEnumerable<IEnclave> enclaves)
{
    private readonly IEnclave[] _enclaves = [.. enclaves];

    /// <summary>One that follows the chain, if possible one that can answer; with <paramref name="id"/>, that very one. An enclave that is gone is passed over.</summary>
    /// <exception cref="InvalidOperationException">There is none beside this silo, or none that says who it is.</exception>
    public async ValueTask<IEnclave> GetAsync(ulong chainId, CancellationToken cancellationToken, string? id = null)
    {
        IEnclave? second = null;
        var gone = "";
        foreach (var enclave in _enclaves)
        {
            try
            {
                var identity = await enclave.IdentifyAsync(cancellationToken);
                if (identity.ChainId != chainId || (id is not null && identity.Id != id)) continue;
                if (id is not null || (await enclave.HealthAsync(cancellationToken)).CanAnswer) return enclave;
                second ??= enclave;
            }
            catch (Exception e) when (e is EnclaveException or ObjectDisposedException)
            {
                gone = $"; one is gone: {e.Message}";
            }
        }

        return second ?? throw new InvalidOperationException($"No enclave {id} for chain {chainId} beside this silo{gone}");
    }
}
