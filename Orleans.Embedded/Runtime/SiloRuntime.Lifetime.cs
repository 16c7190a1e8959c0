using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Pythia.Embedded.Diagnostics;

namespace Pythia.Embedded.Runtime;

/// <summary>This part starts and stops the silo.</summary>
internal sealed partial class SiloRuntime : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>Activations and observers that calls can reach at present.</summary>
    public IEnumerable<ICallTarget> Targets => _targets.Values;

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe<SiloRuntime>(ServiceLifecycleStage.RuntimeGrainServices, StartAsync, StopAsync);
        lifecycle.Subscribe<SiloRuntime>(ServiceLifecycleStage.GrainDeactivation, static _ => Task.CompletedTask, EndAllAsync);
    }

    /// <summary>Adds an observer under its own id.</summary>
    public void Add(ObserverTarget observer) => _targets[observer.GrainId] = observer;

    public void Remove(ObserverTarget observer)
        => _targets.TryRemove(KeyValuePair.Create<GrainId, ICallTarget>(observer.GrainId, observer));

    public void RemoveObserver(GrainId observer)
    {
        if (ObserverTarget.IsObserver(observer))
        {
            _targets.TryRemove(observer, out _);
        }
    }

    private Task StartAsync(CancellationToken cancellationToken)
    {
        IncomingFilters = [.. Services.GetServices<IIncomingGrainCallFilter>()];
        OutgoingFilters = [.. Services.GetServices<IOutgoingGrainCallFilter>()];
        _incomingFiltersThatAct = IncomingFilters.Any(filter => filter is not IncomingActivityFilter);
        _outgoingFiltersThatAct = OutgoingFilters.Any(filter => filter is not OutgoingActivityFilter);
        CallClock.Start(now =>
        {
            foreach (var (_, target) in _targets)
            {
                target.Expire(now);
            }
        });
        Clock.Start(CollectIdle);
        StartShedding();
        Instruments.Observe(() => Activations().Count, () => Activations().Count(activation => activation.UsedSince(Clock.Now - 1)));
        StartedAt = ActivationTime.GetUtcNow().UtcDateTime;
        _status = Status.Running;
        Log.Up(Details.Name, Classes.Count);
        return Task.CompletedTask;
    }

    /// <summary>Lets what grains have begun come to its end, and ends them. New calls from outside are refused.</summary>
    private async Task EndAllAsync(CancellationToken cancellationToken)
    {
        _status = Status.Stopping;
        var reason = new DeactivationReason(DeactivationReasonCode.ShuttingDown, "The silo stops.");
        while (Activations() is { Count: > 0 } left && !cancellationToken.IsCancellationRequested)
        {
            foreach (var activation in left)
            {
                activation.DeactivateWhenIdle(reason);
            }

            await Task.WhenAll(left.Select(activation => activation.Deactivated))
                .WaitAsync(cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task StopAsync(CancellationToken cancellationToken)
    {
        _status = Status.Stopped;
        CallClock.Dispose();
        Clock.Dispose();
        _memoryClock?.Dispose();
        if (Activations() is { Count: > 0 } left)
        {
            Log.StoppedEarly(left.Count);
        }

        // Nobody waits for an answer that will not come.
        foreach (var (_, target) in _targets)
        {
            target.Expire(int.MaxValue);
        }

        return Task.CompletedTask;
    }
}
