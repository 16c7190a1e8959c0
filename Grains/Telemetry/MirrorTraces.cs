using System.Diagnostics;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Telemetry;

/// <summary>
/// Spans of one intent's way, activity source <c>Pythia.Mirror</c>: <c>intent accept</c> below the request that brought it, <c>intent send</c> for each
/// handing over to a node, <c>intent settle</c> when its outcome or its end is known. The way lasts longer than any call, so its context is stored
/// with the intent as a W3C traceparent.
/// </summary>
/// <remarks>Attributes hold digests, numbers and names of enums: never a device, an owner or another address.</remarks>
internal static class MirrorTraces
{
    public const string SourceName = "Pythia.Mirror";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>An intent is being judged and stored; null where nobody records.</summary>
    public static Activity? BeginAccept(ulong chain)
        => Source.StartActivity("intent accept")?.SetTag("pythia.chain", (long)chain);

    /// <summary>What became of it.</summary>
    public static void EndAccept(Activity? span, IntentReceipt receipt)
        => span?.SetTag("pythia.intent.digest", receipt.Digest).SetTag("pythia.intent.verdict", TelemetryNames.Of(receipt.Verdict));

    /// <summary>The context to store with an intent; null where this trace is not recorded.</summary>
    public static string? ToStored(Activity? span) => span is { Recorded: true, IdFormat: ActivityIdFormat.W3C } ? span.Id : null;

    /// <summary>A node is handed a transaction. The span is of the first intent's trace; each other intent whose trace is recorded gets one of its
    /// own that links to it.</summary>
    public static Activity? BeginSend(ulong chain, ulong nonce, StoredBatch attempt, IEnumerable<QueuedIntent> intents)
    {
        if (!Source.HasListeners()) return null;

        var contexts = intents.Select(i => Parse(i.TraceParent)).OfType<ActivityContext>().ToList();
        if (contexts.Count == 0) return null;

        var span = Source.StartActivity("intent send", ActivityKind.Producer, contexts[0]);
        Describe(span, chain, nonce, attempt);
        if (span is null) return null;

        foreach (var context in contexts.Skip(1))
        {
            using var other = Source.CreateActivity("intent send", ActivityKind.Producer, context, links: [new ActivityLink(span.Context)]);
            Describe(other?.Start(), chain, nonce, attempt);
        }
        return span;
    }

    public static void EndSend(Activity? span, SendVerdict verdict)
        => span?.SetTag("pythia.send.verdict", TelemetryNames.Of(verdict))
            .SetStatus(verdict is SendVerdict.Accepted or SendVerdict.AlreadyKnown ? ActivityStatusCode.Unset : ActivityStatusCode.Error);

    /// <summary>The outcome of an intent is known, or that there will be none.</summary>
    public static void Settle(ulong chain, string digest, QueuedIntent? intent, IntentStage stage, ulong block)
    {
        if (!Source.HasListeners() || Parse(intent?.TraceParent) is not { } context) return;

        using var span = Source.StartActivity("intent settle", ActivityKind.Consumer, context);
        span?.SetTag("pythia.chain", (long)chain).SetTag("pythia.intent.digest", digest).SetTag("pythia.intent.stage", TelemetryNames.Of(stage)).SetTag("pythia.block", (long)block);
    }

    private static void Describe(Activity? span, ulong chain, ulong nonce, StoredBatch attempt)
        => span?.SetTag("pythia.chain", (long)chain).SetTag("pythia.lane.nonce", (long)nonce)
            .SetTag("pythia.transaction", attempt.TransactionHash).SetTag("pythia.transaction.intents", attempt.Digests.Length);

    private static ActivityContext? Parse(string? traceParent)
        => ActivityContext.TryParse(traceParent, null, isRemote: true, out var context) ? context : null;
}
