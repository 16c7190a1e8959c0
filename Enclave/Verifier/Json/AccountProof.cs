using System.Text.Json;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Json;

/// <summary>An answer of <c>eth_getProof</c> (EIP-1186) as a node sent it: typed, and nothing of it believed.</summary>
public sealed record AccountProof
{
    /// <summary>Largest answer read.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    /// <summary>Most slots of one answer.</summary>
    public const int MaxSlots = 4096;

    /// <summary>Most elements of one proof that are read; a trie's longest path has fewer (<see cref="Tries.TrieProof.MaxListedNodes"/>).</summary>
    public const int MaxNodes = 256;

    public required Address Address { get; init; }

    /// <summary>Claimed.</summary>
    public required ulong Nonce { get; init; }

    /// <summary>Claimed; a 32-byte big-endian number.</summary>
    public required Hash32 BalanceWei { get; init; }

    /// <summary>Claimed.</summary>
    public required Hash32 CodeHash { get; init; }

    /// <summary>Claimed.</summary>
    public required Hash32 StorageRoot { get; init; }

    /// <summary>From the state root down.</summary>
    public required ReadOnlyMemory<byte>[] Nodes { get; init; }

    public required SlotProof[] Slots { get; init; }

    /// <summary>Reads an answer, with or without its envelope.</summary>
    public static Checked<AccountProof> Read(ReadOnlyMemory<byte> utf8) => JsonAnswer.Read(utf8, MaxBytes, answer => Read(answer));

    /// <summary>Reads the result itself.</summary>
    public static Checked<AccountProof> Read(JsonElement answer, string thing = "proof")
    {
        var members = new JsonMembers(answer, thing);
        var proof = new AccountProof
        {
            Address = members.Address("address"),
            Nonce = members.UInt64("nonce"),
            BalanceWei = members.Quantity("balance"),
            CodeHash = members.Hash32("codeHash"),
            StorageRoot = members.Hash32("storageHash"),
            Nodes = SlotProof.ReadNodes(members, "accountProof"),
            Slots = members.Array("storageProof", MaxSlots, SlotProof.Read),
        };
        return members.Damage is { } damage ? damage : Checked<AccountProof>.Valid(proof);
    }
}

/// <summary>One element of <c>storageProof</c>.</summary>
/// <param name="Slot">The key before it is hashed; nodes write it as data of 32 bytes or as a quantity.</param>
/// <param name="Value">Claimed.</param>
/// <param name="Nodes">From the storage root down.</param>
public sealed record SlotProof(Hash32 Slot, Hash32 Value, ReadOnlyMemory<byte>[] Nodes)
{
    internal static Checked<SlotProof> Read(JsonElement element, string thing)
    {
        var members = new JsonMembers(element, thing);
        var proof = new SlotProof(members.Quantity("key"), members.Quantity("value"), ReadNodes(members, "proof"));
        return members.Damage is { } damage ? damage : Checked<SlotProof>.Valid(proof);
    }

    internal static ReadOnlyMemory<byte>[] ReadNodes(JsonMembers members, string name)
        => Array.ConvertAll(members.Array(name, AccountProof.MaxNodes, JsonMembers.ReadData), node => (ReadOnlyMemory<byte>)node);
}
