using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Polly;
using Polly.Hedging;
using Polly.Retry;

namespace Pythia.Contracts.JsonRpc;

/// <summary>Calls of Ethereum's JSON-RPC.</summary>
public interface IJsonRpc
{
    /// <summary>Makes one call.</summary>
    /// <returns>The result; JSON null where the node knows nothing by that name.</returns>
    /// <exception cref="RpcException">The node understood and refused.</exception>
    /// <exception cref="RpcUnavailableException">No usable answer came; an acting call may or may not have been done.</exception>
    Task<JsonElement> CallAsync(RpcRequest request, CancellationToken cancellationToken = default);

    /// <summary>Makes many calls in few bodies; each has its own result or refusal, in the order of the calls.</summary>
    /// <remarks>The calls of one body may be answered at different heads: name the block where that matters.</remarks>
    /// <exception cref="RpcUnavailableException">No usable answer came; acting calls may or may not have been done.</exception>
    Task<IReadOnlyList<RpcAnswer>> BatchAsync(IReadOnlyList<RpcRequest> requests, CancellationToken cancellationToken = default);
}

/// <summary>Calls over HTTP to one or many nodes: time limits, repetitions with jitter, a circuit for each node, hedged reads.</summary>
/// <remarks>
/// An idempotent call goes: 1. to the first usable node; 2. after <see cref="JsonRpcOptions.HedgeAfterMs"/> or a failure also to the next,
/// and the first good answer counts; 3. when all have failed, again after a growing pause. An acting call goes to one node, once.
/// </remarks>
public sealed partial class JsonRpcClient : IJsonRpc
{
    private static readonly ResiliencePropertyKey<HedgedCall> CallKey = new("pythia.rpc.call");

    private readonly JsonRpcOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline<IReadOnlyList<RpcAnswer>> _reads;
    private long _lastId;

    public JsonRpcClient(HttpClient http, JsonRpcOptions options, TimeProvider time, ILogger<JsonRpcClient>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        options.Validate();
        _options = options;
        _time = time;
        _logger = logger ?? NullLogger<JsonRpcClient>.Instance;
        Nodes = [.. options.Nodes.Select(n => new JsonRpcNode(http, n, options, time))];
        _reads = CreateReads(options, time);
    }

    /// <summary>The nodes in the order of preference.</summary>
    public IReadOnlyList<JsonRpcNode> Nodes { get; }

    public async Task<JsonElement> CallAsync(RpcRequest request, CancellationToken cancellationToken = default)
        => (await SendAsync(NewBody([request]), cancellationToken))[0].Result;

    public async Task<IReadOnlyList<RpcAnswer>> BatchAsync(IReadOnlyList<RpcRequest> requests, CancellationToken cancellationToken = default)
    {
        var answers = new List<RpcAnswer>(requests.Count);
        foreach (var body in Divide(requests)) answers.AddRange(await SendAsync(body, cancellationToken));
        return answers;
    }

    /// <summary>Asks one node alone, once: to compare nodes, or to find out whether one is right.</summary>
    public async Task<JsonElement> CallAsync(JsonRpcNode node, RpcRequest request, CancellationToken cancellationToken = default)
        => (await node.SendAsync(NewBody([request]), cancellationToken))[0].Result;

