using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Orleans.Serialization.Invocation;
using Pythia.Embedded.Serialization;

namespace Pythia.Embedded.References;

/// <summary>A request whose answer is a <typeparamref name="TResult"/>.</summary>
public abstract class Request<TResult> : Request
{
    // A task without the object that usually stands beside it. Completing it runs no continuation of the caller in the callee's turn:
    // continuations that would are queued, since a turn is no place of the default scheduler.
    private AsyncTaskMethodBuilder<TResult> _answer = AsyncTaskMethodBuilder<TResult>.Create();

    /// <summary>The caller's task. To be read once before the request is sent.</summary>
    internal Task<TResult> Answer => _answer.Task;

    internal void Succeed(TResult result)
    {
        if (TryAnswer())
        {
            _answer.SetResult(result);
        }
    }

    internal sealed override void Fail(Exception exception)
    {
        if (TryAnswer())
        {
            _answer.SetException(exception);
        }
    }

    internal sealed override async ValueTask<Response> RespondAsync(object target)
    {
        try
        {
            var task = Invoke(target);
            await task;
            return typeof(TResult) == typeof(Nothing) ? Response.Completed : Response.FromResult(ResultOf(task));
        }
        catch (Exception exception)
        {
            return Response.FromException(exception);
        }
    }

    internal sealed override void AnswerWith(Task done)
        => Succeed(Isolate(done is Task<Response> filtered ? Unwrap(filtered.GetAwaiter().GetResult()) : ResultOf(done)));

    /// <summary>The result that filters let through; throws the error that they did.</summary>
    internal static TResult Unwrap(Response response)
    {
        if (response.Exception is { } exception)
        {
            ExceptionDispatchInfo.Throw(exception);
        }

        return typeof(TResult) == typeof(Nothing) ? default! : response.GetResult<TResult>();
    }

    internal abstract TResult ResultOf(Task done);

    /// <summary>The result as the caller gets it.</summary>
    internal virtual TResult Isolate(TResult result) => MessageCopier.Copy(result);
}

/// <summary>The result of a method that has none.</summary>
public readonly struct Nothing;

/// <summary>A call of a method that returns <see cref="Task"/>.</summary>
public abstract class TaskRequest : Request<Nothing>
{
    /// <summary>Calls the method.</summary>
    protected abstract Task Call(object target);

    internal sealed override Task Invoke(object target) => Call(target);

    internal sealed override Nothing ResultOf(Task done) => default;

    internal sealed override Nothing Isolate(Nothing result) => result;
}

/// <summary>A call of a method that returns <see cref="Task{TResult}"/>.</summary>
public abstract class TaskRequest<TResult> : Request<TResult>
{
    /// <summary>Calls the method.</summary>
    protected abstract Task<TResult> Call(object target);

    internal sealed override Task Invoke(object target) => Call(target);

    internal sealed override TResult ResultOf(Task done) => ((Task<TResult>)done).GetAwaiter().GetResult();
}

/// <summary>A call of a method that returns <see cref="ValueTask"/>.</summary>
public abstract class ValueTaskRequest : Request<Nothing>
{
    /// <summary>Calls the method.</summary>
    protected abstract ValueTask Call(object target);

    internal sealed override Task Invoke(object target) => Call(target).AsTask();

    internal sealed override Nothing ResultOf(Task done) => default;

    internal sealed override Nothing Isolate(Nothing result) => result;
}

/// <summary>A call of a method that returns <see cref="ValueTask{TResult}"/>.</summary>
public abstract class ValueTaskRequest<TResult> : Request<TResult>
{
    /// <summary>Calls the method.</summary>
    protected abstract ValueTask<TResult> Call(object target);

    internal sealed override Task Invoke(object target) => Call(target).AsTask();

    internal sealed override TResult ResultOf(Task done) => ((Task<TResult>)done).GetAwaiter().GetResult();
}

/// <summary>A call of a method that returns nothing: nobody waits for its end.</summary>
public abstract class VoidRequest : Request<Nothing>
{
    /// <summary>Calls the method.</summary>
    protected abstract void Call(object target);

    internal sealed override Task Invoke(object target)
    {
        Call(target);
        return Task.CompletedTask;
    }

    internal sealed override Nothing ResultOf(Task done) => default;

    internal sealed override Nothing Isolate(Nothing result) => result;
}
