using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Pythia.Gateway.Problems;
using Pythia.Gateway.Requests;
using Pythia.Grains;
using Pythia.Grains.Mirror;

namespace Pythia.Gateway.Acts;

/// <summary>
/// An intent's way as server-sent events (HTML Living Standard, section 9.2): an event <c>intent</c> for each version that is seen, whose id
/// is the version and whose data is the intent's view; a comment while nothing changes. It ends after <c>final</c> or <c>failed</c>.
/// </summary>
/// <remarks>A client that comes back with <c>Last-Event-ID</c> goes on after that version; once there is nothing to come it is answered 204,
/// which tells browsers to stop coming back. A gateway that stops ends its streams; the client goes on at another one.</remarks>
internal static class IntentEvents
{
    public const string MediaType = "text/event-stream";

    private const int ReconnectMilliseconds = 1_000;

    public static async Task<IResult> StreamAsync(
        string digest, HttpContext context, IGrainFactory grains, EventStreams streams, IOptions<GatewayOptions> options, IHostApplicationLifetime lifetime)
    {
        var (id, idProblem) = Ids.ReadHash("intent", digest);
        var (after, afterProblem) = ReadLastEventId(context.Request);
        if ((idProblem ?? afterProblem) is { } problem) return new ProblemResult(problem);

        var grain = grains.GetGrain<IIntentGrain>(GrainKeys.Of(ServedChains.Of(context).ChainId, id));
        var view = await grain.GetAsync();
        if (view.Stage == IntentStage.Unknown) return new ProblemResult(Problem.NotFound($"intent {id} was never accepted here"));
        if (IntentWait.IsOver(view) && view.Version <= after) return Results.NoContent();

        var place = streams.TryTake(NetworkAddress.Of(context));
        return place is null
            ? new ProblemResult(EventStreams.Full(options.Value.EventStreamsPerAddress))
            : new StreamResult(grain, view, after, place, TimeSpan.FromSeconds(options.Value.EventHeartbeatSeconds), lifetime.ApplicationStopping);
    }

    private static (long Version, Problem? Problem) ReadLastEventId(HttpRequest request)
        => request.Headers["Last-Event-ID"] is { Count: > 0 } values
            ? values is [{ } text] && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
                ? (version, null)
                : (0, new(ProblemTypes.BadHeader, $"Last-Event-ID '{Problem.Shorten(values.ToString())}' found, the id of an event expected"))
            : (-1, null);

    private sealed class StreamResult(IIntentGrain grain, IntentView first, long after, IDisposable place, TimeSpan heartbeat, CancellationToken stopping) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            using (place)
            {
                httpContext.Response.ContentType = MediaType;
                httpContext.Response.Headers.CacheControl = "no-store";
                httpContext.Response.Headers["X-Accel-Buffering"] = "no"; // nginx would keep events back
                try
                {
                    await WriteAllAsync(httpContext.Response, httpContext.RequestAborted);
                }
                catch (OperationCanceledException) when (httpContext.RequestAborted.IsCancellationRequested)
                {
                    // The client has gone, which is its right.
                }
            }
        }

        private async Task WriteAllAsync(HttpResponse response, CancellationToken aborted)
        {
            await WriteAsync(response, $"retry: {ReconnectMilliseconds}\n\n", aborted);
            var (view, sent) = (first, after);
            while (true)
            {
                if (view.Version > sent)
                {
                    await WriteAsync(response, $"id: {view.Version}\nevent: intent\ndata: {JsonSerializer.Serialize(view, GatewayJson.Options)}\n\n", aborted);
                    sent = view.Version;
                }
                else
                {
                    await WriteAsync(response, ": nothing new\n\n", aborted);
                }

                if (IntentWait.IsOver(view) || stopping.IsCancellationRequested) return;

                view = await IntentWait.WaitAsync(grain, view, sent, heartbeat, aborted, stopping);
                if (stopping.IsCancellationRequested && view.Version <= sent) return;
            }
        }

        private static async Task WriteAsync(HttpResponse response, string text, CancellationToken aborted)
        {
            await response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), aborted);
            await response.Body.FlushAsync(aborted);
        }
    }
}
