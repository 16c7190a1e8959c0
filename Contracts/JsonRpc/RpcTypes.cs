using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json;
using Pythia.Ethereum;

namespace Pythia.Contracts.JsonRpc;

/// <summary>A block as a node tells of it; nothing here is proven.</summary>
/// <param name="Json">All that the node said: the header's other fields, the transactions.</param>
public sealed record RpcBlock(
    ulong Number,
    Hash32 Hash,
    Hash32 ParentHash,
    ulong UnixSeconds,
    Hash32 StateRoot,
    Hash32 ReceiptsRoot,
    ulong GasLimit,
    ulong GasUsed,
    BigInteger? BaseFeePerGasWei,
    JsonElement Json)
{
    internal static RpcBlock Read(JsonElement json) => new(
        RpcJson.UInt64(RpcJson.Member(json, "number")),
        RpcJson.Hash32(RpcJson.Member(json, "hash")),
        RpcJson.Hash32(RpcJson.Member(json, "parentHash")),
        RpcJson.UInt64(RpcJson.Member(json, "timestamp")),
        RpcJson.Hash32(RpcJson.Member(json, "stateRoot")),
        RpcJson.Hash32(RpcJson.Member(json, "receiptsRoot")),
        RpcJson.UInt64(RpcJson.Member(json, "gasLimit")),
        RpcJson.UInt64(RpcJson.Member(json, "gasUsed")),
        RpcJson.Optional(json, "baseFeePerGas", RpcJson.Integer),
        json);
}

/// <summary>What a contract emitted.</summary>
/// <param name="Removed">The block that held it has left the chain.</param>
public sealed record RpcLog(
    Address Address,
    ImmutableArray<Hash32> Topics,
    ImmutableArray<byte> Data,
    ulong BlockNumber,
    Hash32 BlockHash,
    Hash32 TransactionHash,
    ulong TransactionIndex,
    ulong LogIndex,
    bool Removed)
{
    internal static RpcLog Read(JsonElement json) => new(
        RpcJson.Address(RpcJson.Member(json, "address")),
        RpcJson.List(RpcJson.Member(json, "topics"), RpcJson.Hash32),
        [.. RpcJson.Bytes(RpcJson.Member(json, "data"))],
        RpcJson.UInt64(RpcJson.Member(json, "blockNumber")),
        RpcJson.Hash32(RpcJson.Member(json, "blockHash")),
        RpcJson.Hash32(RpcJson.Member(json, "transactionHash")),
        RpcJson.UInt64(RpcJson.Member(json, "transactionIndex")),
        RpcJson.UInt64(RpcJson.Member(json, "logIndex")),
        json.TryGetProperty("removed", out var removed) && removed.ValueKind == JsonValueKind.True);
}

/// <summary>What became of a transaction.</summary>
/// <param name="Succeeded">False: it was mined and reverted.</param>
/// <param name="Type">0 legacy, 1 EIP-2930, 2 EIP-1559, 3 EIP-4844, 4 EIP-7702.</param>
public sealed record RpcReceipt(
    Hash32 TransactionHash,
    ulong TransactionIndex,
    ulong BlockNumber,
    Hash32 BlockHash,
    bool Succeeded,
    byte Type,
    ulong GasUsed,
    ulong CumulativeGasUsed,
    BigInteger? EffectiveGasPriceWei,
    Address? ContractAddress,
    ImmutableArray<byte> LogsBloom,
    ImmutableArray<RpcLog> Logs)
{
    internal static RpcReceipt Read(JsonElement json) => new(
        RpcJson.Hash32(RpcJson.Member(json, "transactionHash")),
        RpcJson.UInt64(RpcJson.Member(json, "transactionIndex")),
        RpcJson.UInt64(RpcJson.Member(json, "blockNumber")),
        RpcJson.Hash32(RpcJson.Member(json, "blockHash")),
        RpcJson.UInt64(RpcJson.Member(json, "status")) == 1,
        checked((byte)(RpcJson.Optional(json, "type", RpcJson.UInt64) ?? 0)),
        RpcJson.UInt64(RpcJson.Member(json, "gasUsed")),
        RpcJson.UInt64(RpcJson.Member(json, "cumulativeGasUsed")),
        RpcJson.Optional(json, "effectiveGasPrice", RpcJson.Integer),
        RpcJson.Optional(json, "contractAddress", RpcJson.Address),
        [.. RpcJson.Bytes(RpcJson.Member(json, "logsBloom"))],
        RpcJson.List(RpcJson.Member(json, "logs"), RpcLog.Read));
}

/// <summary>A slot and its proof under the account's storage root.</summary>
/// <param name="Proof">Trie nodes from the root on, RLP each.</param>
public sealed record RpcStorageProof(Hash32 Key, BigInteger Value, ImmutableArray<ImmutableArray<byte>> Proof)
{
    internal static RpcStorageProof Read(JsonElement json) => new(
        RpcJson.Word(RpcJson.Member(json, "key")),
        RpcJson.Integer(RpcJson.Member(json, "value")),
        RpcAccountProof.ReadNodes(RpcJson.Member(json, "proof")));
}

