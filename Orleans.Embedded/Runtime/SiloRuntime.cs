using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Statistics;
using Pythia.Embedded.Diagnostics;
using Pythia.Embedded.References;
using Pythia.Embedded.Serialization;

namespace Pythia.Embedded.Runtime;

/// <summary>The silo: where calls go, and where activations are found.</summary>
internal sealed partial class SiloRuntime
{
    private readonly ConcurrentDictionary<GrainId, ICallTarget> _targets = new();
    private readonly MessagingOptions _messaging;
    private readonly int _responseTicks;
    private volatile Status _status;
    private bool _incomingFiltersThatAct;
    private bool _outgoingFiltersThatAct;

    public SiloRuntime(
        IServiceProvider services,
        ILocalSiloDetails details,
        SiloLog log,
        IOptions<SiloMessagingOptions> messaging,
        IOptions<GrainCollectionOptions> collection,
        IOptions<SchedulingOptions> scheduling,
        IEnvironmentStatisticsProvider environment,
        SiloInstruments instruments)
    {
        Services = services;
        Details = details;
        Log = log;
        _messaging = messaging.Value;
        Collection = collection.Value;
        SiloOptionsCheck.Check(messaging.Value, Collection);
        MostWaiting = messaging.Value.MaxEnqueuedRequestsHardLimit;
        QuantumMs = (long)scheduling.Value.ActivationSchedulingQuantum.TotalMilliseconds;
        ActivationTime = Time(TimeProviderNames.ActivationManagement);
        GrainTime = Time(TimeProviderNames.Grains);
        var period = TimeSpan.FromTicks(Math.Clamp(_messaging.ResponseTimeout.Ticks / 40, 10 * TimeSpan.TicksPerMillisecond, 250 * TimeSpan.TicksPerMillisecond));
        CallClock = new SiloClock(Time(TimeProviderNames.Messaging), period);
        Clock = new SiloClock(ActivationTime, Collection.CollectionQuantum);
        _responseTicks = CallClock.Ticks(_messaging.ResponseTimeout);
        Classes = new GrainClasses(this);
        Factory = new GrainFactory(this);
        Environment = environment;
        Instruments = instruments;
    }

    private enum Status
    {
        NotStarted,
        Running,
        Stopping,
        Stopped,
    }

    public IServiceProvider Services { get; }

    public SiloInstruments Instruments { get; }

    /// <summary>UTC.</summary>
    public DateTime StartedAt { get; private set; }

    public SiloStatus PublicStatus => _status switch
    {
        Status.NotStarted => SiloStatus.Created,
        Status.Running => SiloStatus.Active,
        Status.Stopping => SiloStatus.ShuttingDown,
        _ => SiloStatus.Dead,
    };

    public ILocalSiloDetails Details { get; }

    public SiloLog Log { get; }

    public GrainClasses Classes { get; }

    public GrainFactory Factory { get; }

    public GrainCollectionOptions Collection { get; }

    public TimeProvider ActivationTime { get; }

    public TimeProvider GrainTime { get; }

    /// <summary>Of idle activations.</summary>
    public SiloClock Clock { get; }

    /// <summary>Of calls that wait for answers.</summary>
    public SiloClock CallClock { get; }

    public int MostWaiting { get; }

    public long QuantumMs { get; }

    /// <summary>Whether calls go through filters. Those that only tell of calls count while somebody listens.</summary>
    public bool HasIncomingFilters => _incomingFiltersThatAct || (IncomingFilters.Length > 0 && CallActivity.IsHeard);

    public IIncomingGrainCallFilter[] IncomingFilters { get; private set; } = [];

    public IOutgoingGrainCallFilter[] OutgoingFilters { get; private set; } = [];

    /// <summary>Sends a call; the task is its answer.</summary>
    public Task<TResult> Send<TResult>(GrainReference reference, Request<TResult> request, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<TResult>(cancellationToken);
        }

        request.Source = GrainContexts.Current;
        if (_outgoingFiltersThatAct || (OutgoingFilters.Length > 0 && CallActivity.IsHeard))
        {
            return OutgoingCall.SendAsync(this, reference, request, cancellationToken);
        }

