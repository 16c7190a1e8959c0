using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Tries;

/// <summary>Accounts under a state root and slots under a storage root (EIP-1186). Keys are hashed here, so that the proof has no say.</summary>
/// <remarks>Each check comes in two forms: for the nodes of one proof, and for a store of nodes; both are the same walk.</remarks>
public static class StateProof
{
    /// <summary>Checks the proof of an account.</summary>
    /// <param name="stateRoot">From a checked header.</param>
    /// <param name="address">The account that was asked for.</param>
    /// <param name="nodes">See <see cref="TrieProof.Check"/>.</param>
    public static AccountVerdict CheckAccount(in Hash32 stateRoot, Address address, ReadOnlySpan<ReadOnlyMemory<byte>> nodes)
    {
        Span<byte> key = stackalloc byte[Hash32.Size];
        HashKey(address, key);
        return ReadAccount(TrieProof.Check(stateRoot, key, nodes));
    }

    /// <summary>Looks an account up in a store of nodes.</summary>
    /// <inheritdoc cref="CheckAccount"/>
    public static AccountVerdict FindAccount<TNodes>(in Hash32 stateRoot, Address address, scoped ref TNodes nodes)
        where TNodes : ITrieNodes, allows ref struct
    {
        Span<byte> key = stackalloc byte[Hash32.Size];
        HashKey(address, key);
        return ReadAccount(TrieWalk.Find(stateRoot, key, ref nodes));
    }

    /// <summary>Checks the proof of a storage slot.</summary>
    /// <param name="storageRoot">From an account that was checked (<see cref="AccountVerdict.StorageRoot"/>).</param>
    /// <param name="slot">The slot that was asked for, before it is hashed.</param>
    /// <param name="nodes">See <see cref="TrieProof.Check"/>.</param>
    public static SlotVerdict CheckSlot(in Hash32 storageRoot, in Hash32 slot, ReadOnlySpan<ReadOnlyMemory<byte>> nodes)
    {
        Span<byte> key = stackalloc byte[Hash32.Size];
        HashKey(slot, key);
        return ReadSlot(TrieProof.Check(storageRoot, key, nodes));
    }

    /// <summary>Looks a slot up in a store of nodes.</summary>
    /// <inheritdoc cref="CheckSlot"/>
    public static SlotVerdict FindSlot<TNodes>(in Hash32 storageRoot, in Hash32 slot, scoped ref TNodes nodes)
        where TNodes : ITrieNodes, allows ref struct
    {
        Span<byte> key = stackalloc byte[Hash32.Size];
        HashKey(slot, key);
        return ReadSlot(TrieWalk.Find(storageRoot, key, ref nodes));
    }

    private static AccountVerdict ReadAccount(TrieVerdict found)
    {
        if (found.Verdict != Verdict.Included) return new AccountVerdict(found.Verdict, found.Reason, default);

        return Account.TryRead(found.Value, out var account)
            ? new AccountVerdict(Verdict.Included, InvalidReason.None, account)
            : AccountVerdict.Invalid(InvalidReason.BadAccount);
    }

    // A leaf that holds the number zero (0x80) counts as absent: anvil keeps zeroed slots, other nodes delete them.
    private static SlotVerdict ReadSlot(TrieVerdict found)
    {
        if (found.Verdict != Verdict.Included) return new SlotVerdict(found.Verdict, found.Reason, default);

        var reader = new RlpReader(found.Value);
        if (!reader.TryReadScalar(out var number) || !reader.IsAtEnd) return SlotVerdict.Invalid(InvalidReason.BadStorageValue);

        return new SlotVerdict(number.IsEmpty ? Verdict.Absent : Verdict.Included, InvalidReason.None, Word.FromBigEndian(number));
    }

    private static void HashKey(Address address, Span<byte> key)
    {
        Span<byte> bytes = stackalloc byte[Address.Size];
        address.CopyTo(bytes);
        Keccak256.HashData(bytes, key);
    }

    private static void HashKey(in Hash32 slot, Span<byte> key)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        slot.CopyTo(bytes);
        Keccak256.HashData(bytes, key);
    }
}
