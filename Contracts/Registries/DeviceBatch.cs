using System.Collections.Immutable;
using Pythia.Contracts.Abi;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>One device of a manufacturer's batch.</summary>
/// <param name="ClaimKey">Address of the secp256k1 key that is printed on it as QR code.</param>
public sealed record BatchDevice(Hash32 DeviceId, Address ClaimKey, Hash32 ModelId)
{
    /// <summary>keccak256(keccak256(abi.encode(device id, claim key, model id))): hashed twice, so that no inner node passes for a leaf.</summary>
    public Hash32 Leaf
    {
        get
        {
            Span<byte> inner = stackalloc byte[Hash32.Size];
            Keccak256.HashData(AbiCodec.Encode("bytes32,address,bytes32", DeviceId, ClaimKey, ModelId), inner);
            return Keccak256.HashData(inner);
        }
    }
}

/// <summary>The Merkle tree of a batch: its root goes to the chain, the proofs are published by the manufacturer.</summary>
/// <remarks>Leaves are sorted and pairs are hashed in sorted order (OpenZeppelin MerkleProof); a node without a sibling moves up as it is.</remarks>
public sealed class DeviceBatch
{
    private readonly Hash32[][] _levels;
    private readonly Dictionary<Hash32, int> _places = [];

    /// <exception cref="ArgumentException">There is no device, or one stands there twice.</exception>
    public DeviceBatch(IEnumerable<BatchDevice> devices)
    {
        Devices = [.. devices];
        if (Devices.IsEmpty) throw new ArgumentException("no device found, at least one expected", nameof(devices));

        var leaves = Devices.Select(d => d.Leaf).Order().ToArray();
        for (var i = 0; i < leaves.Length; i++)
        {
            if (!_places.TryAdd(leaves[i], i)) throw new ArgumentException($"leaf {leaves[i]} found twice, once expected", nameof(devices));
        }

        _levels = [.. Levels(leaves)];
    }

    public ImmutableArray<BatchDevice> Devices { get; }

    public uint Count => (uint)Devices.Length;

    public Hash32 Root => _levels[^1][0];

    /// <summary>The hashes beside the way from the device's leaf to the root.</summary>
    /// <exception cref="ArgumentException">The batch has no such device.</exception>
    public ImmutableArray<Hash32> ProofOf(BatchDevice device)
    {
        if (!_places.TryGetValue(device.Leaf, out var place)) throw new ArgumentException($"device {device.DeviceId} not found in the batch {Root}", nameof(device));

        var proof = ImmutableArray.CreateBuilder<Hash32>(_levels.Length);
        foreach (var level in _levels)
        {
            var sibling = place ^ 1;
            if (sibling < level.Length) proof.Add(level[sibling]);
            place >>= 1;
        }

        return proof.ToImmutable();
    }

    /// <summary>Where a proof leads; the batch's root for a true one.</summary>
    public static Hash32 RootOf(Hash32 leaf, ImmutableArray<Hash32> proof) => proof.Aggregate(leaf, Pair);

    private static IEnumerable<Hash32[]> Levels(Hash32[] level)
    {
        yield return level;
        while (level.Length > 1)
        {
            level = [.. level.Chunk(2).Select(pair => pair.Length == 2 ? Pair(pair[0], pair[1]) : pair[0])];
            yield return level;
        }
    }

    private static Hash32 Pair(Hash32 a, Hash32 b)
    {
        Span<byte> bytes = stackalloc byte[2 * Hash32.Size];
        (a < b ? a : b).CopyTo(bytes);
        (a < b ? b : a).CopyTo(bytes[Hash32.Size..]);
        return Keccak256.HashData(bytes);
    }
}
