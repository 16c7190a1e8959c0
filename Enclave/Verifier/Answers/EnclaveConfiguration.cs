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

    /// <summary>Longest configuration that is read.</summary>
    public const int MaxBytes = 8 * 1024;

    /// <summary>Most contracts of one that is read.</summary>
    public const int MaxContracts = 64;

    private const string Kind = "pythia/config/1";

    /// <summary>
    /// Deterministic CBOR <c>["pythia/config/1", chain id, genesis hash, [* [name, address, code hash]], rules]</c>, contracts by the bytes
    /// of their names, <c>rules = [level]</c>.
    /// </summary>
    public byte[] Encode()
    {
        var writer = new CborWriter().Array(5).Text(Kind).Unsigned(ChainId).Bytes(GenesisHash.ToArray()).Array(Contracts.Length);
        foreach (var contract in Contracts.Order(Comparer<ConfiguredContract>.Create(CompareNames)))
        {
            writer.Array(3).Text(contract.Name).Bytes(contract.Address.ToArray()).Bytes(contract.CodeHash.ToArray());
        }

        return writer.Array(1).Unsigned(Level).ToArray();
    }

    /// <summary>SHA-256 of <see cref="Encode"/>: what is attested, registered and signed over.</summary>
    public byte[] ComputeHash() => SHA256.HashData(Encode());

    /// <summary>Reads a configuration; any bytes get an answer. What is read encodes to the same bytes.</summary>
    public static CborError Decode(ReadOnlySpan<byte> encoded, out EnclaveConfiguration? configuration)
    {
        configuration = null;
        var reader = new CborReader(encoded, MaxBytes);
        if (!reader.TryReadArray(5)
            || !reader.TryReadText(out var kind) || kind != Kind
            || !reader.TryReadUnsigned(out var chainId)
            || !reader.TryReadBytes(Hash32.Size, out var genesis)
            || !reader.TryReadArray(0, MaxContracts, out var count))
        {
            return Wire.ErrorOf(reader);
        }

        var contracts = ImmutableArray.CreateBuilder<ConfiguredContract>(count);
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadArray(3)
                || !reader.TryReadText(out var name)
                || !reader.TryReadBytes(Address.Size, out var address)
                || !reader.TryReadBytes(Hash32.Size, out var codeHash))
            {
                return Wire.ErrorOf(reader);
            }

            contracts.Add(new ConfiguredContract(name, Address.FromSpan(address), Hash32.FromSpan(codeHash)));
            if (i > 0 && CompareNames(contracts[i - 1], contracts[i]) >= 0) return CborError.UnexpectedItem;
        }

        if (!reader.TryReadArray(1) || !reader.TryReadUnsigned(out var level) || level > Request.MaxLevel) return Wire.ErrorOf(reader);

        configuration = new EnclaveConfiguration(chainId, Hash32.FromSpan(genesis), contracts.MoveToImmutable(), (byte)level);
        return CborError.None;
    }

    private static int CompareNames(ConfiguredContract left, ConfiguredContract right)
        => Encoding.UTF8.GetBytes(left.Name).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right.Name));
}
