using System.Diagnostics.CodeAnalysis;
using Orleans.Runtime;
using Orleans.Storage;
using Pythia.Embedded.References;

namespace Pythia.Embedded.Runtime;

/// <summary>Where a call can go.</summary>
internal interface ICallTarget
{
    /// <summary>Takes a call; false if it takes none any more, and another target must be found.</summary>
    bool TryPost(Request request);

    /// <summary>Fails the calls whose callers have waited to the end of their time.</summary>
    void Expire(int tick);
}

/// <summary>Runs one thing at a time: continuations of what has begun, then calls that may begin.</summary>
/// <remarks>A turn is one task on this scheduler, so code in it finds the scheduler as the current one, and what it awaits comes back here.
/// Calls begin inside of that task without one of their own.</remarks>
internal abstract class TurnScheduler(SiloRuntime silo) : TaskScheduler, IThreadPoolWorkItem, IWorkItemScheduler
{
    private static readonly Action<object?> RunTurn = static state => ((TurnScheduler)state!).TakeTurns();
    private TaskQueue _tasks;
    private bool _scheduled;

    /// <summary>Guards the queues and the state of the derived class. Held for moments, and never while user code runs.</summary>
    protected Lock Gate { get; } = new();

    public SiloRuntime Silo { get; } = silo;

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>The object that is called.</summary>
    public abstract object? Instance { get; }

    /// <summary>What a call goes to: the object, or an extension of it.</summary>
    public virtual object TargetOf(Request request) => Instance!;

    public abstract GrainId GrainId { get; }

    /// <summary>What messages call it.</summary>
    public abstract string Name { get; }

    /// <summary>Whether calls go through filters.</summary>
    public virtual bool CallsAreFiltered => false;

    /// <summary>Calls through the filters; the task carries a <see cref="Orleans.Serialization.Invocation.Response"/>.</summary>
    public virtual Task CallFiltered(Request request) => request.Invoke(TargetOf(request));

    /// <summary>Ends the target, since what it has in memory is not what is stored.</summary>
    public virtual void EndFor(InconsistentStateException conflict)
    {
    }

    /// <summary>Takes a call whose caller has gone out of the waiting ones; one that has begun goes on.</summary>
    public void Drop(Request request)
    {
        lock (Gate)
        {
            if (!request.IsWaiting || !ReferenceEquals(request.Target, this))
            {
                return;
            }

            request.IsWaiting = false;
            Remove(request);
        }

        Silo.Instruments.Expired();
        request.Cancellation?.CallEnded();

        // What waited behind it may begin, and an end that waited for it.
        LookAgain();
    }

    /// <summary>A call has come to its end, in a turn.</summary>
    public abstract void Ended(Request request);

    public void QueueAction(Action action) => QueueAction(static state => ((Action)state!)(), action);

    public void QueueAction(Action<object?> action, object? state)
        => new Task(action, state, CancellationToken.None, TaskCreationOptions.DenyChildAttach).Start(this);

    void IWorkItemScheduler.QueueTask(Task task) => task.Start(this);

    void IThreadPoolWorkItem.Execute() => new Turn(RunTurn, this).RunSynchronously(this);

    /// <summary>The next call that may begin, taken from its queue; null if there is none. The gate is held.</summary>
    protected abstract Request? Next();

    /// <summary>Takes a call out of the list it waits in. The gate is held.</summary>
    protected abstract void Remove(Request request);

    /// <summary>Begins a call.</summary>
    protected void Begin(Request request)
    {
        if (request.IsAnswered && !request.Method.IsOneWay)
        {
            Silo.Instruments.Expired();
            request.Cancellation?.CallEnded();
            Ended(request);
            return;
        }

        RequestContext.Snapshot = request.Context;
        request.Run(this);
    }

    /// <summary>Whether the caller must wake the scheduler once it has left the gate, which it holds.</summary>
    protected bool NeedsWaking() => !_scheduled && (_scheduled = true);

    protected void Wake() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);

    /// <summary>Looks for calls that may begin by now.</summary>
    protected void LookAgain()
    {
        bool wake;
        lock (Gate)
        {
            wake = NeedsWaking();
        }

        if (wake)
        {
            Wake();
        }
    }

    /// <summary>Starts work of the engine's own in the turns, with nothing of the caller's context.</summary>
    protected void StartOwn(Func<Task> work)
    {
        var restore = ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow();
        try
        {
            _ = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this);
        }
        finally
        {
            restore?.Undo();
        }
    }

    protected override void QueueTask(Task task)
    {
        bool wake;
        lock (Gate)
        {
            _tasks.Enqueue(task);
            wake = NeedsWaking();
        }

        if (wake)
        {
            Wake();
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued)
        => (task is Turn || (!taskWasPreviouslyQueued && ReferenceEquals(Current, this))) && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (Gate)
        {
            return _tasks.ToArray();
        }
    }

    private void TakeTurns()
    {
        var clean = ExecutionContext.Capture()!;
        var until = Environment.TickCount64 + Silo.QuantumMs;
        do
        {
            Request? request = null;
            Task? task;
            lock (Gate)
            {
                // Looking for the next call may have queued the activation's end.
                if (!_tasks.TryDequeue(out task) && (request = Next()) is null && !_tasks.TryDequeue(out task))
                {
                    _scheduled = false;
                    return;
                }
            }

            if (task is not null)
            {
                TryExecuteTask(task);
            }
            else
            {
                Begin(request!);

                // A method that is not async leaves what it set in the context of this thread.
                ExecutionContext.Restore(clean);
            }
        }
        while (Environment.TickCount64 < until);

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private sealed class Turn(Action<object?> action, object state) : Task(action, state);
}

/// <summary>Tasks in the order they came. Most of the time there is one at most, and no list of them.</summary>
internal struct TaskQueue
{
    private Task? _first;
    private Queue<Task>? _more;

    public void Enqueue(Task task)
    {
        if (_first is null)
        {
            _first = task;
        }
        else
        {
            (_more ??= new()).Enqueue(task);
        }
    }

    public bool TryDequeue([NotNullWhen(true)] out Task? task)
    {
        task = _first;
        _first = null;
        if (_more is not null && !_more.TryDequeue(out _first))
        {
            _more = null;
        }

        return task is not null;
    }

    public readonly Task[] ToArray() => _first is null ? [] : [_first, .. _more ?? []];
}
