using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Tries;

/// <summary>An account as the state trie holds it (Yellow Paper, 4.1).</summary>
/// <param name="Nonce">Transactions sent, or contracts created.</param>
/// <param name="BalanceWei">As a 32-byte big-endian number.</param>
/// <param name="StorageRoot">Root of its storage trie.</param>
/// <param name="CodeHash">keccak256 of its code.</param>
public readonly record struct Account(ulong Nonce, Hash32 BalanceWei, Hash32 StorageRoot, Hash32 CodeHash)
{
    /// <summary>keccak256 of no bytes: an account without code.</summary>
    public static Hash32 EmptyCodeHash { get; } = Keccak256.HashData([]);

    /// <summary>Reads exactly RLP [nonce, balance, storage root 32, code hash 32], numbers in their shortest form.</summary>
    public static bool TryRead(ReadOnlySpan<byte> encoded, out Account account)
    {
        account = default;
        if (!RlpReader.TryReadWholeList(encoded, out var items)
            || !items.TryReadUInt64(out var nonce)
            || !items.TryReadScalar(out var balance)
            || !items.TryReadHash32(out var storageRoot)
            || !items.TryReadHash32(out var codeHash)
            || !items.IsAtEnd)
        {
            return false;
        }

        account = new Account(nonce, Word.FromBigEndian(balance), storageRoot, codeHash);
        return true;
    }
}

/// <summary>What an account's proof came to.</summary>
/// <param name="Account">All zero unless included.</param>
public readonly record struct AccountVerdict(Verdict Verdict, InvalidReason Reason, Account Account)
{
    /// <summary>Root of the account's storage: that of the empty trie when the account is proven absent.</summary>
    /// <exception cref="InvalidOperationException">The verdict is invalid: there is no root to trust.</exception>
    public Hash32 StorageRoot => Verdict switch
    {
        Verdict.Included => Account.StorageRoot,
        Verdict.Absent => TrieWalk.EmptyRoot,
        _ => throw new InvalidOperationException($"the account's proof is invalid: {Reason}"),
    };

    internal static AccountVerdict Invalid(InvalidReason reason) => new(Verdict.Invalid, reason, default);
}

/// <summary>What a slot's proof came to.</summary>
/// <param name="Value">The word; zero unless included.</param>
public readonly record struct SlotVerdict(Verdict Verdict, InvalidReason Reason, Hash32 Value)
{
    internal static SlotVerdict Invalid(InvalidReason reason) => new(Verdict.Invalid, reason, default);
}
