using System.Diagnostics;

namespace Pythia.Enclave.Host;

/// <summary>Spans of an enclave, activity source <c>Pythia.Enclave</c>: <c>enclave answer</c> for each question, and one for each call to a node that
/// it waits for. Never what was asked, by whom or about whom.</summary>
internal static class EnclaveTraces
{
    public const string SourceName = "Pythia.Enclave";

    private static readonly ActivitySource Source = new(SourceName);

    public static Activity? BeginAnswer(string enclaveId) => Source.StartActivity("enclave answer")?.SetTag("pythia.enclave", enclaveId);

    public static void EndAnswer(Activity? span, EnclaveRefusal? refusal)
    {
        if (refusal is not null) span?.SetTag("pythia.refusal", refusal.Reason.ToString()).SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>Only below a question: what is fetched ahead belongs to no trace.</summary>
    public static Activity? BeginCall(string node, string method)
        => Activity.Current is null ? null
            : Source.StartActivity($"jsonrpc {method}", ActivityKind.Client)?.SetTag("rpc.system", "jsonrpc").SetTag("rpc.method", method).SetTag("server.address", node);

    public static void EndCall(Activity? span, EnclaveRefusal? refusal)
    {
        if (refusal is not null) span?.SetTag("error.type", refusal.Reason.ToString()).SetStatus(ActivityStatusCode.Error);
    }
}
