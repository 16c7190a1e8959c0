using Orleans.Runtime;
using Orleans.Statistics;

namespace Pythia.Embedded.Runtime;

/// <summary>This part ends activations that nobody needs: idle for long, on demand, or when memory runs short.</summary>
internal sealed partial class SiloRuntime
{
    private ITimer? _memoryClock;
    private int _shedding;

    /// <summary>Processor and memory of the process.</summary>
    public IEnvironmentStatisticsProvider Environment { get; }

    /// <summary>All activations, those of stateless workers too.</summary>
    public List<Activation> Activations()
    {
        var activations = new List<Activation>();
        foreach (var (_, target) in _targets)
        {
            activations.AddRange(ActivationsOf(target));
        }

        return activations;
    }

    /// <summary>The activations of one grain.</summary>
    public IEnumerable<Activation> Activations(GrainId grainId)
        => _targets.TryGetValue(grainId, out var target) ? ActivationsOf(target) : [];

    /// <summary>Ends what has been idle for so long, and waits for its end.</summary>
    public async Task CollectAsync(TimeSpan age)
    {
        Instruments.Collected();
        var now = Clock.Now;
        var ticks = age <= TimeSpan.Zero ? 0 : Clock.Ticks(age);
        var ended = Activations()
            .Where(activation => activation.MayBeShed(now) && activation.EndIfIdle(now - ticks, DeactivationReasonCode.ActivationIdle, "It was idle."))
            .ToList();
        await Task.WhenAll(ended.Select(activation => activation.Deactivated));
    }

    private static Activation[] ActivationsOf(ICallTarget target)
        => target switch
        {
            Activation activation => [activation],
            StatelessPool pool => pool.Workers(),
            _ => [],
        };

    private void CollectIdle(int now)
    {
        Instruments.Collected();
        foreach (var activation in Activations())
        {
            activation.CollectIfIdle(now);
        }
    }

    private void StartShedding()
    {
        if (Collection.EnableActivationSheddingOnMemoryPressure)
        {
            var period = Collection.MemoryUsagePollingPeriod;
            _memoryClock = ActivationTime.CreateTimer(static state => _ = ((SiloRuntime)state!).ShedAsync(), this, period, period);
        }
    }

    // One round at a time: what the round before ends must be gone before memory says anything new.
    private async Task ShedAsync()
    {
        if (Interlocked.Exchange(ref _shedding, 1) != 0)
        {
            return;
        }

        try
        {
            var memory = Environment.GetEnvironmentStatistics();
            var activations = Activations();
            var left = memory.MemoryUsagePercentage <= Collection.MemoryUsageLimitPercentage
                ? activations.Count
                : (int)(activations.Count * Collection.MemoryUsageTargetPercentage / memory.MemoryUsagePercentage);
            if (left < activations.Count)
            {
                await ShedAsync(activations, activations.Count - left, memory);
            }
        }
        catch (Exception exception)
        {
            Log.SheddingFailed(exception);
        }
        finally
        {
            Volatile.Write(ref _shedding, 0);
        }
    }

    private async Task ShedAsync(List<Activation> activations, int surplus, EnvironmentStatistics memory)
    {
        Instruments.Collected();
        var now = Clock.Now;
        var ended = activations.Where(activation => activation.MayBeShed(now))
            .OrderBy(activation => activation.IdleSince)
            .Where(activation => activation.EndIfIdle(now, DeactivationReasonCode.HighMemoryPressure, "Memory runs short."))
            .Take(surplus)
            .ToList();
        Log.Shed(ended.Count, activations.Count, memory.MemoryUsagePercentage, Collection.MemoryUsageLimitPercentage);
        await Task.WhenAll(ended.Select(activation => activation.Deactivated));
    }
}
