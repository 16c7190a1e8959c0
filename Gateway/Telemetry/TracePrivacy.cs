using System.Diagnostics;
using OpenTelemetry;

namespace Pythia.Gateway.Telemetry;

/// <summary>Lets out only attributes that are known to hold no personal data. The engine's spans name grains by key, and a key is a device or an
/// address; errors quote them; web servers add paths. What is not on the list stays here.</summary>
internal sealed class TracePrivacy : BaseProcessor<Activity>
{
    private static readonly HashSet<string> Allowed = new(StringComparer.Ordinal)
    {
        "http.request.method", "http.route", "http.response.status_code", "error.type",
        "rpc.system", "rpc.service", "rpc.method", "rpc.jsonrpc.error_code", "server.address",
        "exception.type",
    };

    public static bool IsAllowed(string attribute) => Allowed.Contains(attribute) || attribute.StartsWith("pythia.", StringComparison.Ordinal);

    public override void OnEnd(Activity data)
    {
        foreach (var (name, _) in data.TagObjects.ToList())
        {
            if (!IsAllowed(name)) data.SetTag(name, null);
        }

        data.SetStatus(data.Status); // without the words
        data.TraceStateString = null;
    }
}
