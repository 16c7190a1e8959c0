namespace Pythia.Enclave;

/// <summary>Either <see cref="Block"/> or <see cref="Refusal"/>.</summary>
public sealed record BlockLogsReply
{
    private BlockLogsReply(VerifiedBlock? block, EnclaveRefusal? refusal) => (Block, Refusal) = (block, refusal);

    /// <summary>Null with a refusal.</summary>
    public VerifiedBlock? Block { get; }

    /// <summary>Null with a block.</summary>
    public EnclaveRefusal? Refusal { get; }

    public static BlockLogsReply Read(VerifiedBlock block) => new(block, null);

    public static BlockLogsReply Refused(EnclaveRefusal refusal) => new(null, refusal);
}

/// <summary>A verified block, as far as the configured contracts are concerned.</summary>
/// <param name="Number">Its number.</param>
/// <param name="UnixSeconds">Its time.</param>
/// <param name="Hash">32 bytes.</param>
/// <param name="ParentHash">32 bytes.</param>
/// <param name="Logs">Every log of the configured contracts, in the order of the chain.</param>
public sealed record VerifiedBlock(
    ulong Number,
    ulong UnixSeconds,
    ReadOnlyMemory<byte> Hash,
    ReadOnlyMemory<byte> ParentHash,
    IReadOnlyList<VerifiedLog> Logs);

/// <summary>One log; all but the transaction hash is proven by the header's receipts root.</summary>
/// <param name="Contract">Name of the contract in the configuration, such as <c>DeviceRegistry</c>.</param>
/// <param name="Address">20 bytes.</param>
/// <param name="Topics">0 to 4 of 32 bytes each; the first is the event's signature hash.</param>
/// <param name="Data">The ABI-encoded rest.</param>
/// <param name="TransactionHash">32 bytes, as the node said: a hint for people, since receipts do not hold it. Never decide by it.</param>
/// <param name="TransactionIndex">Position of the transaction in the block, from 0.</param>
/// <param name="LogIndex">Position of the log in the block (not in the transaction), from 0, counting every contract's logs.</param>
public sealed record VerifiedLog(
    string Contract,
    ReadOnlyMemory<byte> Address,
    IReadOnlyList<ReadOnlyMemory<byte>> Topics,
    ReadOnlyMemory<byte> Data,
    ReadOnlyMemory<byte> TransactionHash,
    int TransactionIndex,
    int LogIndex);
