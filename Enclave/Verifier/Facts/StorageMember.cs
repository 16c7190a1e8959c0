using System.Buffers.Binary;
using System.Collections.Immutable;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Facts;

/// <summary>Where a member of a struct lies: storage is packed from the low-order end of each 32-byte word (Solidity, "Layout of State
/// Variables in Storage"), so that its bytes are [32 - Offset - Size, 32 - Offset) of the word.</summary>
/// <param name="Slot">Words after the struct's first.</param>
/// <param name="Offset">Bytes from the low-order end.</param>
/// <param name="Size">Bytes.</param>
public readonly record struct StorageMember(int Slot, int Offset, int Size)
{
    /// <summary>The member as an unsigned number; it has at most 8 bytes.</summary>
    public ulong ReadUInt64(in Hash32 word)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        word.CopyTo(bytes);
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        number.Clear();
        Cut(bytes).CopyTo(number[(sizeof(ulong) - Size)..]);
        return BinaryPrimitives.ReadUInt64BigEndian(number);
    }

    /// <summary>The member as an address; it has 20 bytes.</summary>
    public Address ReadAddress(in Hash32 word)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        word.CopyTo(bytes);
        return Address.FromSpan(Cut(bytes));
    }

    /// <summary>The member's bytes.</summary>
    public ImmutableArray<byte> ReadBytes(in Hash32 word)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        word.CopyTo(bytes);
        return [.. Cut(bytes)];
    }

    private Span<byte> Cut(Span<byte> word) => word.Slice(Hash32.Size - Offset - Size, Size);
}
