using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Pythia.Contracts.JsonRpc;

/// <summary>Figures and traces of calls to nodes, meter and activity source <c>Pythia.JsonRpc</c>; by node (host and port) and method, of which
/// this program knows a few dozen. A body of many calls counts as method <c>batch</c>.</summary>
public static class JsonRpcTelemetry
{
    /// <summary>Of the meter and of the activity source.</summary>
    public const string Name = "Pythia.JsonRpc";

    private const string Answered = "answered";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "pythia.jsonrpc.call.duration",
        "s",
        "Attempts at one node, by outcome: answered, refused, or why no usable answer came",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });

    private static readonly Gauge<int> Usable = Meter.CreateGauge<int>("pythia.jsonrpc.node.usable", null, "1 while the node is asked; 0 while it is set aside or its circuit is open");

    internal static Activity? Begin(string node, string method)
    {
        // Only below what somebody waits for: a lane's and a watch's own looks belong to no trace.
        if (Activity.Current is null) return null;

        var activity = Source.StartActivity($"jsonrpc {method}", ActivityKind.Client);
        activity?.SetTag("rpc.system", "jsonrpc").SetTag("rpc.method", method).SetTag("server.address", node);
        return activity;
    }

    internal static long Now() => Duration.Enabled ? Stopwatch.GetTimestamp() : 0;

    internal static void End(Activity? activity, long started, string node, string method, IReadOnlyList<RpcAnswer> answers)
    {
        var refused = answers.Count == 1 && answers[0].Error is not null;
        if (refused) activity?.SetTag("rpc.jsonrpc.error_code", answers[0].Error!.Code).SetStatus(ActivityStatusCode.Error);
        Record(started, node, method, refused ? "refused" : Answered);
    }

    internal static void Fail(Activity? activity, long started, string node, string method, RpcFailure failure)
    {
        var name = NameOf(failure);
        activity?.SetTag("error.type", name).SetStatus(ActivityStatusCode.Error);
        Record(started, node, method, name);
    }

    internal static void Show(string node, bool isUsable)
    {
        if (Usable.Enabled) Usable.Record(isUsable ? 1 : 0, new KeyValuePair<string, object?>("node", node));
    }

    private static void Record(long started, string node, string method, string outcome)
    {
        if (started != 0) Duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, new("node", node), new("method", method), new("outcome", outcome));
    }

    private static string NameOf(RpcFailure failure) => failure switch
    {
        RpcFailure.NotReached => "not-reached",
        RpcFailure.TooLate => "too-late",
        RpcFailure.HttpStatus => "http-status",
        RpcFailure.NotJsonRpc => "not-json-rpc",
        RpcFailure.TooLong => "too-long",
        RpcFailure.LimitExceeded => "limit-exceeded",
        RpcFailure.CircuitOpen => "circuit-open",
        RpcFailure.SetAside => "set-aside",
        _ => "unusable",
    };
}
