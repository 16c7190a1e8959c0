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

    private readonly HashSet<SweepNote> _cleared = [];
    private StateWriter<SweepState> _state = null!;
    private Task<int>? _sweeping;
    private Task? _reminded;

    /// <summary>The bucket of a subject: stable, since subjects are noted across restarts.</summary>
    public static string KeyOf(ulong chainId, IntentSubject subject)
        => GrainKeys.Of(chainId, (BucketHash.Of(subject.Key) % Buckets).ToString());

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _state = new(sweep, DeactivateOnIdle);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<long> NoteAsync(IntentSubject subject)
    {
        // Always a write: what this activation knows to be noted, another one may have cleared.
        await EnsureReminderAsync();
        var number = 0L;
        await _state.ApplyAsync(s =>
        {
            var noted = s.Without(_cleared).With(subject);
            number = noted.LastNumber;
            return noted;
        });
        _cleared.IntersectWith(_state.Current.Notes);
        return number;
    }

    /// <inheritdoc/>
    public Task ClearAsync(IntentSubject subject, long number)
    {
        // Stored with the next note: one that is noted without need is woken without need, and nothing else.
        var note = new SweepNote(subject, number);
        if (_state.Current.Notes.Contains(note))
        {
            _cleared.Add(note);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<int> SweepAsync() => _sweeping is { IsCompleted: false } ? _sweeping : _sweeping = SweepAllAsync();

    /// <inheritdoc/>
    public Task ReceiveReminder(string reminderName, TickStatus status) => SweepAsync();

    private async Task<int> SweepAllAsync()
    {
        // Every bucket is looked at again, noted in or not: notes of an activation that was taken for dead and went on are in storage only.
        await EnsureReminderAsync();
        await _state.RefreshAsync();
        await ForgetAsync();
        var notes = _state.Current.Notes;
        await Bounded.ForEachAsync(notes, WokenAtOnce, WakeAsync);
        await ForgetAsync();
        return notes.Length;
    }

    // What is cleared is decided when it is written, by the number: one that was noted again meanwhile stays.
    private async Task ForgetAsync()
    {
        try
        {
            await _state.ApplyAsync(s => s.Without(_cleared));
            _cleared.IntersectWith(_state.Current.Notes);
        }
        catch (Exception e)
        {
            LogNotForgotten(_cleared.Count, e);
        }
    }

    // One that can't be woken now is woken at the next reminder; the others must not wait for it.
    private async Task WakeAsync(SweepNote note)
    {
        try
        {
            if (note.Subject.Kind is not SubjectKind.Intent)
            {
                await GrainFactory.GetSubject(note.Subject).FlushAsync(note.Number);
            }
            else if (!await GrainFactory.GetGrain<IIntentGrain>(note.Subject.Key).ResumeAsync())
            {
                await ClearAsync(note.Subject, note.Number);
            }
        }
        catch (Exception e)
        {
            LogNotWoken(note.Subject.Kind, e);
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

    [LoggerMessage(EventId = 4101, Level = LogLevel.Warning, Message = "A {Kind} could not be woken; the next reminder tries again")]
    private partial void LogNotWoken(SubjectKind kind, Exception exception);

    [LoggerMessage(EventId = 4102, Level = LogLevel.Warning, Message = "A sweep could not store that {Count} subjects are settled; they are woken once more")]
    private partial void LogNotForgotten(int count, Exception exception);
}