/// <summary>An account and its proof under a block's state root (EIP-1186); nothing here is checked yet.</summary>
/// <param name="AccountProof">Trie nodes from the root on, RLP each.</param>
public sealed record RpcAccountProof(
    Address Address,
    ulong Nonce,
    BigInteger BalanceWei,
    Hash32 CodeHash,
    Hash32 StorageHash,
    ImmutableArray<ImmutableArray<byte>> AccountProof,
    ImmutableArray<RpcStorageProof> StorageProofs)
{
    internal static RpcAccountProof Read(JsonElement json) => new(
        RpcJson.Address(RpcJson.Member(json, "address")),
        RpcJson.UInt64(RpcJson.Member(json, "nonce")),
        RpcJson.Integer(RpcJson.Member(json, "balance")),
        RpcJson.Hash32(RpcJson.Member(json, "codeHash")),
        RpcJson.Hash32(RpcJson.Member(json, "storageHash")),
        ReadNodes(RpcJson.Member(json, "accountProof")),
        RpcJson.List(RpcJson.Member(json, "storageProof"), RpcStorageProof.Read));

    internal static ImmutableArray<ImmutableArray<byte>> ReadNodes(JsonElement json)
        => RpcJson.List<ImmutableArray<byte>>(json, n => [.. RpcJson.Bytes(n)]);
}

/// <summary>Base fees of recent blocks and of the next one, oldest first, and what was tipped.</summary>
/// <param name="PriorityFeesWei">For each block, one number for each percentile that was asked for.</param>
public sealed record RpcFeeHistory(ulong OldestBlock, ImmutableArray<BigInteger> BaseFeesPerGasWei, ImmutableArray<ImmutableArray<BigInteger>> PriorityFeesWei)
{
    /// <summary>The base fee of the block that comes next.</summary>
    public BigInteger NextBaseFeePerGasWei => BaseFeesPerGasWei[^1];

    internal static RpcFeeHistory Read(JsonElement json)
    {
        var fees = RpcJson.List(RpcJson.Member(json, "baseFeePerGas"), RpcJson.Integer);
        if (fees.IsEmpty) throw new FormatException("no base fee found, one at least expected");

        var tips = json.TryGetProperty("reward", out var reward) && !RpcJson.IsNull(reward)
            ? RpcJson.List(reward, b => RpcJson.List(b, RpcJson.Integer))
            : [];
        return new RpcFeeHistory(RpcJson.UInt64(RpcJson.Member(json, "oldestBlock")), fees, tips);
    }
}

/// <summary>A call to estimate or to try, without a signature.</summary>
public sealed record RpcCall : IRpcValue
{
    public Address? From { get; init; }

    /// <summary>Null creates a contract.</summary>
    public Address? To { get; init; }

    public ReadOnlyMemory<byte> Data { get; init; }

    public BigInteger ValueWei { get; init; }

    public ulong? GasLimit { get; init; }

    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (From is { } from) writer.WriteString("from"u8, from.ToString());
        if (To is { } to) writer.WriteString("to"u8, to.ToString());
        if (!Data.IsEmpty) writer.WriteString("input"u8, Hex.Format(Data.Span));
        if (!ValueWei.IsZero) writer.WriteString("value"u8, RpcRequest.Quantity(ValueWei));
        if (GasLimit is { } gas) writer.WriteString("gas"u8, RpcRequest.Quantity(gas));
        writer.WriteEndObject();
    }
}

/// <summary>Which logs: of one block by its hash, or of a range.</summary>
public sealed record RpcLogFilter : IRpcValue
{
    /// <summary>Only logs of these contracts; empty means all.</summary>
    public ImmutableArray<Address> Addresses { get; init; } = [];

    /// <summary>For each topic the values that fit; an empty list fits all.</summary>
    public ImmutableArray<ImmutableArray<Hash32>> Topics { get; init; } = [];

    /// <summary>One block; then <see cref="From"/> and <see cref="To"/> do not count.</summary>
    public Hash32? BlockHash { get; init; }

    public BlockTag From { get; init; }

    public BlockTag To { get; init; }

    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (BlockHash is { } hash) writer.WriteString("blockHash"u8, hash.ToString());
        else
        {
            writer.WriteString("fromBlock"u8, From.ToString());
            writer.WriteString("toBlock"u8, To.ToString());
        }

        if (!Addresses.IsEmpty)
        {
            writer.WriteStartArray("address"u8);
            foreach (var address in Addresses) writer.WriteStringValue(address.ToString());
            writer.WriteEndArray();
        }

        writer.WriteStartArray("topics"u8);
        foreach (var any in Topics)
        {
            if (any.IsEmpty)
            {
                writer.WriteNullValue();
                continue;
            }

            writer.WriteStartArray();
            foreach (var topic in any) writer.WriteStringValue(topic.ToString());
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
