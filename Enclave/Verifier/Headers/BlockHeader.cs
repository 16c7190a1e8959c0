using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Headers;

/// <summary>A header whose bytes hash to what a trusted source named. There is no other way to get one.</summary>
/// <remarks>RLP list (Yellow Paper 4.3, with the members of later forks at the end, each only after those before it):
/// parent hash, ommers hash, beneficiary, state root, transactions root, receipts root, logs bloom 256, difficulty, number, gas limit,
/// gas used, time, extra data, mix hash, nonce 8; base fee (EIP-1559, London); withdrawals root (EIP-4895, Shanghai); blob gas used,
/// excess blob gas (EIP-4844), parent beacon block root (EIP-4788, Cancun); requests hash (EIP-7685, Prague). Osaka and the
/// blob-parameter-only forks add none.</remarks>
public sealed class BlockHeader
{
    /// <summary>Largest header; mainnet's have about 640 bytes, those of consortium chains carry seals in the extra data.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Bytes of a logs bloom.</summary>
    public const int BloomBytes = 256;

    private readonly byte[] _rlp;
    private readonly int _bloomStart;

    private BlockHeader(Fields fields, Hash32 hash, ReadOnlySpan<byte> rlp)
    {
        Hash = hash;
        ParentHash = fields.ParentHash;
        StateRoot = fields.StateRoot;
        ReceiptsRoot = fields.ReceiptsRoot;
        Number = fields.Number;
        GasUsed = fields.GasUsed;
        UnixSeconds = fields.UnixSeconds;
        _bloomStart = fields.BloomStart;
        _rlp = rlp.ToArray();
    }

    public Hash32 Hash { get; }

    public Hash32 ParentHash { get; }

    public Hash32 StateRoot { get; }

    public Hash32 ReceiptsRoot { get; }

    public ulong Number { get; }

    public ulong GasUsed { get; }

    /// <summary>The block's time.</summary>
    public ulong UnixSeconds { get; }

    /// <summary>256 bytes.</summary>
    public ReadOnlyMemory<byte> LogsBloom => _rlp.AsMemory(_bloomStart, BloomBytes);

    /// <summary>The bytes that were hashed.</summary>
    public ReadOnlyMemory<byte> Rlp => _rlp;

    /// <summary>Checks that <paramref name="rlp"/> is the header that was named, and reads it.</summary>
    /// <param name="rlp">Exactly one header.</param>
    /// <param name="expectedHash">From the trusted head source, or from a checked child's parent hash; never from where the header comes from.</param>
    public static Checked<BlockHeader> Check(ReadOnlySpan<byte> rlp, in Hash32 expectedHash)
    {
        if (rlp.Length > MaxBytes) return new Damage(InvalidReason.BadHeader, $"header {expectedHash}: {rlp.Length} bytes found, at most {MaxBytes} expected");

        var hash = Keccak256.HashData(rlp);
        if (hash != expectedHash) return new Damage(InvalidReason.HeaderHashMismatch, $"header {hash} found, {expectedHash} expected");

        return Fields.TryRead(rlp, out var fields)
            ? Checked<BlockHeader>.Valid(new BlockHeader(fields, hash, rlp))
            : new Damage(InvalidReason.BadHeader, $"header {expectedHash} is not a list of the known members");
    }

    /// <summary>Checks that <paramref name="child"/> follows this header directly.</summary>
    /// <returns>Null when it does. Equal times are let through: consortium chains and layer 2 have them.</returns>
    public Damage? CheckChild(BlockHeader child)
    {
        ArgumentNullException.ThrowIfNull(child);
        if (child.ParentHash != Hash)
            return new Damage(InvalidReason.ParentMismatch, $"header {child.Number}: parent {child.ParentHash} found, {Hash} expected");

        if (child.Number != Number + 1)
            return new Damage(InvalidReason.WrongNumber, $"header {child.Hash}: number {child.Number} found, {Number + 1} expected");

        return child.UnixSeconds < UnixSeconds
            ? new Damage(InvalidReason.TimeWentBack, $"header {child.Number}: time {child.UnixSeconds} found, {UnixSeconds} or later expected")
            : null;
    }

    private ref struct Fields
    {
        public Hash32 ParentHash;
        public Hash32 StateRoot;
        public Hash32 ReceiptsRoot;
        public ulong Number;
        public ulong GasUsed;
        public ulong UnixSeconds;
        public int BloomStart;

        public static bool TryRead(ReadOnlySpan<byte> rlp, out Fields fields)
        {
            fields = default;
            return RlpReader.TryReadWholeList(rlp, out var items)
                && items.TryReadHash32(out fields.ParentHash)
                && items.TryReadHash32(out _)
                && items.TryReadAddress(out _)
                && items.TryReadHash32(out fields.StateRoot)
                && items.TryReadHash32(out _)
                && items.TryReadHash32(out fields.ReceiptsRoot)
                && items.TryReadBytes(BloomBytes, out _)
                && fields.Note(rlp.Length - items.Remaining.Length - BloomBytes)
                && items.TryReadScalar(out _)
                && items.TryReadUInt64(out fields.Number)
                && items.TryReadUInt64(out _)
                && items.TryReadUInt64(out fields.GasUsed)
                && items.TryReadUInt64(out fields.UnixSeconds)
                && items.TryReadBytes(out _)
                && items.TryReadHash32(out _)
                && items.TryReadBytes(8, out _)
                && TryReadLaterForks(ref items);
        }

        private static bool TryReadLaterForks(ref RlpReader items)
            => (items.IsAtEnd || items.TryReadScalar(out _))
                && (items.IsAtEnd || items.TryReadHash32(out _))
                && (items.IsAtEnd || (items.TryReadUInt64(out _) && items.TryReadUInt64(out _) && items.TryReadHash32(out _)))
                && (items.IsAtEnd || items.TryReadHash32(out _))
                && items.IsAtEnd;

        private bool Note(int bloomStart)
        {
            BloomStart = bloomStart;
            return true;
        }
    }
}
