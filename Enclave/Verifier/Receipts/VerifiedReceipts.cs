using System.Collections.Immutable;
using Pythia.Enclave.Verifier.Headers;

namespace Pythia.Enclave.Verifier.Receipts;

/// <summary>A log with its place in the block.</summary>
/// <param name="TransactionIndex">From 0.</param>
/// <param name="LogIndex">Position in the block, from 0.</param>
public sealed record PlacedLog(Log Log, int TransactionIndex, int LogIndex);

/// <summary>All receipts of one block, checked against its header: what is here is so, and what isn't here did not happen.</summary>
public sealed class VerifiedReceipts
{
    private VerifiedReceipts(BlockHeader header, ImmutableArray<Receipt> receipts, ImmutableArray<PlacedLog> logs)
        => (Header, Receipts, Logs) = (header, receipts, logs);

    public BlockHeader Header { get; }

    /// <summary>In the order of the block.</summary>
    public ImmutableArray<Receipt> Receipts { get; }

    /// <summary>Every log of the block, in order.</summary>
    public ImmutableArray<PlacedLog> Logs { get; }

    /// <summary>Checks that <paramref name="receipts"/> are all receipts of the block, in order.</summary>
    /// <remarks>The root alone decides; what comes before it says what kind of damage there is.
    /// 1. gas rises and ends at the header's · 2. each bloom is that of the logs, all together the header's · 3. the root is the header's.</remarks>
    public static Checked<VerifiedReceipts> Check(BlockHeader header, IReadOnlyList<Receipt> receipts)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(receipts);
        if ((CheckForm(receipts) ?? CheckGas(header, receipts) ?? CheckBlooms(header, receipts) ?? CheckRoot(header, receipts)) is { } damage) return damage;

        return Checked<VerifiedReceipts>.Valid(new VerifiedReceipts(header, [.. receipts], Place(receipts)));
    }

    private static Damage? CheckForm(IReadOnlyList<Receipt> receipts)
    {
        for (var i = 0; i < receipts.Count; i++)
        {
            var receipt = receipts[i];
            if (receipt.Type > Receipt.MaxType)
                return new Damage(InvalidReason.UnknownReceiptType, $"receipt {i}: type {receipt.Type} found, 0 to {Receipt.MaxType} expected");

            if (receipt.Bloom.Length != BlockHeader.BloomBytes || receipt.Logs.Any(log => log.Topics.Length > Receipt.MaxTopics))
                return new Damage(InvalidReason.BadReceipt, $"receipt {i}: a bloom of {BlockHeader.BloomBytes} bytes and at most {Receipt.MaxTopics} topics expected");
        }

        return null;
    }

    // 1. gas
    private static Damage? CheckGas(BlockHeader header, IReadOnlyList<Receipt> receipts)
    {
        ulong gas = 0;
        for (var i = 0; i < receipts.Count; i++)
        {
            var next = receipts[i].CumulativeGasUsed;
            if (next <= gas) return new Damage(InvalidReason.ReceiptsOutOfOrder, $"receipt {i}: cumulative gas {next} found, more than {gas} expected");

            gas = next;
        }

        if (gas == header.GasUsed) return null;

        var reason = gas < header.GasUsed ? InvalidReason.ReceiptsCutShort : InvalidReason.TooMuchGas;
        return new Damage(reason, $"{receipts.Count} receipts of block {header.Number}: gas {gas} found, {header.GasUsed} expected");
    }

    // 2. blooms
    private static Damage? CheckBlooms(BlockHeader header, IReadOnlyList<Receipt> receipts)
    {
        Span<byte> all = stackalloc byte[BlockHeader.BloomBytes];
        Span<byte> own = stackalloc byte[BlockHeader.BloomBytes];
        all.Clear();
        for (var i = 0; i < receipts.Count; i++)
        {
            own.Clear();
            foreach (var log in receipts[i].Logs) LogsBloom.Add(own, log);
            if (!own.SequenceEqual(receipts[i].Bloom.Span))
                return new Damage(InvalidReason.ReceiptBloomMismatch, $"receipt {i} of block {header.Number}: its bloom is not that of its {receipts[i].Logs.Length} logs");

            for (var b = 0; b < all.Length; b++) all[b] |= own[b];
        }

        return all.SequenceEqual(header.LogsBloom.Span)
            ? null
            : new Damage(InvalidReason.HeaderBloomMismatch, $"block {header.Number}: its bloom is not that of its {receipts.Count} receipts");
    }

    // 3. root
    private static Damage? CheckRoot(BlockHeader header, IReadOnlyList<Receipt> receipts)
    {
        var values = new ReadOnlyMemory<byte>[receipts.Count];
        for (var i = 0; i < values.Length; i++) values[i] = receipts[i].Encode();

        var root = OrderedTrie.RootOfList(values);
        return root == header.ReceiptsRoot
            ? null
            : new Damage(InvalidReason.ReceiptsRootMismatch, $"block {header.Number}: receipts root {root} found, {header.ReceiptsRoot} expected");
    }

    private static ImmutableArray<PlacedLog> Place(IReadOnlyList<Receipt> receipts)
    {
        var placed = ImmutableArray.CreateBuilder<PlacedLog>();
        for (var i = 0; i < receipts.Count; i++)
        {
            foreach (var log in receipts[i].Logs) placed.Add(new PlacedLog(log, i, placed.Count));
        }

        return placed.ToImmutable();
    }
}
