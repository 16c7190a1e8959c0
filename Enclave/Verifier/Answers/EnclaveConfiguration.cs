using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Answers;

/// <summary>A contract that an enclave answers from.</summary>
/// <param name="Name">As its EIP-712 domain without <c>Pythia </c>: <c>DeviceRegistry</c>.</param>
/// <param name="Address">Where it is deployed.</param>
/// <param name="CodeHash">Keccak-256 of its runtime code, as its account holds it (yellow paper §4.1).</param>
public sealed record ConfiguredContract(string Name, Address Address, Hash32 CodeHash);

/// <summary>What is static in an enclave and thereby attested: chain, contracts, trust rules (architecture section 6, Keys).</summary>
/// <param name="ChainId">EIP-155.</param>
/// <param name="GenesisHash">Hash of block 0: two chains may share an id.</param>
/// <param name="Contracts">In any order; hashed by name.</param>
/// <param name="Level">The assurance that its heads have; the first element of the trust rules.</param>
public sealed record EnclaveConfiguration(ulong ChainId, Hash32 GenesisHash, ImmutableArray<ConfiguredContract> Contracts, byte Level)
{
    public const int HashBytes = 32;

    /// <summary>
    /// SHA-256 of deterministic CBOR <c>["pythia/config/1", chain id, genesis hash, [* [name, address, code hash]], rules]</c>, contracts by
    /// the bytes of their names, <c>rules = [level]</c>.
    /// </summary>
    public byte[] ComputeHash()
    {
        var writer = new CborWriter().Array(5).Text("pythia/config/1").Unsigned(ChainId).Bytes(GenesisHash.ToArray()).Array(Contracts.Length);
        foreach (var contract in Contracts.Order(Comparer<ConfiguredContract>.Create(CompareNames)))
        {
            writer.Array(3).Text(contract.Name).Bytes(contract.Address.ToArray()).Bytes(contract.CodeHash.ToArray());
        }

        return SHA256.HashData(writer.Array(1).Unsigned(Level).Written);
    }

    private static int CompareNames(ConfiguredContract left, ConfiguredContract right)
        => Encoding.UTF8.GetBytes(left.Name).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right.Name));
}
