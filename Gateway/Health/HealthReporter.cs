using Microsoft.Extensions.Hosting;

namespace Pythia.Gateway.Health;

/// <summary>Asks every part how it is. What was found is told to all who ask within a second, so that many who ask cost no more than one;
/// that the host stops is told at once.</summary>
public sealed class HealthReporter(IEnumerable<IHealthPart> parts, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(1);

    private readonly IHealthPart[] _parts = [.. parts];
    private readonly Lock _gate = new();
    private Task<IReadOnlyList<HealthReason>>? _found;
    private long _foundAt;

    /// <summary>Everything that is wrong, worst first; empty if all is well.</summary>
    public async Task<IReadOnlyList<HealthReason>> FindAsync()
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            return [new(HealthCodes.Stopping, null, null, "the process was asked to stop")];
        if (!lifetime.ApplicationStarted.IsCancellationRequested)
            return [new(HealthCodes.Starting, null, null, "the process is starting")];

        return await Share();
    }

    private Task<IReadOnlyList<HealthReason>> Share()
    {
        lock (_gate)
        {
            if (_found is null || (_found.IsCompleted && time.GetElapsedTime(_foundAt) > Remembered))
            {
                _foundAt = time.GetTimestamp();
                _found = AskAllAsync();
            }

            return _found;
        }
    }

    private async Task<IReadOnlyList<HealthReason>> AskAllAsync()
    {
        var found = await Task.WhenAll(_parts.Select(AskAsync));
        return [.. found.SelectMany(f => f).OrderByDescending(r => r.Code.Level)];
    }

    private async Task<IReadOnlyList<HealthReason>> AskAsync(IHealthPart part)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            return await Task.Run(() => part.FindAsync(patience.Token).AsTask(), patience.Token).WaitAsync(patience.Token);
        }
        catch (Exception e)
        {
            var words = patience.IsCancellationRequested ? $"no word within {Patience.TotalSeconds:0} s" : e.Message;
            return [new(HealthCodes.PartSilent, null, part.Name, $"{part.Name}: {words}")];
        }
    }
}