        return SendUnfiltered(reference, request, cancellationToken);
    }

    public Task<TResult> SendUnfiltered<TResult>(GrainReference reference, Request<TResult> request, CancellationToken cancellationToken)
    {
        var answer = request.Answer;
        Prepare(request, request.Method.ResponseTimeout is { } timeout ? CallClock.Ticks(timeout) : _responseTicks, cancellationToken);
        try
        {
            Post(reference, request);
        }
        catch (Exception exception)
        {
            request.Fail(exception);
        }

        request.Cancellation?.Listen(cancellationToken);
        if (request.Method.IsOneWay)
        {
            request.Succeed(default!);
        }

        return answer;
    }

    /// <summary>Sends the engine's own call to one target and no other, with no end to the waiting.</summary>
    public Task<TResult> SendTo<TResult>(TurnScheduler target, Request<TResult> request, CancellationToken cancellationToken)
    {
        var answer = request.Answer;
        Prepare(request, int.MaxValue / 2, cancellationToken);
        if (!((ICallTarget)target).TryPost(request))
        {
            request.Fail(new EnumerationAbortedException($"{target.Name} ended before its sequence did"));
        }

        request.Cancellation?.Listen(cancellationToken);
        return answer;
    }

    /// <summary>Sends a call on to the activation after the one that had it.</summary>
    public void SendOn(Request request, GrainId grainId)
    {
        if (!request.OutlivesActivation)
        {
            request.Fail(new EnumerationAbortedException($"{grainId} ended"));
            return;
        }

        try
        {
            while (!Find(grainId, request).TryPost(request))
            {
            }
        }
        catch (Exception exception)
        {
            request.Fail(exception);
        }
    }

    /// <summary>Tells a caller that its time is over, on a thread of the pool: what it does then must not hold up the clock.</summary>
    public void Expire(Request request)
    {
        Instruments.TimedOut(request.Target?.GrainId.Type.ToString() ?? "");
        ThreadPool.QueueUserWorkItem(
            static at => at.request.Expire(at.request.Method.ResponseTimeout ?? at._messaging.ResponseTimeout), (request, _messaging), preferLocal: false);
        if (_messaging.CancelRequestOnTimeout)
        {
            request.Cancellation?.CancelCallee();
        }
    }

    /// <summary>An activation has ended and takes no more calls.</summary>
    public void Forget(Activation activation, StatelessPool? pool)
    {
        if (pool is null)
        {
            _targets.TryRemove(KeyValuePair.Create<GrainId, ICallTarget>(activation.GrainId, activation));
        }
        else if (pool.Remove(activation))
        {
            _targets.TryRemove(KeyValuePair.Create<GrainId, ICallTarget>(pool.GrainId, pool));
        }
    }

    /// <summary>The clock with this name, else the one without.</summary>
    public TimeProvider Time(string name)
        => Services.GetKeyedService<TimeProvider>(name) ?? Services.GetRequiredService<TimeProvider>();

    private void Prepare(Request request, int ticks, CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            request.Cancellation = new CallCancellation(request, _messaging.WaitForCancellationAcknowledgement);
        }

        if (RequestContext.Snapshot is { } context)
        {
            request.Context = context.ToDictionary(pair => pair.Key, pair => MessageCopier.Copy(pair.Value));
        }

        if (request.IsFiltered && Instruments.Requests.Enabled)
        {
            request.Measure = new CallMeasure(Instruments.Requests, GrainTime);
        }

        request.ExpiresAt = (int)Math.Min(int.MaxValue, (long)CallClock.Now + ticks);
    }

    private void Post(GrainReference reference, Request request)
    {
        if (_status is not Status.Running)
        {
            CheckStatus(request);
        }

        if (reference.LastTarget is { } last && last.TryPost(request))
        {
            return;
        }

        ICallTarget target;
        do
        {
            target = Find(reference.GrainId, request);
        }
        while (!target.TryPost(request));
        reference.LastTarget = target;
    }

    private ICallTarget Find(GrainId grainId, Request request)
    {
        if (_targets.TryGetValue(grainId, out var target))
        {
            return target;
        }

        CheckStatus(request);
        if (ObserverTarget.IsObserver(grainId))
        {
            return new GoneObserver(this, grainId);
        }

        var grainClass = Classes.Get(grainId.Type);
        return _targets.GetOrAdd(
            grainId,
            static (id, at) => at.grainClass.MaxLocalWorkers > 0
                ? new StatelessPool(at.silo, at.grainClass, id)
                : new Activation(at.silo, at.grainClass, id),
            (silo: this, grainClass));
    }

    // While it stops, grains may still call each other, to bring what they began to an end.
    private void CheckStatus(Request request)
    {
        switch (_status)
        {
            case Status.NotStarted:
                throw new SiloUnavailableException($"silo '{Details.Name}' has not started yet");
            case Status.Stopped:
            case Status.Stopping when request.Source is null:
                throw new SiloUnavailableException($"silo '{Details.Name}' is stopping");
        }
    }
}
