using System.Globalization;
using Orleans.Runtime;
using Pythia.Embedded.References;

namespace Pythia.Embedded.Runtime;

/// <summary>An object outside of grains that grains call: one call after the other, in the order they came. It is held weakly.</summary>
internal sealed class ObserverTarget : TurnScheduler, ICallTarget
{
    private static readonly GrainType ClientType = GrainType.Create("sys.client");
    private static long s_last;
    private readonly WeakReference<IGrainObserver> _object;
    private RequestList _waiting;
    private Request? _running;

    public ObserverTarget(SiloRuntime silo, IGrainObserver observer)
        : base(silo)
    {
        _object = new WeakReference<IGrainObserver>(observer);
        GrainId = GrainId.Create(ClientType, Interlocked.Increment(ref s_last).ToString(CultureInfo.InvariantCulture));
    }

    public override GrainId GrainId { get; }

    public override object? Instance => _object.TryGetTarget(out var observer) ? observer : null;

    public override string Name => GrainId.ToString();

    public static bool IsObserver(GrainId grainId) => grainId.Type == ClientType;

    public bool TryPost(Request request)
    {
        if (Instance is null)
        {
            Silo.Remove(this);
            return false;
        }

        bool wake;
        lock (Gate)
        {
            request.Target = this;
            request.IsWaiting = true;
            _waiting.Add(request);
            wake = _running is null && NeedsWaking();
        }

        if (wake)
        {
            Wake();
        }

        return true;
    }

    public void Expire(int tick)
    {
        if (Instance is null)
        {
            Silo.Remove(this);
        }

        List<Request>? expired = null;
        lock (Gate)
        {
            _waiting.FindExpired(tick, ref expired);
            if (_running is { } running && running.ExpiresAt <= tick && !running.IsAnswered)
            {
                (expired ??= []).Add(running);
            }
        }

        foreach (var request in expired ?? [])
        {
            Silo.Expire(request);
            Drop(request);
        }
    }

    public override void Ended(Request request)
    {
        lock (Gate)
        {
            _running = null;
            request.IsRunning = false;
        }
    }

    protected override Request? Next()
    {
        if (_running is not null || _waiting.First is not { } next)
        {
            return null;
        }

        _waiting.Remove(next);
        _running = next;
        next.IsWaiting = false;
        next.IsRunning = true;
        return next;
    }

    protected override void Remove(Request request) => _waiting.Remove(request);
}

/// <summary>Stands where an observer was: tells callers that wait, and drops what nobody waits for.</summary>
internal sealed class GoneObserver(SiloRuntime silo, GrainId observer) : ICallTarget
{
    public bool TryPost(Request request)
    {
        if (request.Method.IsOneWay)
        {
            silo.Log.ObserverGone(observer.ToString());
        }
        else
        {
            request.Fail(new ClientNotAvailableException(observer));
        }

        return true;
    }

    public void Expire(int tick)
    {
    }
}
