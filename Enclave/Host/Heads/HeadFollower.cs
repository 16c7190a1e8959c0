using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Pythia.Enclave.Host.Nodes;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Headers;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;

namespace Pythia.Enclave.Host.Heads;

/// <summary>
/// Moves the head forward: 1. ask the head source, 2. read the named header from untrusted nodes and hold it to the hash, 3. walk its
/// parents down to what is known, 4. replace the head.
/// </summary>
/// <remarks>
/// A named block that is not above the verified head leaves it as it is; another block of the same or a lower number (a re-org of a
/// development chain) is reported and not followed until that chain has grown above the head. Block time never goes back.
/// </remarks>
internal sealed partial class HeadFollower(
    IHeadSource source, UntrustedNodes nodes, HeadChain chain, EnclaveConfiguration configuration, ILogger logger)
{
    /// <summary>Parents walked from one head; a longer gap is not linked, and its blocks are named by the head source when they are asked for.</summary>
    public const int MaxWalked = 64;

    private readonly ImmutableArray<ConfiguredContract> _contracts = configuration.Contracts;
    private bool _isChainChecked;
    private EnclaveRefusal? _trouble;

    /// <summary>Why the head stands still; null when it does not.</summary>
    public EnclaveRefusal? Trouble => Volatile.Read(ref _trouble);

    /// <summary>One look.</summary>
    /// <returns>The blocks that are new, oldest first, the head's last; none when nothing moved.</returns>
    public async Task<IReadOnlyList<BlockHeader>> StepAsync(CancellationToken cancellationToken)
    {
        var step = await TryStepAsync(cancellationToken);
        if (!step.TryGet(out var blocks, out var trouble))
        {
            if (Trouble?.Reason != trouble.Reason)
            {
                LogStandsStill(chain.Current?.Header.Number, trouble.Reason, trouble.Detail, trouble.Node);
            }

            Volatile.Write(ref _trouble, trouble);
            return [];
        }

        Volatile.Write(ref _trouble, null);
        return blocks;
    }

    /// <summary>Reads the header that <paramref name="hash"/> names from untrusted nodes.</summary>
    public Task<Outcome<BlockHeader>> ReadHeaderAsync(Hash32 hash, CancellationToken cancellationToken)
        => nodes.ReadAsync(
            new NodeRead<BlockHeader>("eth_getBlockByHash", $"[\"{hash}\",false]", RefusalReason.HeaderInvalid, utf8 => HeaderJson.Check(utf8, hash)),
            cancellationToken);

    private async Task<Outcome<IReadOnlyList<BlockHeader>>> TryStepAsync(CancellationToken cancellationToken)
    {
        // 1. ask
        if (await CheckChainAsync(cancellationToken) is { } wrongChain)
        {
            return wrongChain;
        }

        var latest = await source.LatestAsync(cancellationToken);
        if (!latest.TryGet(out var named, out var silent))
        {
            return silent;
        }

        var current = chain.Current?.Header;
        if (current is not null && named.Number <= current.Number)
        {
            return IsKnown(named, current)
                ? Array.Empty<BlockHeader>()
                : WentBack($"block {named.Number} {named.Hash} named, but block {current.Number} {current.Hash} is verified");
        }

        // 2. read
        var read = await ReadHeaderAsync(named.Hash, cancellationToken);
        if (!read.TryGet(out var header, out var refusal))
        {
            return refusal;
        }

        if (header.Number != named.Number)
        {
            return new EnclaveRefusal(RefusalReason.HeaderInvalid, $"header {header.Hash}: number {header.Number} found, {named.Number} named");
        }

        if (current is not null && header.UnixSeconds < current.UnixSeconds)
        {
            return WentBack($"block {header.Number} has time {header.UnixSeconds}, but {current.UnixSeconds} is verified at block {current.Number}");
        }

        // 3. walk, 4. replace
        var parents = current is null ? [] : await WalkAsync(header, current, cancellationToken);
        var lowest = parents.Count == 0 ? header : parents[^1];
        if (current is not null && lowest.Number == current.Number + 1 && lowest.ParentHash != current.Hash)
        {
            LogReorganised(current.Number, current.Hash, lowest.ParentHash);
        }

        chain.Advance(new HeadState(header, source.Level, _contracts), parents);
        LogHead(header.Number, header.Hash, header.UnixSeconds);
        return (BlockHeader[])[.. parents.Reverse(), header];
    }

    // A lower block is no news when it lies on the head's own ancestry: a source behind a balancer may lag a little.
    private bool IsKnown(NamedBlock named, BlockHeader current)
        => named.Number == current.Number ? named.Hash == current.Hash : chain.FindHash(named.Number) is { } kept && kept == named.Hash;

    private static EnclaveRefusal WentBack(string detail) => new(RefusalReason.HeadWentBack, detail);

    // Newest first; ends above the current head, after MaxWalked, or at the first parent that no node gives.
    private async Task<IReadOnlyList<BlockHeader>> WalkAsync(BlockHeader header, BlockHeader current, CancellationToken cancellationToken)
    {
        var parents = new List<BlockHeader>();
        var child = header;
        while (child.Number > current.Number + 1 && parents.Count < MaxWalked)
        {
            var read = await ReadHeaderAsync(child.ParentHash, cancellationToken);
            if (!read.TryGet(out var parent, out _) || parent.CheckChild(child) is not null)
            {
                break;
            }

            parents.Add(parent);
            child = parent;
        }

        return parents;
    }

    private async Task<EnclaveRefusal?> CheckChainAsync(CancellationToken cancellationToken)
    {
        if (_isChainChecked)
        {
            return null;
        }

        if (!(await source.ChainIdAsync(cancellationToken)).TryGet(out var chainId, out var silent))
        {
            return silent;
        }

        if (!string.Equals(chainId, $"{configuration.ChainId}", StringComparison.Ordinal))
        {
            return new EnclaveRefusal(RefusalReason.WrongChain, $"chain id {chainId} found, {configuration.ChainId} expected");
        }

        if (!(await source.FindAsync(0, cancellationToken)).TryGet(out var genesis, out silent))
        {
            return silent;
        }

        if (genesis.Hash != configuration.GenesisHash)
        {
            return new EnclaveRefusal(RefusalReason.WrongChain, $"genesis {genesis.Hash} found, {configuration.GenesisHash} expected");
        }

        _isChainChecked = true;
        return null;
    }

    [LoggerMessage(EventId = 3001, Level = LogLevel.Debug, Message = "Head {Block} {Hash}, time {UnixSeconds}")]
    private partial void LogHead(ulong block, Hash32 hash, ulong unixSeconds);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Warning, Message = "The head stands at {Block}, {Reason}: {Detail} (node {Node})")]
    private partial void LogStandsStill(ulong? block, RefusalReason reason, string detail, string? node);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Warning, Message = "The chain was reorganised below {Block}: {Found} replaces {Verified}")]
    private partial void LogReorganised(ulong block, Hash32 verified, Hash32 found);
}
