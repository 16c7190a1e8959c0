using System.Text.Json;
using Pythia.Enclave.Host.Heads;
using Pythia.Enclave.Host.Nodes;
using Pythia.Enclave.Verifier;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Headers;
using Pythia.Enclave.Verifier.Json;
using Pythia.Enclave.Verifier.Receipts;
using Pythia.Ethereum;

namespace Pythia.Enclave.Host.Logs;

/// <summary>
/// The configured contracts' logs of one block, complete: receipts are fetched from untrusted nodes and their root is the header's. A header
/// whose bloom excludes all contracts needs no receipts.
/// </summary>
internal sealed class BlockLogReader(
    HeadChain chain, IHeadSource source, HeadFollower follower, UntrustedNodes nodes, EnclaveConfiguration configuration, CancellationToken stopping)
{
    /// <summary>Blocks whose logs are kept: the follower of heads and that of logs read the same ones.</summary>
    private const int MaxKept = 16;

    /// <summary>Bytes of logs that are kept; the newest block is, however many it has.</summary>
    private const long MaxKeptBytes = 4 << 20;

    private const int OverheadBytes = 300;

    private readonly Dictionary<Address, string> _names = configuration.Contracts.ToDictionary(contract => contract.Address, contract => contract.Name);
    private readonly SingleFlight<Hash32, Outcome<VerifiedBlock>> _flights = new();
    private readonly Lock _gate = new();
    private readonly Queue<Hash32> _order = new();
    private readonly Dictionary<Hash32, VerifiedBlock> _kept = [];
    private long _keptBytes;

    /// <summary>Reads the block of that number on the verified head's chain.</summary>
    public async Task<Outcome<VerifiedBlock>> ReadAsync(ulong number, CancellationToken cancellationToken)
    {
        if (chain.Current is not { } head)
        {
            return follower.Trouble ?? new EnclaveRefusal(RefusalReason.NoHead, "no head is verified yet");
        }

        if (number > head.Header.Number)
        {
            return new EnclaveRefusal(RefusalReason.BlockUnknown, $"block {number} asked, {head.Header.Number} is the verified head");
        }

        var named = await NameAsync(number, cancellationToken);
        if (!named.TryGet(out var block, out var unknown))
        {
            return unknown;
        }

        if (FindKept(block.Hash) is { } kept)
        {
            return kept;
        }

        var read = await follower.ReadHeaderAsync(block.Hash, cancellationToken);
        if (!read.TryGet(out var header, out var refusal))
        {
            return refusal;
        }

        return header.Number == number
            ? await ReadAsync(header, cancellationToken)
            : new EnclaveRefusal(RefusalReason.HeaderInvalid, $"header {header.Hash}: number {header.Number} found, {number} named");
    }

    /// <summary>Reads the logs of a block whose header is verified.</summary>
    public Task<Outcome<VerifiedBlock>> ReadAsync(BlockHeader header, CancellationToken cancellationToken)
        => FindKept(header.Hash) is { } kept
            ? Task.FromResult<Outcome<VerifiedBlock>>(kept)
            : _flights.RunAsync(header.Hash, () => ReadReceiptsAsync(header), cancellationToken);

    // The ancestry of the verified head decides; below what was walked of it, the head source does.
    private async Task<Outcome<NamedBlock>> NameAsync(ulong number, CancellationToken cancellationToken)
        => chain.FindHash(number) is { } hash ? new NamedBlock(number, hash) : await source.FindAsync(number, cancellationToken);

    private async Task<Outcome<VerifiedBlock>> ReadReceiptsAsync(BlockHeader header)
    {
        if (!_names.Keys.Any(address => MayHaveLogs(header, address)))
        {
            return Keep(header, []);
        }

        var read = new NodeRead<ReceiptsReply>(
            "eth_getBlockReceipts", $"[\"{header.Hash}\"]", RefusalReason.ReceiptsInvalid, utf8 => ReceiptsReply.Check(utf8, header));
        return (await nodes.ReadAsync(read, stopping)).TryGet(out var reply, out var refusal)
            ? Keep(header, [.. reply.Receipts.Logs.Where(placed => _names.ContainsKey(placed.Log.Address)).Select(placed => Convert(placed, reply))])
            : refusal;
    }

    private VerifiedLog Convert(PlacedLog placed, ReceiptsReply reply) => new(
        _names[placed.Log.Address],
        placed.Log.Address.ToArray(),
        [.. placed.Log.Topics.Select(topic => (ReadOnlyMemory<byte>)topic.ToArray())],
        placed.Log.Data,
        reply.TransactionHashes[placed.TransactionIndex].ToArray(),
        placed.TransactionIndex,
        placed.LogIndex);

    private VerifiedBlock Keep(BlockHeader header, IReadOnlyList<VerifiedLog> logs)
    {
        var block = new VerifiedBlock(header.Number, header.UnixSeconds, header.Hash.ToArray(), header.ParentHash.ToArray(), logs);
        lock (_gate)
        {
            if (_kept.TryAdd(header.Hash, block))
            {
                _order.Enqueue(header.Hash);
                _keptBytes += Cost(block);
            }

            while (_order.Count > MaxKept || (_keptBytes > MaxKeptBytes && _order.Count > 1))
            {
                _kept.Remove(_order.Dequeue(), out var oldest);
                _keptBytes -= Cost(oldest!);
            }
        }

        return block;
    }

    // A log's topics, data and hash, and what the objects take beside them.
    private static long Cost(VerifiedBlock block) => block.Logs.Sum(log => (long)log.Data.Length + OverheadBytes);

    private VerifiedBlock? FindKept(Hash32 hash)
    {
        lock (_gate)
        {
            return _kept.GetValueOrDefault(hash);
        }
    }

    private static bool MayHaveLogs(BlockHeader header, Address address)
    {
        Span<byte> wanted = stackalloc byte[BlockHeader.BloomBytes];
        wanted.Clear();
        LogsBloom.Add(wanted, new Log(address, [], default));
        var bloom = header.LogsBloom.Span;
        for (var i = 0; i < wanted.Length; i++)
        {
            if ((bloom[i] & wanted[i]) != wanted[i])
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>Receipts that hold, and what the node said of transaction hashes, which no receipt proves.</summary>
internal sealed record ReceiptsReply(VerifiedReceipts Receipts, Hash32[] TransactionHashes)
{
    public static Checked<ReceiptsReply> Check(ReadOnlyMemory<byte> utf8, BlockHeader header)
        => ReceiptsJson.Check(utf8, header).TryGet(out var receipts, out var damage)
            ? Checked<ReceiptsReply>.Valid(new ReceiptsReply(receipts, ReadHints(utf8, receipts.Receipts.Length)))
            : damage;

    // The verifier found an array of that many receipts in these bytes; a hint that is missing or broken is zero.
    private static Hash32[] ReadHints(ReadOnlyMemory<byte> utf8, int count)
    {
        using var document = JsonDocument.Parse(utf8);
        var root = document.RootElement;
        var receipts = root.ValueKind == JsonValueKind.Object ? root.GetProperty("result") : root;
        var hints = new Hash32[count];
        for (var i = 0; i < count; i++)
        {
            hints[i] = receipts[i].TryGetProperty("transactionHash", out var hash)
                && hash.ValueKind == JsonValueKind.String
                && Hash32.TryParse(hash.GetString(), out var parsed)
                    ? parsed
                    : Hash32.Zero;
        }

        return hints;
    }
}