    /// <summary>Asks all usable nodes at once, each once: to hear what most say, or to hand all of them what may be done twice.</summary>
    /// <param name="isEnough">Whether this answer alone does; the others then go on without being waited for.</param>
    /// <returns>What came until one was enough, all had answered, or the first good answer was <see cref="JsonRpcOptions.HedgeAfterMs"/> old.</returns>
    /// <exception cref="RpcUnavailableException">No usable answer came from any.</exception>
    public async Task<IReadOnlyList<NodeAnswer>> AskAllAsync(RpcRequest request, Func<NodeAnswer, bool>? isEnough = null, CancellationToken cancellationToken = default)
    {
        var asked = UsableNodes().Select(n => AskAsync(n, request, cancellationToken)).ToList();
        var answers = new List<NodeAnswer>();
        var tooLate = default(Task);
        while (asked.Count > 0)
        {
            var next = await Task.WhenAny([.. asked, .. tooLate is null ? Array.Empty<Task>() : [tooLate]]);
            if (next == tooLate) break;

            asked.Remove((Task<NodeAnswer>)next);
            var answer = await (Task<NodeAnswer>)next;
            answers.Add(answer);
            if (answer.Answer is null) continue;
            if (isEnough?.Invoke(answer) is true) break;

            tooLate ??= Task.Delay(TimeSpan.FromMilliseconds(_options.HedgeAfterMs), _time, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return answers.Exists(a => a.Answer is not null)
            ? answers
            : throw new RpcUnavailableException(
                string.Join(", ", answers.Select(a => a.Node.Name)), string.Join("; ", answers.Select(a => $"{a.Node.Name} {a.Failure!.Reason}")), answers[0].Failure, answers[0].Failure!.Failure);
    }

    /// <summary>Asks every node for its chain and its height, and sets aside those that serve another chain or lag.</summary>
    /// <remarks>The middle height counts, of an even number the upper one: of three nodes or more no single liar can make the others look late.</remarks>
    /// <param name="maxLagBlocks">How far behind the middle one a node may be.</param>
    /// <param name="duration">How long a bad one is left alone.</param>
    /// <returns>The nodes that were set aside now.</returns>
    public async Task<IReadOnlyList<JsonRpcNode>> CheckNodesAsync(ulong chainId, ulong maxLagBlocks, TimeSpan duration, CancellationToken cancellationToken = default)
    {
        var looks = await Task.WhenAll(Nodes.Select(n => LookAsync(n, cancellationToken)));
        var heights = looks.Where(l => l.ChainId == chainId).Select(l => l.Height).Order().DefaultIfEmpty(0UL).ToList();
        var middle = heights[heights.Count / 2];
        var setAside = new List<JsonRpcNode>();
        foreach (var look in looks)
        {
            var reason = look.Failure
                ?? (look.ChainId != chainId ? $"chain id {look.ChainId} found, {chainId} expected"
                : look.Height < middle && middle - look.Height > maxLagBlocks ? $"block {look.Height} found, {middle} is the middle of all nodes"
                : null);
            if (reason is null) continue;

            SetAside(look.Node, reason, duration);
            setAside.Add(look.Node);
        }

        return setAside;
    }

    /// <summary>Keeps a node from being asked, and says so in the log.</summary>
    public void SetAside(JsonRpcNode node, string reason, TimeSpan duration)
    {
        node.SetAside(reason, duration);
        LogSetAside(node.Name, (long)duration.TotalSeconds, reason);
    }

    private async Task<(JsonRpcNode Node, ulong ChainId, ulong Height, string? Failure)> LookAsync(JsonRpcNode node, CancellationToken cancellationToken)
    {
        try
        {
            var answers = await node.SendAsync(NewBody([new RpcRequest("eth_chainId"), new RpcRequest("eth_blockNumber")]), cancellationToken);
            return (node, RpcJson.UInt64(answers[0].Result), RpcJson.UInt64(answers[1].Result), null);
        }
        catch (RpcUnavailableException e)
        {
            return (node, 0, 0, e.Reason);
        }
        catch (Exception e) when (e is RpcException or FormatException)
        {
            return (node, 0, 0, e.Message);
        }
    }

    private async Task<NodeAnswer> AskAsync(JsonRpcNode node, RpcRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return new NodeAnswer(node, (await node.SendAsync(NewBody([request]), cancellationToken))[0], null);
        }
        catch (RpcUnavailableException e)
        {
            LogFailed(node.Name, e.Reason);
            return new NodeAnswer(node, null, e);
        }
        catch (OperationCanceledException e)
        {
            return new NodeAnswer(node, null, new RpcUnavailableException(node.Name, "not waited for", e));
        }
    }

    private RpcBody NewBody(RpcRequest[] requests)
    {
        var lastId = Interlocked.Add(ref _lastId, requests.Length);
        var body = new RpcBody(requests, lastId - requests.Length + 1);
        return body.Utf8.Length <= _options.MaxRequestBytes
            ? body
            : throw new ArgumentException($"{requests[0].Method}: a request of {body.Utf8.Length} bytes found, at most {_options.MaxRequestBytes} expected", nameof(requests));
    }

    // Halves until each part fits: calls differ much in size, and most batches fit at once.
    private IEnumerable<RpcBody> Divide(IReadOnlyList<RpcRequest> requests)
    {
        foreach (var chunk in requests.Chunk(_options.MaxBatch))
        {
            foreach (var body in DivideBySize(chunk)) yield return body;
        }
    }

    private IEnumerable<RpcBody> DivideBySize(RpcRequest[] requests)
    {
        var lastId = Interlocked.Add(ref _lastId, requests.Length);
        var body = new RpcBody(requests, lastId - requests.Length + 1);
        if (body.Utf8.Length <= _options.MaxRequestBytes || requests.Length == 1) return [requests.Length == 1 ? NewBody(requests) : body];

        var half = requests.Length / 2;
        return DivideBySize(requests[..half]).Concat(DivideBySize(requests[half..]));
    }

    private async Task<IReadOnlyList<RpcAnswer>> SendAsync(RpcBody body, CancellationToken cancellationToken)
    {
        if (!body.IsIdempotent) return await UsableNodes()[0].SendAsync(body, cancellationToken);

        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            var call = new HedgedCall(body);
            context.Properties.Set(CallKey, call);
            return await _reads.ExecuteAsync(static (c, s) => s.Client.AttemptAsync(s.Call, s.Client.StartRound(s.Call), c.CancellationToken), context, (Client: this, Call: call));
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    // A new round looks anew at which nodes are usable; its hedged attempts take the next ones.
    private JsonRpcNode StartRound(HedgedCall call)
    {
        call.Start(UsableNodes());
        return call.TakeNext()!;
    }

    private async ValueTask<IReadOnlyList<RpcAnswer>> AttemptAsync(HedgedCall call, JsonRpcNode node, CancellationToken cancellationToken)
    {
        try
        {
            return await node.SendAsync(call.Body, cancellationToken);
        }
        catch (RpcUnavailableException e)
        {
            LogFailed(node.Name, e.Reason);
            throw;
        }
    }

    private List<JsonRpcNode> UsableNodes()
    {
        var usable = Nodes.Where(n => n.WhyNotAsked() is null).ToList();
        return usable.Count > 0
            ? usable
            : throw new RpcUnavailableException(
                string.Join(", ", Nodes.Select(n => n.Name)),
                string.Join("; ", Nodes.Select(n => $"{n.Name} {n.WhyNotAsked() ?? "is usable again"}")));
    }

    private ResiliencePipeline<IReadOnlyList<RpcAnswer>> CreateReads(JsonRpcOptions options, TimeProvider time)
    {
        var unavailable = new PredicateBuilder<IReadOnlyList<RpcAnswer>>().Handle<RpcUnavailableException>();
        var builder = new ResiliencePipelineBuilder<IReadOnlyList<RpcAnswer>> { TimeProvider = time };
        if (options.Retries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<IReadOnlyList<RpcAnswer>>
            {
                ShouldHandle = unavailable,
                MaxRetryAttempts = options.Retries,
                Delay = TimeSpan.FromMilliseconds(options.RetryDelayMs),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            });
        }

        if (options.Nodes.Length > 1)
        {
            builder.AddHedging(new HedgingStrategyOptions<IReadOnlyList<RpcAnswer>>
            {
                ShouldHandle = unavailable,
                MaxHedgedAttempts = Math.Min(options.Nodes.Length - 1, 10),
                Delay = TimeSpan.FromMilliseconds(options.HedgeAfterMs),
                ActionGenerator = NextNode,
            });
        }

        return builder.Build();
    }

    private Func<ValueTask<Outcome<IReadOnlyList<RpcAnswer>>>>? NextNode(HedgingActionGeneratorArguments<IReadOnlyList<RpcAnswer>> args)
    {
        var call = args.PrimaryContext.Properties.GetValue(CallKey, null!);
        if (call.TakeNext() is not { } node) return null;

        return async () =>
        {
            try
            {
                return Outcome.FromResult(await AttemptAsync(call, node, args.ActionContext.CancellationToken));
            }
            catch (Exception e) when (e is RpcUnavailableException or OperationCanceledException)
            {
                return Outcome.FromException<IReadOnlyList<RpcAnswer>>(e);
            }
        };
    }

    [LoggerMessage(EventId = 4501, Level = LogLevel.Warning, Message = "Node {Node} set aside for {Seconds} s: {Reason}")]
    private partial void LogSetAside(string node, long seconds, string reason);

    [LoggerMessage(EventId = 4502, Level = LogLevel.Debug, Message = "Node {Node} gave no usable answer: {Reason}")]
    private partial void LogFailed(string node, string reason);

    /// <summary>A call and the nodes of its current round, in the order in which they are asked.</summary>
    private sealed class HedgedCall(RpcBody body)
    {
        private IReadOnlyList<JsonRpcNode> _round = [];
        private int _taken;

        public RpcBody Body => body;

        public void Start(IReadOnlyList<JsonRpcNode> round) => (_round, _taken) = (round, 0);

        public JsonRpcNode? TakeNext() => _taken < _round.Count ? _round[_taken++] : null;
    }
}
