using System.Reflection;
using Orleans.Serialization.Invocation;
using Orleans.Storage;
using Pythia.Embedded.Diagnostics;
using Pythia.Embedded.Runtime;

namespace Pythia.Embedded.References;

/// <summary>One call: its arguments, what travels with it, and its caller, who is answered once.</summary>
/// <remarks>The generated class of each method adds the arguments and the call itself. A request is used once and never pooled: an answer
/// that comes after a time-out must find its own caller gone, not another's.</remarks>
public abstract class Request : IInvokable
{
    private static readonly Action<Task, object?> EndAfter = static (task, state) =>
    {
        var request = (Request)state!;
        request.End(request.Target!, task);
    };

    private int _answered;
    private bool _waits;
    private CallExtras? _extras;

    /// <summary>The method that is called.</summary>
    public abstract GrainMethod Method { get; }

    bool IInvokable.IsCancellable => Method.IsCancellable;

    /// <summary>The list that a target keeps it in, waiting or running.</summary>
    internal Request? Next { get; set; }

    internal Request? Previous { get; set; }

    internal TurnScheduler? Target { get; set; }

    internal Activation? Source { get; set; }

    /// <summary>The caller's request context; never changed, null if empty.</summary>
    internal Dictionary<string, object>? Context
    {
        get => _extras?.Context;
        set => Extras.Context = value;
    }

    /// <summary>The tick of the silo's clock at which the caller gives up.</summary>
    internal int ExpiresAt { get; set; } = int.MaxValue;

    internal bool Interleaves { get; set; }

    internal bool IsRunning { get; set; }

    /// <summary>It is in a list of its target, and has not begun.</summary>
    internal bool IsWaiting
    {
        get => Volatile.Read(ref _waits);
        set => Volatile.Write(ref _waits, value);
    }

    internal CallCancellation? Cancellation
    {
        get => _extras?.Cancellation;
        set => Extras.Cancellation = value;
    }

    /// <summary>Null while nobody listens.</summary>
    internal CallMeasure? Measure
    {
        get => _extras?.Measure;
        set => Extras.Measure = value;
    }

    /// <summary>The caller has its answer, or has given up.</summary>
    internal bool IsAnswered => Volatile.Read(ref _answered) != 0;

    /// <summary>Whether filters see it. They don't see the engine's own.</summary>
    internal virtual bool IsFiltered => true;

    /// <summary>Whether it counts as use of the activation. Ticks of timers may not.</summary>
    internal virtual bool KeepsAlive => true;

    /// <summary>Whether it may go to another activation when this one ends.</summary>
    internal virtual bool OutlivesActivation => true;

    private CallExtras Extras => _extras ??= new CallExtras();

    /// <summary>The token that the callee sees: cancelled in the callee's own turns.</summary>
    protected CancellationToken CancellationToken => Cancellation?.CalleeToken ?? CancellationToken.None;

    /// <inheritdoc/>
    public virtual int GetArgumentCount() => 0;

    /// <inheritdoc/>
    public virtual object? GetArgument(int index) => throw new ArgumentOutOfRangeException(nameof(index), index, $"{Method.Name} takes no such argument");

    /// <inheritdoc/>
    public virtual void SetArgument(int index, object value)
        => throw new ArgumentOutOfRangeException(nameof(index), index, $"{Method.Name} takes no such argument");

    object? IInvokable.GetTarget() => _extras?.FilterTarget;

    void IInvokable.SetTarget(ITargetHolder holder) => Extras.FilterTarget = holder.GetTarget();

    ValueTask<Response> IInvokable.Invoke() => RespondAsync(_extras?.FilterTarget!);

    string IInvokable.GetMethodName() => Method.Name;

    string IInvokable.GetInterfaceName() => Method.InterfaceFullName;

    string IInvokable.GetActivityName() => Method.ActivityName;

    MethodInfo IInvokable.GetMethod() => Method.Info;

    Type IInvokable.GetInterfaceType() => Method.InterfaceType;

    TimeSpan? IInvokable.GetDefaultResponseTimeout() => Method.ResponseTimeout;

    CancellationToken IInvokable.GetCancellationToken() => CancellationToken;

    bool IInvokable.TryCancel() => Cancellation?.CancelCallee() ?? false;

    void IDisposable.Dispose() => GC.SuppressFinalize(this);

    /// <summary>Runs in the target's turn; at its end, which may be a later turn, the caller is answered.</summary>
    internal void Run(TurnScheduler target)
    {
        Task task;
        try
        {
            task = IsFiltered && target.CallsAreFiltered ? target.CallFiltered(this) : Invoke(target.TargetOf(this)) ?? NoTask();
        }
        catch (Exception exception)
        {
            task = Task.FromException(exception);
        }

        if (task.IsCompleted)
        {
            End(target, task);
        }
        else
        {
            _ = task.ContinueWith(EndAfter, this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, target);
        }
    }

    /// <summary>What the request does to its target. The task carries the result.</summary>
    internal abstract Task Invoke(object target);

    /// <summary>Answers with the result of a task that has come to a good end.</summary>
    internal abstract void AnswerWith(Task done);

    /// <summary>Answers with an error, if there is no answer yet.</summary>
    internal abstract void Fail(Exception exception);

    /// <summary>Answers with an error of the callee, or logs it where nobody waits: such a caller must not hear of it even if it is quick.</summary>
    internal void FailAtTheCallee(TurnScheduler target, Exception exception)
    {
        if (Method.IsOneWay)
        {
            target.Silo.Log.OneWayFailed(Method.Name, target.Name, exception);
        }
        else
        {
            Fail(Serialization.MessageCopier.CopyException(exception));
        }
    }

    /// <summary>For filters: the outcome as an object.</summary>
    internal abstract ValueTask<Response> RespondAsync(object target);

    internal void Expire(TimeSpan waited)
        => Fail(new TimeoutException($"{Method.InterfaceName}.{Method.Name} of {Target?.Name}: no answer within {waited}"));

    /// <summary>True for the one who may answer.</summary>
    internal bool TryAnswer()
    {
        if (Interlocked.Exchange(ref _answered, 1) != 0)
        {
            return false;
        }

        Measure?.End();
        return true;
    }

    private Task NoTask() => throw new InvalidOperationException($"{Method.InterfaceName}.{Method.Name} returned null, expected a task");

    private void End(TurnScheduler target, Task task)
    {
        try
        {
            if (task.IsCompletedSuccessfully)
            {
                AnswerWith(task);
            }
            else
            {
                task.GetAwaiter().GetResult();
            }
        }
        catch (Exception exception)
        {
            if (exception is InconsistentStateException { IsSourceActivation: true } conflict)
            {
                conflict.IsSourceActivation = false;
                target.EndFor(conflict);
            }

            FailAtTheCallee(target, exception);
        }

        Cancellation?.CallEnded();
        target.Ended(this);
    }
}

/// <summary>What most calls go without.</summary>
internal sealed class CallExtras
{
    public Dictionary<string, object>? Context { get; set; }

    public CallCancellation? Cancellation { get; set; }

    public CallMeasure? Measure { get; set; }

    public object? FilterTarget { get; set; }
}
