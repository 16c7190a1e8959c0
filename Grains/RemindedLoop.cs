using System.Diagnostics;

namespace Pythia.Grains;

/// <summary>A grain's own work that never ends: begun by a call, begun again by a reminder where it or its silo died, ended with the
/// activation. Used inside the grain's turns only.</summary>
/// <param name="remind">Registers the grain's reminder.</param>
/// <param name="run">The work, until it is cancelled.</param>
internal sealed class RemindedLoop(Func<Task> remind, Func<CancellationToken, Task> run) : IDisposable
{
    /// <summary>From reminder to reminder.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stopping = new();
    private Task? _running;
    private Task? _reminded;

    public bool IsStopping => _stopping.IsCancellationRequested;

    /// <summary>Sees that the reminder is registered and the work goes on; may be called at any time.</summary>
    public async Task StartAsync()
    {
        if (_reminded is null or { IsFaulted: true } or { IsCanceled: true })
        {
            _reminded = remind();
        }

        await _reminded;
        if (_running is null or { IsCompleted: true } && !IsStopping)
        {
            // The work belongs to no caller: neither to the trace nor to the context of whoever happened to begin it.
            Activity.Current = null;
            RequestContext.Clear();
            _running = run(_stopping.Token);
        }
    }

    /// <summary>Cancels the work and waits until it has ended, or until <paramref name="cancellationToken"/>.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        if (_running is not null)
        {
            await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    public void Dispose() => _stopping.Dispose();
}
