using Orleans.CodeGeneration;
using Orleans.Runtime;
using Orleans.Timers;
using Pythia.Embedded.References;

namespace Pythia.Embedded.Runtime;

/// <summary>A timer whose ticks are calls to its own activation. The next period begins when a tick has ended.</summary>
internal abstract class GrainTimer : IGrainTimer
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);
    private readonly Activation _activation;
    private readonly CancellationTokenSource _disposal = new();
    private readonly ITimer _timer;
    private TimeSpan _period;
    private volatile bool _changed;
    private volatile bool _disposed;

    protected GrainTimer(Activation activation, GrainTimerCreationOptions options)
    {
        Check(options.DueTime, nameof(options.DueTime));
        Check(options.Period, nameof(options.Period));
        _activation = activation;
        Options = options;
        _period = options.Period;
        _timer = activation.Silo.GrainTime.CreateTimer(
            static state => ((GrainTimer)state!).Due(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        activation.Add(this);
        if (!_disposed)
        {
            _timer.Change(options.DueTime, Timeout.InfiniteTimeSpan);
        }
    }

    public GrainTimerCreationOptions Options { get; }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        Check(dueTime, nameof(dueTime));
        Check(period, nameof(period));
        _period = period;
        _changed = true;
        _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _timer.Dispose();
        _activation.Remove(this);
        _disposal.Cancel();
    }

    /// <summary>One tick, in the activation's turn.</summary>
    public async Task TickAsync()
    {
        if (_disposed)
        {
            return;
        }

        _changed = false;
        try
        {
            await CallBackAsync(_disposal.Token);
        }
        catch (Exception exception) when (exception is not Orleans.Storage.InconsistentStateException)
        {
            if (!_disposed || exception is not OperationCanceledException)
            {
                _activation.Silo.Log.TimerFailed(_activation.Name, exception);
            }
        }

        if (!_disposed && !_changed)
        {
            _timer.Change(_period, Timeout.InfiniteTimeSpan);
        }
    }

    protected abstract Task CallBackAsync(CancellationToken cancellationToken);

    private static void Check(TimeSpan time, string name)
    {
        if (time != Timeout.InfiniteTimeSpan && (time < TimeSpan.Zero || time > Longest))
        {
            throw new ArgumentOutOfRangeException(name, time, $"expected 0 to {Longest}, or infinite");
        }
    }

    private void Due()
    {
        var tick = new TickRequest(this) { Interleaves = Options.Interleave };
        if (!_disposed && !_activation.TryPost(tick))
        {
            Dispose();
        }
    }

    private sealed class TickRequest(GrainTimer timer) : TaskRequest
    {
        private static readonly GrainMethod Tick =
            new(typeof(IGrainTimer), "Orleans.Runtime.IGrainTimer", nameof(Tick), [], InvokeMethodOptions.OneWay, null);

        public override GrainMethod Method => Tick;

        internal override bool IsFiltered => false;

        internal override bool KeepsAlive => timer.Options.KeepAlive;

        internal override bool OutlivesActivation => false;

        protected override Task Call(object target) => timer.TickAsync();
    }
}

/// <summary>A timer with a state of its own.</summary>
internal sealed class GrainTimer<TState>(
    Activation activation, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
    : GrainTimer(activation, options)
{
    protected override Task CallBackAsync(CancellationToken cancellationToken) => callback(state, cancellationToken);
}

/// <summary>Makes timers.</summary>
internal sealed class TimerRegistry : ITimerRegistry
{
    public IDisposable RegisterTimer(IGrainContext grainContext, Func<object?, Task> callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return RegisterGrainTimer(
            grainContext, static (both, _) => both.callback(both.state), (callback, state), new(dueTime, period) { Interleave = true });
    }

    public IGrainTimer RegisterGrainTimer<TState>(
        IGrainContext grainContext, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
        => new GrainTimer<TState>((Activation)grainContext, callback, state, options);
}
