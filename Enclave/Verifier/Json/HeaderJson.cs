using System.Text.Json;
using Pythia.Enclave.Verifier.Headers;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Json;

/// <summary>A header from the members of <c>eth_getBlockByHash</c> or <c>eth_getBlockByNumber</c>: encoded anew and hashed, so that what
/// the node says its hash is does not matter.</summary>
public static class HeaderJson
{
    // In the order of the header, each with how it is encoded; those of one fork come together.
    private static readonly (string Name, Action<JsonMembers, string, RlpWriter> Write)[][] LaterForks =
    [
        [("baseFeePerGas", WriteQuantity)],
        [("withdrawalsRoot", WriteHash)],
        [("blobGasUsed", WriteQuantity), ("excessBlobGas", WriteQuantity), ("parentBeaconBlockRoot", WriteHash)],
        [("requestsHash", WriteHash)],
    ];

    /// <summary>Checks the bytes of an answer, with or without its envelope.</summary>
    /// <param name="utf8">The answer.</param>
    /// <param name="expectedHash">See <see cref="BlockHeader.Check"/>.</param>
    public static Checked<BlockHeader> Check(ReadOnlyMemory<byte> utf8, Hash32 expectedHash)
        => JsonAnswer.Read(utf8, JsonAnswer.MaxBytes, block => Check(block, expectedHash));

    /// <inheritdoc cref="Check(ReadOnlyMemory{byte}, Hash32)"/>
    /// <param name="block">The block object itself.</param>
    /// <param name="expectedHash">See <see cref="BlockHeader.Check"/>.</param>
    public static Checked<BlockHeader> Check(JsonElement block, Hash32 expectedHash)
        => Encode(block).TryGet(out var rlp, out var damage) ? BlockHeader.Check(rlp, expectedHash) : damage;

    /// <summary>The header's RLP; nothing is checked but the members' form.</summary>
    public static Checked<byte[]> Encode(JsonElement block)
    {
        var members = new JsonMembers(block, "block");
        var writer = new RlpWriter(1024);
        var list = writer.StartList();
        foreach (var name in (ReadOnlySpan<string>)["parentHash", "sha3Uncles"]) WriteHash(members, name, writer);
        writer.WriteAddress(members.Address("miner"));
        foreach (var name in (ReadOnlySpan<string>)["stateRoot", "transactionsRoot", "receiptsRoot"]) WriteHash(members, name, writer);
        writer.WriteBytes(members.Data("logsBloom", BlockHeader.BloomBytes));
        foreach (var name in (ReadOnlySpan<string>)["difficulty", "number", "gasLimit", "gasUsed", "timestamp"]) WriteQuantity(members, name, writer);
        writer.WriteBytes(members.Data("extraData"));
        WriteHash(members, "mixHash", writer);
        writer.WriteBytes(members.Data("nonce", 8));
        var damage = WriteLaterForks(members, writer);
        writer.EndList(list);
        return members.Damage is { } first ? first : damage is not null ? damage : Checked<byte[]>.Valid(writer.ToArray());
    }

    private static Damage? WriteLaterForks(JsonMembers members, RlpWriter writer)
    {
        string? missing = null;
        foreach (var fork in LaterForks)
        {
            var present = fork.Count(member => members.Has(member.Name));
            if (present == 0)
            {
                missing ??= fork[0].Name;
                continue;
            }

            if (missing is not null)
                return new Damage(InvalidReason.HeaderMembersOutOfOrder, $"block.{fork[0].Name} is there, block.{missing} is missing");

            foreach (var (name, write) in fork) write(members, name, writer);
        }

        return null;
    }

    private static void WriteHash(JsonMembers members, string name, RlpWriter writer) => writer.WriteHash32(members.Hash32(name));

    private static void WriteQuantity(JsonMembers members, string name, RlpWriter writer)
    {
        Span<byte> word = stackalloc byte[Hash32.Size];
        members.Quantity(name).CopyTo(word);
        writer.WriteScalar(word);
    }
}
