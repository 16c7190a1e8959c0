using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Pythia.Contracts.JsonRpc;
using Pythia.Gateway;
using Pythia.Gateway.Health;

namespace Pythia.Silo.Health;

/// <summary>
/// Looks at each node by itself, again and again: 1. does it answer, and for our chain? 2. is it behind the others? 3. does it name the same
/// block below their heads? A node of another chain or one that lags is set aside, as long as another one is left.
/// </summary>
/// <remarks>Nodes stay untrusted: this decides only who is asked first, and what operators are told.</remarks>
internal sealed class NodeWatch(ulong chainId, JsonRpcClient rpc, IOptions<OperationsOptions> options, TimeProvider time) : BackgroundService, IHealthPart
{
    // Blocks below the lowest head: nodes may differ about the newest ones for a moment, and none of them lies.
    private const ulong SettledBlocks = 3;

    private ImmutableArray<NodeLook> _looks = [];

    public string Name => "nodes";

    public ValueTask<IReadOnlyList<HealthReason>> FindAsync(CancellationToken cancellationToken)
    {
        var looks = _looks;
        var reasons = rpc.Nodes.Select(node => Judge(node, looks.FirstOrDefault(l => l.Node == node))).OfType<HealthReason>().ToList();
        if (reasons.Count == rpc.Nodes.Count)
            reasons.Add(new(HealthCodes.NoNodeAnswers, chainId, null, $"all {rpc.Nodes.Count} nodes are in trouble", reasons.Min(r => r.Since)));
        if (FindDisagreement(looks) is { } disagreement) reasons.Add(disagreement);
        return ValueTask.FromResult<IReadOnlyList<HealthReason>>(reasons);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.LookSeconds), time);
        try
        {
            do _looks = await LookAsync(stoppingToken);
            while (await ticks.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private async Task<ImmutableArray<NodeLook>> LookAsync(CancellationToken cancellationToken)
    {
        // 1. does it answer?
        var looks = await Task.WhenAll(rpc.Nodes.Select(node => LookAtAsync(node, cancellationToken)));
        var answering = looks.Where(l => l.ChainId == chainId).ToList();
        if (answering.Count == 0) return [.. looks];

        // 2. is it behind?
        var middle = answering.Select(l => l.Height).Order().ElementAt(answering.Count / 2);
        var limit = (ulong)options.Value.NodeLagBlocks;
        looks = [.. looks.Select(l => l.ChainId == chainId && l.Height + limit < middle ? l with { LagBlocks = middle - l.Height } : l)];
        foreach (var bad in looks.Where(l => l.Failure is null && (l.ChainId != chainId || l.LagBlocks > 0)))
        {
            rpc.SetAside(bad.Node, Words(bad), TimeSpan.FromSeconds(2 * options.Value.LookSeconds));
        }

        // 3. the same block?
        var settled = looks.Where(l => l.ChainId == chainId && l.LagBlocks == 0).ToList();
        var lowest = settled.Select(l => l.Height).DefaultIfEmpty(0UL).Min();
        if (settled.Count < 2 || lowest <= SettledBlocks) return [.. looks];

        var named = await Task.WhenAll(settled.Select(l => NameAsync(l, lowest - SettledBlocks, cancellationToken)));
        return [.. looks.Select(l => named.FirstOrDefault(n => n.Node == l.Node) ?? l)];
    }

    private async Task<NodeLook> LookAtAsync(JsonRpcNode node, CancellationToken cancellationToken)
    {
        try
        {
            var chain = RpcJson.UInt64(await rpc.CallAsync(node, new RpcRequest("eth_chainId"), cancellationToken));
            var height = RpcJson.UInt64(await rpc.CallAsync(node, new RpcRequest("eth_blockNumber"), cancellationToken));
            return new NodeLook(node, null, chain, height);
        }
        catch (RpcUnavailableException)
        {
            return new NodeLook(node, "unavailable", 0, 0); // the node itself keeps the reason, by name
        }
        catch (Exception e) when (e is RpcException or FormatException)
        {
            return new NodeLook(node, e.Message, 0, 0) { Since = _looks.FirstOrDefault(l => l.Node == node)?.Since ?? time.GetUtcNow() };
        }
    }

    private async Task<NodeLook> NameAsync(NodeLook look, ulong block, CancellationToken cancellationToken)
    {
        try
        {
            var json = await rpc.CallAsync(look.Node, new RpcRequest("eth_getBlockByNumber", BlockTag.Number(block), false), cancellationToken);
            return look with { Block = block, Hash = RpcJson.IsNull(json) ? null : RpcJson.Hash32(RpcJson.Member(json, "hash")).ToString() };
        }
        catch (Exception e) when (e is RpcException or RpcUnavailableException or FormatException)
        {
            return look;
        }
    }

    private HealthReason? Judge(JsonRpcNode node, NodeLook? look)
    {
        if (look is { Failure: null, ChainId: > 0 } && look.ChainId != chainId) return Reason(HealthCodes.NodeWrongChain, node, Words(look), node.Trouble?.Since);
        if (look is { LagBlocks: > 0 }) return Reason(HealthCodes.NodeLags, node, Words(look), node.Trouble?.Since);
        if (node.Trouble is { } trouble) return Reason(CodeOf(trouble.Failure), node, trouble.Words, trouble.Since);
        if (look is { Failure: { } words, Since: { } since }) return Reason(HealthCodes.NodeRefuses, node, words, since);
        return node.WhyNotAsked() is { } why ? Reason(HealthCodes.NodeSetAside, node, why, null) : null;
    }

    private HealthReason Reason(HealthCode code, JsonRpcNode node, string words, DateTimeOffset? since) => new(code, chainId, node.Name, $"node {node.Name}: {words}", since);

    private HealthReason? FindDisagreement(ImmutableArray<NodeLook> looks)
    {
        var named = looks.Where(l => l.Hash is not null).ToList();
        return named.Select(l => l.Hash).Distinct().Count() < 2
            ? null
            : new(HealthCodes.NodesDisagree, chainId, null, $"block {named[0].Block} is {string.Join(", ", named.Select(l => $"{l.Hash} at {l.Node.Name}"))}");
    }

    private string Words(NodeLook look) => look.ChainId != chainId
        ? $"chain id {look.ChainId} found, {chainId} expected"
        : $"block {look.Height} found, {look.LagBlocks} behind the others";

    /// <summary>What is said of a node whose answers fail so.</summary>
    internal static HealthCode CodeOf(RpcFailure failure) => failure switch
    {
        RpcFailure.NotReached => HealthCodes.NodeNotReached,
        RpcFailure.TooLate => HealthCodes.NodeTooLate,
        RpcFailure.HttpStatus => HealthCodes.NodeHttpStatus,
        RpcFailure.NotJsonRpc => HealthCodes.NodeNotJsonRpc,
        RpcFailure.TooLong => HealthCodes.NodeTooLong,
        RpcFailure.LimitExceeded => HealthCodes.NodeLimitExceeded,
        RpcFailure.SetAside or RpcFailure.CircuitOpen => HealthCodes.NodeSetAside,
        _ => HealthCodes.NodeUnusable,
    };

    /// <summary>What one look found.</summary>
    /// <param name="Failure">Why there is nothing to say of chain and height; null if there is.</param>
    private sealed record NodeLook(JsonRpcNode Node, string? Failure, ulong ChainId, ulong Height)
    {
        public ulong LagBlocks { get; init; }

        public ulong Block { get; init; }

        public string? Hash { get; init; }

        public DateTimeOffset? Since { get; init; }
    }
}
