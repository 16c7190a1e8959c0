using System.Diagnostics;
using Orleans.Diagnostics;
using Orleans.Runtime;

namespace Pythia.Embedded.Diagnostics;

/// <summary>An activity for each call, at the caller and at the callee, tied together by what travels in the request context.</summary>
/// <remarks>Tags: OpenTelemetry's for RPC (rpc.system, rpc.service, rpc.method), and Orleans' own for the two grains.</remarks>
internal static class CallActivity
{
    /// <summary>Whether anybody listens.</summary>
    public static bool IsHeard => ActivitySources.Application.HasListeners() || ActivitySources.Runtime.HasListeners();

    public static ActivitySource SourceOf(IGrainCallContext context)
        => context.InterfaceMethod.DeclaringType?.Namespace?.StartsWith("Orleans", StringComparison.Ordinal) == true
            ? ActivitySources.Runtime
            : ActivitySources.Application;

    public static async Task RunAsync(IGrainCallContext context, Activity activity)
    {
        activity.SetTag("rpc.system", "orleans");
        activity.SetTag("rpc.service", context.InterfaceName);
        activity.SetTag("rpc.method", $"{context.InterfaceName}/{context.MethodName}");
        if (activity.IsAllDataRequested)
        {
            activity.SetTag("rpc.orleans.target_id", context.TargetId.ToString());
            if (context.SourceId is { } source)
            {
                activity.SetTag("rpc.orleans.source_id", source.ToString());
            }
        }

        try
        {
            await context.Invoke();
        }
        catch (Exception exception)
        {
            Fail(activity, exception);
            throw;
        }
        finally
        {
            activity.Stop();
        }
    }

    /// <summary>Notes an error as OpenTelemetry does.</summary>
    public static void Fail(Activity activity, Exception exception)
    {
        activity.SetStatus(ActivityStatusCode.Error);
        activity.SetTag("exception.type", exception.GetType().FullName);
        activity.SetTag("exception.message", exception.Message);
        activity.SetTag("exception.stacktrace", exception.ToString());
        activity.SetTag("exception.escaped", true);
    }
}

/// <summary>Where calls leave: begins an activity and puts its id into the request context.</summary>
internal sealed class OutgoingActivityFilter(DistributedContextPropagator propagator) : IOutgoingGrainCallFilter
{
    public Task Invoke(IOutgoingGrainCallContext context)
    {
        var activity = CallActivity.SourceOf(context).StartActivity(context.Request.GetActivityName(), ActivityKind.Client);
        if (activity is null)
        {
            return context.Invoke();
        }

        propagator.Inject(activity, null, static (_, key, value) => RequestContext.Set(key, value));
        return CallActivity.RunAsync(context, activity);
    }
}

/// <summary>Where calls arrive: begins an activity below that of the caller.</summary>
internal sealed class IncomingActivityFilter(DistributedContextPropagator propagator) : IIncomingGrainCallFilter
{
    public Task Invoke(IIncomingGrainCallContext context)
    {
        var source = CallActivity.SourceOf(context);
        return source.HasListeners() && Begin(source, context) is { } activity ? CallActivity.RunAsync(context, activity) : context.Invoke();
    }

    private static void Get(object? carrier, string name, out string? value, out IEnumerable<string>? values)
    {
        values = null;
        value = RequestContext.Get(name) as string;
    }

    private Activity? Begin(ActivitySource source, IGrainCallContext context)
    {
        propagator.ExtractTraceIdAndState(null, Get, out var parent, out var state);
        var activity = ActivityContext.TryParse(parent, state, isRemote: true, out var caller)
            ? source.CreateActivity(context.Request.GetActivityName(), ActivityKind.Server, caller)
            : source.CreateActivity(context.Request.GetActivityName(), ActivityKind.Server);
        if (activity is not null)
        {
            foreach (var (key, value) in propagator.ExtractBaggage(null, Get) ?? [])
            {
                activity.AddBaggage(key, value);
            }
        }

        return activity?.Start();
    }
}
