using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Tries;

/// <summary>Where a walk gets its nodes from: a proof's list, or a store keyed by hash.</summary>
public interface ITrieNodes
{
    /// <summary>Finds the node that <paramref name="hash"/> names.</summary>
    /// <param name="hash">keccak256 of the node, from the root or from a parent that was checked.</param>
    /// <param name="node">RLP; it need not be checked, the walk hashes it. It must not change while the walk lasts.</param>
    /// <returns>False where there is none, which makes the walk invalid, never an absence.</returns>
    bool TryGet(scoped in Hash32 hash, out ReadOnlySpan<byte> node);

    /// <summary>Told when the walk enters a node that lies inside its parent, of which nothing need be fetched.</summary>
    void Entered(ReadOnlySpan<byte> embedded)
    {
    }
}
