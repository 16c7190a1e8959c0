using Microsoft.Extensions.Logging;
using Pythia.Enclave.Verifier;

namespace Pythia.Enclave.Host.Nodes;

/// <summary>One thing to be read from a node and checked.</summary>
/// <param name="Method">JSON-RPC method.</param>
/// <param name="Parameters">JSON array.</param>
/// <param name="WhenInvalid">The refusal's reason when what came is damaged.</param>
/// <param name="Check">The verifier's judgement of the reply's bytes.</param>
internal sealed record NodeRead<T>(string Method, string Parameters, RefusalReason WhenInvalid, Func<ReadOnlyMemory<byte>, Checked<T>> Check)
    where T : class;

/// <summary>
/// Reads from nodes that nobody trusts: the first reply that holds counts. A node that lied, failed or kept silent is set aside with the
/// reason and asked only after the others, until its time is over; so a single bad node costs one reply time, and all bad nodes
/// together cost an answer, never a false one.
/// </summary>
internal sealed partial class UntrustedNodes(
    IReadOnlyList<IJsonRpcNode> nodes, TimeSpan setAsideTime, TimeProvider time, EnclaveMetrics metrics, ILogger logger)
{
    private readonly Standing[] _standings = [.. nodes.Select(node => new Standing(node))];

    public async Task<Outcome<T>> ReadAsync<T>(NodeRead<T> read, CancellationToken cancellationToken)
        where T : class
    {
        EnclaveRefusal? worst = null;
        foreach (var standing in InOrder())
        {
            using var span = EnclaveTraces.BeginCall(standing.Node.Name, read.Method);
            using var reply = await standing.Node.CallAsync(read.Method, read.Parameters, cancellationToken);
            var refusal = Judge(read, standing.Node.Name, reply, out var value);
            EnclaveTraces.EndCall(span, refusal);
            metrics.Fetched(standing.Node.Name, refusal?.Reason);
            if (refusal is null)
            {
                standing.Restore();
                return value!;
            }

            SetAside(standing, refusal);

            // A lie says more than silence.
            worst = worst is null || worst.Reason == RefusalReason.NodeUnavailable ? refusal : worst;
        }

        return worst!;
    }

    public IReadOnlyList<NodeHealth> Health()
        => [.. _standings.Select(standing => new NodeHealth(standing.Node.Name, standing.IsSetAside(time), standing.Trouble))];

    private static EnclaveRefusal? Judge<T>(NodeRead<T> read, string node, NodeReply reply, out T? value)
        where T : class
    {
        value = null;
        if (reply.Trouble is { } trouble)
        {
            return new EnclaveRefusal(reply.Reason, trouble, node);
        }

        Damage? damage;
        try
        {
            if (read.Check(reply.Utf8).TryGet(out value, out damage))
            {
                return null;
            }
        }
        catch (OutOfMemoryException)
        {
            return new EnclaveRefusal(RefusalReason.ReplyTooLong, $"{read.Method}: no memory is left to check a reply of {reply.Utf8.Length} bytes", node);
        }

        // A node that says "I don't have it" has not lied.
        var reason = damage.Reason == InvalidReason.NodeError ? RefusalReason.NodeUnavailable : read.WhenInvalid;
        return new EnclaveRefusal(reason, $"{read.Method}: {damage.Reason}: {damage.Detail}", node);
    }

    private Standing[] InOrder() => [.. _standings.OrderBy(standing => standing.IsSetAside(time))];

    private void SetAside(Standing standing, EnclaveRefusal refusal)
    {
        if (!standing.IsSetAside(time))
        {
            LogSetAside(standing.Node.Name, refusal.Reason, refusal.Detail);
        }

        standing.SetAside(refusal, time.GetTimestamp() + (long)(setAsideTime.TotalSeconds * time.TimestampFrequency));
    }

    [LoggerMessage(EventId = 3101, Level = LogLevel.Warning, Message = "Node {Node} is set aside, {Reason}: {Detail}")]
    private partial void LogSetAside(string node, RefusalReason reason, string detail);

    private sealed class Standing(IJsonRpcNode node)
    {
        private long _until = long.MinValue;
        private EnclaveRefusal? _trouble;

        public IJsonRpcNode Node { get; } = node;

        public EnclaveRefusal? Trouble => Volatile.Read(ref _trouble);

        public bool IsSetAside(TimeProvider time) => Volatile.Read(ref _until) > time.GetTimestamp();

        public void SetAside(EnclaveRefusal refusal, long until)
        {
            Volatile.Write(ref _trouble, refusal);
            Volatile.Write(ref _until, until);
        }

        public void Restore() => Volatile.Write(ref _until, long.MinValue);
    }
}
