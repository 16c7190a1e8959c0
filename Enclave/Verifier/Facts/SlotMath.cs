using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Facts;

/// <summary>Storage slots of mappings and structs (Solidity, "Layout of State Variables in Storage"), and the ids that lead to them.</summary>
public static class SlotMath
{
    /// <summary>Slot of <c>mapping[key]</c>: keccak256(key 32 ‖ slot 32).</summary>
    public static Hash32 OfMapping(in Hash32 key, in Hash32 slot)
    {
        Span<byte> preimage = stackalloc byte[2 * Hash32.Size];
        key.CopyTo(preimage);
        slot.CopyTo(preimage[Hash32.Size..]);
        return Keccak256.HashData(preimage);
    }

    /// <inheritdoc cref="OfMapping(in Hash32, in Hash32)"/>
    public static Hash32 OfMapping(in Hash32 key, ulong slot) => OfMapping(key, Hash32.FromUInt64(slot));

    /// <summary>The slot of a struct's member: <paramref name="slot"/> + <paramref name="words"/>, modulo 2^256.</summary>
    public static Hash32 Add(in Hash32 slot, int words)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(words);
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        slot.CopyTo(bytes);
        var carry = (uint)words;
        for (var i = Hash32.Size - 1; i >= 0 && carry != 0; i--)
        {
            carry += bytes[i];
            bytes[i] = (byte)carry;
            carry >>= 8;
        }

        return Hash32.FromSpan(bytes);
    }

    /// <summary>keccak256(abi.encode(device id, uint64 epoch, grantee, scope)), architecture section 11.</summary>
    public static Hash32 ConsentId(in Hash32 device, ulong epoch, Address grantee, in Hash32 scope)
    {
        Span<byte> preimage = stackalloc byte[4 * Hash32.Size];
        device.CopyTo(preimage);
        Hash32.FromUInt64(epoch).CopyTo(preimage[Hash32.Size..]);
        grantee.ToWord().CopyTo(preimage[(2 * Hash32.Size)..]);
        scope.CopyTo(preimage[(3 * Hash32.Size)..]);
        return Keccak256.HashData(preimage);
    }
}
