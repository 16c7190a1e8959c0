using Orleans.Core.Internal;
using Orleans.Runtime;
using Orleans.Storage;
using Pythia.Embedded.References;

namespace Pythia.Embedded.Runtime;

/// <summary>One activation of a grain. This part decides which call may begin when.</summary>
/// <remarks>A call that neither interleaves nor only reads has the activation to itself until its task is done. Calls that wait are taken in
/// order, save that those which may begin beside the running ones overtake those which may not.</remarks>
internal sealed partial class Activation : TurnScheduler, ICallTarget, ICallChainReentrantGrainContext
{
    private RequestList _waiting;
    private RequestList _waitingInterleaved;
    private RequestList _running;
    private int _runningAlone;
    private int _runningReadOnly;
    private Dictionary<Guid, int>? _reentrantSections;
    private Stage _stage;

    public Activation(SiloRuntime silo, GrainClass grainClass, GrainId grainId, StatelessPool? pool = null)
        : base(silo)
    {
        GrainClass = grainClass;
        GrainId = grainId;
        _pool = pool;
        _idleSince = silo.Clock.Now;
    }

    private enum Stage : byte
    {
        Created,
        Starting,
        Active,
        Ending,
        Ended,
    }

    public GrainClass GrainClass { get; }

    public override GrainId GrainId { get; }

    public override object? Instance => _instance;

    public override string Name => GrainId.ToString();

    public override bool CallsAreFiltered => Silo.HasIncomingFilters || GrainClass.FiltersItsCalls;

    /// <summary>Calls that run or wait; read without the gate, for a guess.</summary>
    public int Load => _running.Count + _waiting.Count + _waitingInterleaved.Count;

    public override object TargetOf(Request request)
        => request.Method.IsExtension ? GetExtension(request.Method.InterfaceType) : _instance!;

    public override Task CallFiltered(Request request) => IncomingCall.RunAsync(request, this, Silo.IncomingFilters);

    public bool TryPost(Request request)
    {
        var start = false;
        var wake = false;
        var refused = 0;
        lock (Gate)
        {
            if (_stage is Stage.Ended || (_stage is Stage.Ending && !request.OutlivesActivation))
            {
                return false;
            }

            request.Target = this;
            if (Silo.MostWaiting > 0 && _waiting.Count >= Silo.MostWaiting)
            {
                refused = _waiting.Count;
            }
            else
            {
                request.IsWaiting = true;
                request.Interleaves = request.Interleaves || GrainClass.IsReentrant || request.Method.Interleaves || GrainClass.MayInterleave(request);
                if (request.Interleaves)
                {
                    _waitingInterleaved.Add(request);
                }
                else
                {
                    _waiting.Add(request);
                }

                start = _stage is Stage.Created;
                if (start)
                {
                    _stage = Stage.Starting;
                    _startContext = request.Context;
                }

                wake = _stage is Stage.Active && MayBegin(request) && NeedsWaking();
            }
        }

        if (refused > 0)
        {
            Silo.Instruments.Rejected();
            request.Fail(new LimitExceededException("MaxEnqueuedRequestsHardLimit", refused, Silo.MostWaiting, Name));
        }

        if (start)
        {
            StartOwn(StartAsync);
        }

        if (wake)
        {
            Wake();
        }

        return true;
    }

    public void Expire(int tick)
    {
        if (Load == 0)
        {
            return;
        }

        List<Request>? expired = null;
        lock (Gate)
        {
            _running.FindExpired(tick, ref expired);
            _waiting.FindExpired(tick, ref expired);
            _waitingInterleaved.FindExpired(tick, ref expired);
        }

        foreach (var request in expired ?? [])
        {
            Silo.Expire(request);
            Drop(request);
        }
    }

    public override void Ended(Request request)
    {
        TaskCompletionSource? quiet = null;
        lock (Gate)
        {
            _running.Remove(request);
            request.IsRunning = false;
            if (!request.Interleaves)
            {
                (request.Method.IsReadOnly ? ref _runningReadOnly : ref _runningAlone)--;
            }

            if (request.KeepsAlive)
            {
                _idleSince = Silo.Clock.Now;
            }

            if (_running.Count == 0 && _stage is Stage.Ending)
            {
                quiet = _quiet;
            }
        }

        quiet?.TrySetResult();
    }

    public override void EndFor(InconsistentStateException conflict)
        => Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, conflict, "Its state was changed by another."));

    void ICallChainReentrantGrainContext.OnEnterReentrantSection(Guid reentrancyId)
    {
        lock (Gate)
        {
            _reentrantSections ??= [];
            _reentrantSections[reentrancyId] = _reentrantSections.GetValueOrDefault(reentrancyId) + 1;
        }

        LookAgain();
    }

    void ICallChainReentrantGrainContext.OnExitReentrantSection(Guid reentrancyId)
    {
        lock (Gate)
        {
            if (_reentrantSections is null || !_reentrantSections.TryGetValue(reentrancyId, out var depth))
            {
                return;
            }

            if (depth > 1)
            {
                _reentrantSections[reentrancyId] = depth - 1;
            }
            else
            {
                _reentrantSections.Remove(reentrancyId);
            }
        }
    }

    protected override Request? Next()
    {
        if (_stage is not Stage.Active)
        {
            return null;
        }

        var next = _waitingInterleaved.First;
        if (next is not null)
        {
            _waitingInterleaved.Remove(next);
        }
        else if ((next = FirstThatMayBegin()) is not null)
        {
            _waiting.Remove(next);
            (next.Method.IsReadOnly ? ref _runningReadOnly : ref _runningAlone)++;
        }
        else
        {
            if (_endWhenIdle && _running.Count == 0)
            {
                BeginEnd();
            }

            return null;
        }

        _running.Add(next);
        next.IsWaiting = false;
        next.IsRunning = true;
        return next;
    }

    protected override void Remove(Request request) => (request.Interleaves ? ref _waitingInterleaved : ref _waiting).Remove(request);

    private Request? FirstThatMayBegin()
    {
        var request = _waiting.First;
        if (request is null || MayBegin(request))
        {
            return request;
        }

        // The first must wait. Others can only overtake it beside readers, or in a call chain that is let back in.
        if (_runningReadOnly == 0 && _reentrantSections is not { Count: > 0 })
        {
            return null;
        }

        do
        {
            request = request.Next;
        }
        while (request is not null && !MayBegin(request));
        return request;
    }

    private bool MayBegin(Request request)
        => request.Interleaves
            || (_runningAlone == 0 && (_runningReadOnly == 0 || request.Method.IsReadOnly))
            || (_reentrantSections is { Count: > 0 } sections && request.Context is { } context
                && sections.ContainsKey(RequestContext.ReentrancyIdOf(context)));
}
