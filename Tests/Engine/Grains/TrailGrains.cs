using System.Collections.Concurrent;

namespace Pythia.Engine.Grains;

/// <summary>Where calls of the trail's grains have been, by name of the test.</summary>
internal static class Trail
{
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<string>> Known = new();

    public static string Of(string name) => string.Join(' ', Known.GetValueOrDefault(name, []));

    public static void Note(string name, string step) => Known.GetOrAdd(name, static _ => new()).Enqueue(step);

    public static async Task AroundAsync(IGrainCallContext context, string filter)
    {
        if (context.InterfaceMethod.DeclaringType != typeof(ITrailGrain) || context.MethodName != nameof(ITrailGrain.StepAsync))
        {
            await context.Invoke();
            return;
        }

        var name = (string)context.Request.GetArgument(0)!;
        Note(name, filter);
        await context.Invoke();
        Note(name, "/" + filter);
    }
}

[Alias("engine.ITrailGrain")]
public interface ITrailGrain : IGrainWithStringKey
{
    /// <summary>Notes itself.</summary>
    [Alias("Step")]
    Task StepAsync(string name);

    /// <summary>Calls <see cref="StepAsync"/> of the grain with this key.</summary>
    [Alias("StepVia")]
    Task StepViaAsync(string key, string name);

    /// <summary>Never called: a filter answers.</summary>
    [Alias("Answered")]
    Task<string> AnsweredAsync(string name);

    /// <summary>Called with an argument that a filter has put in.</summary>
    [Alias("Echo")]
    Task<string> EchoAsync(string text);

    /// <summary>A filter throws before it is called.</summary>
    [Alias("Refused")]
    Task RefusedAsync(string name);

    /// <summary>Throws; a filter makes a result of it.</summary>
    [Alias("Mended")]
    Task<string> MendedAsync(string name);

    /// <summary>The grains that called, and were called, as a filter saw them.</summary>
    [Alias("Ends")]
    Task<string> EndsAsync();

    [Alias("EndsVia")]
    Task<string> EndsViaAsync(string key);
}

[GrainType("engine.trail")]
public sealed class TrailGrain : Grain, ITrailGrain, IIncomingGrainCallFilter
{
    public Task StepAsync(string name)
    {
        Trail.Note(name, "method");
        return Task.CompletedTask;
    }

    public Task StepViaAsync(string key, string name) => GrainFactory.GetGrain<ITrailGrain>(key).StepAsync(name);

    public Task<string> AnsweredAsync(string name)
    {
        Trail.Note(name, "method");
        return Task.FromResult("the grain's");
    }

    public Task<string> EchoAsync(string text) => Task.FromResult(text);

    public Task RefusedAsync(string name)
    {
        Trail.Note(name, "method");
        return Task.CompletedTask;
    }

    public Task<string> MendedAsync(string name) => throw new InvalidOperationException(name);

    public Task<string> EndsAsync() => Task.FromResult("not seen by the filter");

    public Task<string> EndsViaAsync(string key) => GrainFactory.GetGrain<ITrailGrain>(key).EndsAsync();

    public Task Invoke(IIncomingGrainCallContext context) => Trail.AroundAsync(context, "own");
}

public sealed class FirstIncomingFilter : IIncomingGrainCallFilter
{
    public Task Invoke(IIncomingGrainCallContext context) => Trail.AroundAsync(context, "in1");
}

public sealed class SecondIncomingFilter : IIncomingGrainCallFilter
{
    public Task Invoke(IIncomingGrainCallContext context) => Trail.AroundAsync(context, "in2");
}

public sealed class FirstOutgoingFilter : IOutgoingGrainCallFilter
{
    public Task Invoke(IOutgoingGrainCallContext context) => Trail.AroundAsync(context, "out1");
}

public sealed class SecondOutgoingFilter : IOutgoingGrainCallFilter
{
    public Task Invoke(IOutgoingGrainCallContext context) => Trail.AroundAsync(context, "out2");
}

/// <summary>Takes part in calls of the trail's grains in all the ways a filter can.</summary>
public sealed class MeddlingFilter : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        switch (context.Grain is TrailGrain ? context.MethodName : "")
        {
            case nameof(ITrailGrain.AnsweredAsync):
                context.Result = "the filter's";
                break;
            case nameof(ITrailGrain.EchoAsync):
                context.Request.SetArgument(0, context.Request.GetArgument(0) + " and more");
                await context.Invoke();
                context.Result += $", seen as '{context.Result}'";
                break;
            case nameof(ITrailGrain.RefusedAsync):
                throw new MarkedException("refused", 403);
            case nameof(ITrailGrain.MendedAsync):
                try
                {
                    await context.Invoke();
                }
                catch (InvalidOperationException exception)
                {
                    context.Result = "mended " + exception.Message;
                }

                break;
            case nameof(ITrailGrain.EndsAsync):
                context.Result = $"{context.SourceId?.Key} to {context.TargetId.Key} at {context.TargetContext.GrainId.Key}";
                break;
            default:
                await context.Invoke();
                break;
        }
    }
}
