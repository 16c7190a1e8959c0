using System.Collections.Immutable;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Receipts;

/// <summary>One log as a receipt holds it.</summary>
/// <param name="Address">The contract that emitted it.</param>
/// <param name="Topics">0 to 4; the first is the event's signature hash.</param>
/// <param name="Data">The ABI-encoded rest.</param>
public sealed record Log(Address Address, ImmutableArray<Hash32> Topics, ReadOnlyMemory<byte> Data);

/// <summary>One receipt since Byzantium (EIP-658), typed as EIP-2718 has it.</summary>
/// <param name="Type">0 legacy, 1 access list (EIP-2930), 2 dynamic fee (EIP-1559), 3 blob (EIP-4844), 4 set code (EIP-7702).</param>
/// <param name="Succeeded">Status 1; false is status 0.</param>
/// <param name="CumulativeGasUsed">Gas of the block up to and with this transaction.</param>
/// <param name="Bloom">256 bytes, as the node said; <see cref="VerifiedReceipts"/> holds it to the logs.</param>
/// <param name="Logs">In order.</param>
public sealed record Receipt(byte Type, bool Succeeded, ulong CumulativeGasUsed, ReadOnlyMemory<byte> Bloom, ImmutableArray<Log> Logs)
{
    /// <summary>Highest transaction type known here.</summary>
    public const byte MaxType = 4;

    /// <summary>Most topics of a log (LOG4).</summary>
    public const int MaxTopics = 4;

    /// <summary>What the receipts trie holds: RLP [status, cumulative gas, bloom, [* [address, [* topic], data]]], behind the type unless legacy.</summary>
    public byte[] Encode()
    {
        var writer = new RlpWriter(512);
        if (Type != 0) writer.WriteEncoded([Type]);

        var receipt = writer.StartList();
        writer.WriteUInt64(Succeeded ? 1UL : 0);
        writer.WriteUInt64(CumulativeGasUsed);
        writer.WriteBytes(Bloom.Span);
        var logs = writer.StartList();
        foreach (var log in Logs) WriteLog(writer, log);
        writer.EndList(logs);
        writer.EndList(receipt);
        return writer.ToArray();
    }

    private static void WriteLog(RlpWriter writer, Log log)
    {
        var list = writer.StartList();
        writer.WriteAddress(log.Address);
        var topics = writer.StartList();
        foreach (var topic in log.Topics) writer.WriteHash32(topic);
        writer.EndList(topics);
        writer.WriteBytes(log.Data.Span);
        writer.EndList(list);
    }
}
