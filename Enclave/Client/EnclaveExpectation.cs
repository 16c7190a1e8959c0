namespace Pythia.Enclave;

/// <summary>
/// Which enclave a silo means by an endpoint. Compared at each connection, so that a mistake in settings is told from the enclave that was meant; what may be
/// believed of an enclave, its quote says.
/// </summary>
/// <param name="Id">Configured stable name.</param>
/// <param name="ChainId">EIP-155 chain id.</param>
/// <param name="ConfigurationHash">32 bytes.</param>
public sealed record EnclaveExpectation(string Id, ulong ChainId, ReadOnlyMemory<byte> ConfigurationHash)
{
    /// <summary>Everything in which <paramref name="found"/> is another one, with what was found and expected; null where it is the one.</summary>
    public string? FindMismatch(EnclaveIdentity found)
    {
        var mistakes = new List<string>();
        if (found.Id != Id) mistakes.Add($"id {found.Id} found, {Id} expected");
        if (found.ChainId != ChainId) mistakes.Add($"chain {found.ChainId} found, {ChainId} expected");
        if (!found.ConfigurationHash.Span.SequenceEqual(ConfigurationHash.Span))
        {
            mistakes.Add(
                $"configuration hash {Convert.ToHexStringLower(found.ConfigurationHash.Span)} found, {Convert.ToHexStringLower(ConfigurationHash.Span)} expected "
                + "(of chain, genesis hash, contracts with their code hashes, level)");
        }

        return mistakes.Count > 0 ? string.Join("; ", mistakes) : null;
    }
}
