using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Pythia.Embedded.References;

namespace Pythia.Embedded.Runtime;

/// <summary>This part starts and ends the activation.</summary>
internal sealed partial class Activation
{
    private readonly StatelessPool? _pool;
    private TaskCompletionSource? _deactivated;
    private object? _instance;
    private AsyncServiceScope? _scope;
    private GrainLifecycle? _lifecycle;
    private TaskCompletionSource? _quiet;
    private DeactivationReason _reason;
    private Dictionary<string, object>? _startContext;
    private HashSet<GrainTimer>? _timers;
    private HashSet<ISequence>? _sequences;
    private bool _started;
    private bool _endWhenIdle;
    private int _idleSince;
    private int _keepUntil;

    public Task Deactivated
    {
        get
        {
            lock (Gate)
            {
                return _stage is Stage.Ended ? Task.CompletedTask : (_deactivated ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }
    }

    /// <summary>The tick of its last use.</summary>
    public int IdleSince => Volatile.Read(ref _idleSince);

    /// <summary>Begins the end: what runs comes to its end first, what waits goes to the next activation.</summary>
    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (Gate)
        {
            if (_stage >= Stage.Ending)
            {
                return;
            }

            _reason = deactivationReason;
            if (_stage is Stage.Active)
            {
                BeginEnd();
            }
            else if (_stage is Stage.Created)
            {
                _stage = Stage.Ending;
                StartOwn(EndAsync);
            }
            else
            {
                _endWhenIdle = true;
            }
        }
    }

    /// <summary>Ends once nothing runs or waits: for a silo that stops.</summary>
    public void DeactivateWhenIdle(DeactivationReason reason)
    {
        lock (Gate)
        {
            if (_stage >= Stage.Ending || _endWhenIdle)
            {
                return;
            }

            _reason = reason;
            _endWhenIdle = true;
        }

        LookAgain();
    }

    /// <summary>Ends if it has been idle for its class's time.</summary>
    public void CollectIfIdle(int now)
    {
        if (GrainClass.IdleTicks is { } idleTicks && now >= _keepUntil)
        {
            EndIfIdle(now - idleTicks, DeactivationReasonCode.ActivationIdle, "It was idle.");
        }
    }

    /// <summary>Whether it may be ended before its time: on demand, or when memory runs short.</summary>
    public bool MayBeShed(int now) => GrainClass.IdleTicks is not null && now >= _keepUntil;

    public bool UsedSince(int tick) => Load > 0 || IdleSince >= tick;

    /// <summary>Ends if nothing has used it since this tick.</summary>
    /// <returns>Whether it does.</returns>
    public bool EndIfIdle(int since, DeactivationReasonCode code, string why)
    {
        if (Load > 0 || IdleSince > since)
        {
            return false;
        }

        lock (Gate)
        {
            if (_stage is not Stage.Active || Load > 0)
            {
                return false;
            }

            _reason = new DeactivationReason(code, why);
            BeginEnd();
            return true;
        }
    }

    public void KeepFor(TimeSpan time)
        => _keepUntil = time <= TimeSpan.Zero ? 0 : time == TimeSpan.MaxValue ? int.MaxValue : Silo.Clock.Now + Silo.Clock.Ticks(time);

    public void Add(GrainTimer timer)
    {
        lock (Gate)
        {
            if (_stage < Stage.Ending)
            {
                (_timers ??= []).Add(timer);
                return;
            }
        }

        timer.Dispose();
    }

    public void Remove(GrainTimer timer)
    {
        lock (Gate)
        {
            _timers?.Remove(timer);
        }
    }

    public void Add(ISequence sequence)
    {
        lock (Gate)
        {
            (_sequences ??= []).Add(sequence);
        }
    }

    public void Remove(ISequence sequence)
    {
        lock (Gate)
        {
            _sequences?.Remove(sequence);
        }
    }

    private async Task StartAsync()
    {
        Exception? failure = null;
        var from = Silo.ActivationTime.GetTimestamp();
        RequestContext.Snapshot = _startContext;
        _startContext = null;
        try
        {
            using var timeout = new CancellationTokenSource(Silo.Collection.ActivationTimeout, Silo.ActivationTime);
            GrainClass.CheckPlacement(Silo, GrainId);
            _scope = Silo.Services.CreateAsyncScope();
            Silo.Instruments.Created(GrainClass.FullName);
            _instance = GrainClass.Create(this);
            (_instance as ILifecycleParticipant<IGrainLifecycle>)?.Participate(ObservableLifecycle);
            if (_lifecycle is not null)
            {
                await _lifecycle.StartAsync(timeout.Token);
            }

            if (_instance is IGrainBase grain)
            {
                await grain.OnActivateAsync(timeout.Token).WaitAsync(timeout.Token);
            }

            _started = true;
        }
        catch (Exception exception)
        {
            failure = exception;
            Silo.Log.ActivationFailed(Name, exception);
            Silo.Instruments.FailedToActivate();
        }

        Silo.Instruments.Activated(Silo.ActivationTime.GetElapsedTime(from), failure is null ? "success" : "error");

        lock (Gate)
        {
            if (failure is null)
            {
                _stage = Stage.Active;
                _idleSince = Silo.Clock.Now;
                return;
            }

            _stage = Stage.Ending;
            _reason = new DeactivationReason(DeactivationReasonCode.ActivationFailed, failure, "It failed to start.");
        }

        await EndAsync();
    }

    // The gate is held.
    private void BeginEnd()
    {
        _stage = Stage.Ending;
        _quiet = _running.Count == 0 ? null : new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        StartOwn(EndAsync);
    }

    private async Task EndAsync()
    {
        var from = Silo.ActivationTime.GetTimestamp();
        StopWhatRunsByItself();
        using var timeout = new CancellationTokenSource(Silo.Collection.DeactivationTimeout, Silo.ActivationTime);
        await TryAsync(() => _quiet?.Task.WaitAsync(timeout.Token) ?? Task.CompletedTask);
        if (_started)
        {
            await TryAsync(() => (_instance as IGrainBase)?.OnDeactivateAsync(_reason, timeout.Token).WaitAsync(timeout.Token) ?? Task.CompletedTask);
        }

        await TryAsync(() => _lifecycle?.StopAsync(timeout.Token) ?? Task.CompletedTask);
        await TryAsync(DisposeAsync);
        Silo.Forget(this, _pool);
        Silo.Instruments.Ended(GrainClass.FullName, Silo.ActivationTime.GetElapsedTime(from), _reason.ReasonCode, wasCreated: _scope is not null);
        var left = TakeWaiting();
        foreach (var request in left)
        {
            if (_reason.ReasonCode is DeactivationReasonCode.ActivationFailed)
            {
                request.FailAtTheCallee(this, _reason.Exception!);
                request.Cancellation?.CallEnded();
            }
            else
            {
                Silo.SendOn(request, GrainId);
            }
        }

        TaskCompletionSource? waitedFor;
        lock (Gate)
        {
            _stage = Stage.Ended;
            waitedFor = _deactivated;
        }

        waitedFor?.TrySetResult();
    }

    private void StopWhatRunsByItself()
    {
        GrainTimer[] timers;
        ISequence[] sequences;
        lock (Gate)
        {
            timers = _timers is null ? [] : [.. _timers];
            sequences = _sequences is null ? [] : [.. _sequences];
        }

        foreach (var timer in timers)
        {
            timer.Dispose();
        }

        foreach (var sequence in sequences)
        {
            sequence.Abort();
        }
    }

    private async Task DisposeAsync()
    {
        switch (_instance)
        {
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync();
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }

        if (_scope is { } scope)
        {
            await scope.DisposeAsync();
        }
    }

    private List<Request> TakeWaiting()
    {
        var left = new List<Request>();
        lock (Gate)
        {
            _stage = Stage.Ended;
            while ((_waitingInterleaved.First ?? _waiting.First) is { } request)
            {
                (_waitingInterleaved.First is null ? ref _waiting : ref _waitingInterleaved).Remove(request);
                request.IsWaiting = false;
                left.Add(request);
            }
        }

        return left;
    }

    private async Task TryAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception exception)
        {
            Silo.Log.EndFailed(Name, exception);
        }
    }
}
