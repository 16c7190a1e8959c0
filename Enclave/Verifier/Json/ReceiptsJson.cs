using System.Collections.Immutable;
using System.Text.Json;
using Pythia.Enclave.Verifier.Headers;
using Pythia.Enclave.Verifier.Receipts;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Json;

/// <summary>An answer of <c>eth_getBlockReceipts</c>: typed, and nothing of it believed until <see cref="VerifiedReceipts.Check"/>.</summary>
public static class ReceiptsJson
{
    /// <summary>Most receipts of one block.</summary>
    public const int MaxReceipts = 65_536;

    /// <summary>Most logs of one receipt.</summary>
    public const int MaxLogs = 65_536;

    /// <summary>Reads the bytes of an answer, with or without its envelope, and checks it against the header.</summary>
    public static Checked<VerifiedReceipts> Check(ReadOnlyMemory<byte> utf8, BlockHeader header)
        => JsonAnswer.Read(utf8, JsonAnswer.MaxBytes, receipts => Check(receipts, header));

    /// <inheritdoc cref="Check(ReadOnlyMemory{byte}, BlockHeader)"/>
    /// <param name="receipts">The array itself.</param>
    /// <param name="header">A checked header.</param>
    public static Checked<VerifiedReceipts> Check(JsonElement receipts, BlockHeader header)
    {
        if (receipts.ValueKind != JsonValueKind.Array || receipts.GetArrayLength() > MaxReceipts)
            return new Damage(InvalidReason.BadMember, $"receipts: an array of at most {MaxReceipts} elements expected");

        var typed = new List<Receipt>(receipts.GetArrayLength());
        foreach (var element in receipts.EnumerateArray())
        {
            if (!Read(element, typed.Count).TryGet(out var receipt, out var damage)) return damage;

            typed.Add(receipt);
        }

        return VerifiedReceipts.Check(header, typed);
    }

    private static Checked<Receipt> Read(JsonElement element, int index)
    {
        var thing = $"receipts[{index}]";
        var members = new JsonMembers(element, thing);
        var type = members.Has("type") ? members.UInt64("type") : 0;
        var status = members.UInt64("status");
        var receipt = new Receipt(
            (byte)Math.Min(type, byte.MaxValue),
            status == 1,
            members.UInt64("cumulativeGasUsed"),
            members.Data("logsBloom", BlockHeader.BloomBytes),
            [.. members.Array("logs", MaxLogs, ReadLog)]);
        var place = members.Has("transactionIndex") ? members.UInt64("transactionIndex") : (ulong)index;
        if (members.Damage is { } damage) return damage;
        if (status > 1) return new Damage(InvalidReason.BadReceipt, $"{thing}: status {status} found, 0 or 1 expected");

        return place == (ulong)index
            ? Checked<Receipt>.Valid(receipt)
            : new Damage(InvalidReason.ReceiptsOutOfOrder, $"{thing}: transaction index {place} found, {index} expected");
    }

    private static Checked<Log> ReadLog(JsonElement element, string thing)
    {
        var members = new JsonMembers(element, thing);
        var log = new Log(
            members.Address("address"),
            ImmutableArray.Create(Array.ConvertAll(members.Array("topics", Receipt.MaxTopics, ReadTopic), topic => Hash32.FromSpan(topic))),
            members.Data("data"));
        return members.Damage is { } damage ? damage : Checked<Log>.Valid(log);
    }

    private static Checked<byte[]> ReadTopic(JsonElement element, string thing)
        => JsonMembers.ReadData(element, thing) is { Damage: null, Value: { Length: Hash32.Size } topic }
            ? Checked<byte[]>.Valid(topic)
            : new Damage(InvalidReason.BadMember, $"{thing}: 0x and {2 * Hash32.Size} hex digits expected");
}
