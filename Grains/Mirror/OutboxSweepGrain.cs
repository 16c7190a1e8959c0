using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Pythia.Grains.Storage;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Mirror;

/// <summary>Remembers who may have something unsent, and wakes them. Reentrant, since those it wakes note and clear themselves here.</summary>
[GrainType("outbox-sweep"), Reentrant]
public sealed partial class OutboxSweepGrain(
    [PersistentState("sweep", GrainStorage.Name)] IPersistentState<SweepState> sweep,
    ILogger<OutboxSweepGrain> logger) : Grain, IOutboxSweepGrain, IRemindable
{
    /// <summary>Buckets of a chain.</summary>
    public const int Buckets = 64;

    private const string ReminderName = "sweep";
    private const int WokenAtOnce = 16;

    private StateWriter<SweepState> _state = null!;
    private Task? _reminded;

    /// <summary>The bucket of a subject: stable, since subjects are noted across restarts.</summary>
    public static string KeyOf(ulong chainId, IntentSubject subject)
        => GrainKeys.Of(chainId, (StableHash.Of(subject.Key) % Buckets).ToString());

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _state = new(sweep, DeactivateOnIdle);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task NoteAsync(IntentSubject subject)
    {
        await EnsureReminderAsync();
        await _state.ApplyAsync(s => s.Subjects.Contains(subject) ? s : s with { Subjects = s.Subjects.Add(subject) });
    }

    /// <inheritdoc/>
    public Task ClearAsync(IntentSubject subject)
        => _state.ApplyAsync(s => s.Subjects.Contains(subject) ? s with { Subjects = s.Subjects.Remove(subject) } : s);

    /// <inheritdoc/>
    public async Task<int> SweepAsync()
    {
        var subjects = _state.Current.Subjects;
        await Bounded.ForEachAsync(subjects, WokenAtOnce, WakeAsync);
        return subjects.Count;
    }

    /// <inheritdoc/>
    public Task ReceiveReminder(string reminderName, TickStatus status) => SweepAsync();

    // One that can't be woken now is woken at the next reminder; the others must not wait for it.
    private async Task WakeAsync(IntentSubject subject)
    {
        try
        {
            await GrainFactory.GetSubject(subject).FlushAsync();
        }
        catch (Exception e)
        {
            LogNotWoken(subject.Key, e);
        }
    }

    private Task EnsureReminderAsync()
    {
        if (_reminded is null or { IsFaulted: true } or { IsCanceled: true })
        {
            _reminded = this.RegisterOrUpdateReminder(ReminderName, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        }

        return _reminded;
    }

    [LoggerMessage(EventId = 4101, Level = LogLevel.Warning, Message = "Subject {Subject} could not be woken")]
    private partial void LogNotWoken(string subject, Exception exception);
}
