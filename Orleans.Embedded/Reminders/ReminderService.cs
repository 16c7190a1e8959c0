using Microsoft.Extensions.Options;
using Orleans.CodeGeneration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Timers;
using Pythia.Embedded.References;

namespace Pythia.Embedded.Runtime;

/// <summary>Wakes grains at the times in the table. A tick that was missed while the silo was down is not made up for.</summary>
internal sealed class ReminderService(SiloRuntime silo, IReminderTable table, IOptions<ReminderOptions> options)
    : IReminderRegistry, ILifecycleParticipant<ISiloLifecycle>
{
    // A clock's timer takes no longer span at once.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);
    private readonly Lock _gate = new();
    private readonly Dictionary<(GrainId Grain, string Name), Scheduled> _scheduled = [];
    private bool _running;

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe<ReminderService>(ServiceLifecycleStage.RuntimeStorageServices, table.StartAsync, table.StopAsync);
        lifecycle.Subscribe<ReminderService>(ServiceLifecycleStage.Active, StartAsync, StopAsync);
    }

    public async Task<IGrainReminder> RegisterOrUpdateReminder(GrainId callingGrainId, string reminderName, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reminderName);
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        if (period < options.Value.MinimumReminderPeriod || period <= TimeSpan.Zero)
        {
            throw new ArgumentException(
                $"reminder '{reminderName}' of '{callingGrainId}': period {period} found, at least {options.Value.MinimumReminderPeriod} expected",
                nameof(period));
        }

        var entry = new ReminderEntry
        {
            GrainId = callingGrainId,
            ReminderName = reminderName,
            StartAt = silo.GrainTime.GetUtcNow().UtcDateTime + dueTime,
            Period = period,
        };
        entry.ETag = await table.UpsertRow(entry) ?? throw new ReminderException($"reminder '{reminderName}' of '{callingGrainId}' was not stored");
        Schedule(entry);
        return new Reminder(callingGrainId, reminderName, entry.ETag);
    }

    public async Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder)
    {
        var known = reminder as Reminder ?? throw new ArgumentException($"'{reminder?.GetType()}' found, expected a reminder of this silo", nameof(reminder));
        if (!await table.RemoveRow(known.Grain, known.ReminderName, known.Etag))
        {
            throw new ReminderException($"reminder '{known.ReminderName}' of '{known.Grain}' was not removed: it has changed since, or is gone");
        }

        lock (_gate)
        {
            if (_scheduled.Remove((known.Grain, known.ReminderName), out var scheduled))
            {
                scheduled.Dispose();
            }
        }
    }

    public async Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName)
        => await table.ReadRow(callingGrainId, reminderName) is { } row ? Reminder.Of(row) : null;

    public async Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId)
        => [.. (await table.ReadRows(callingGrainId)).Reminders.Select(Reminder.Of)];

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        _running = true;
        silo.Instruments.ObserveReminders(() =>
        {
            lock (_gate)
            {
                return _scheduled.Count;
            }
        });
        foreach (var row in (await table.ReadRows(0, 0)).Reminders)
        {
            Schedule(row);
        }
    }

    private Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _running = false;
            foreach (var scheduled in _scheduled.Values)
            {
                scheduled.Dispose();
            }

            _scheduled.Clear();
        }

        return Task.CompletedTask;
    }

    private void Schedule(ReminderEntry entry)
    {
        lock (_gate)
        {
            if (!_running)
            {
                return;
            }

            if (_scheduled.TryGetValue((entry.GrainId, entry.ReminderName), out var before))
            {
                before.Dispose();
            }

            _scheduled[(entry.GrainId, entry.ReminderName)] = new Scheduled(this, entry);
        }
    }

    private sealed record Reminder(GrainId Grain, string ReminderName, string Etag) : IGrainReminder
    {
        public static Reminder Of(ReminderEntry row) => new Reminder(row.GrainId, row.ReminderName, row.ETag!);
    }

    /// <summary>One reminder's clock. The next tick is armed when the last one has ended.</summary>
    private sealed class Scheduled : IDisposable
    {
        private readonly ReminderService _service;
        private readonly ReminderEntry _entry;
        private readonly ITimer _timer;
        private DateTime _due;
        private volatile bool _disposed;

        public Scheduled(ReminderService service, ReminderEntry entry)
        {
            _service = service;
            _entry = entry;
            _timer = Time.CreateTimer(static state => _ = ((Scheduled)state!).DueAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Arm();
        }

        private TimeProvider Time => _service.Silo.GrainTime;

        public void Dispose()
        {
            _disposed = true;
            _timer.Dispose();
        }

        private void Arm()
        {
            var now = Time.GetUtcNow().UtcDateTime;
            _due = _entry.StartAt;
            if (_due < now)
            {
                _due += _entry.Period * Math.Ceiling((now - _due) / _entry.Period);
            }

            Wait(_due - now);
        }

        private void Wait(TimeSpan left) => _timer.Change(left < LongestWait ? left : LongestWait, Timeout.InfiniteTimeSpan);

        private async Task DueAsync()
        {
            var now = Time.GetUtcNow().UtcDateTime;
            if (_disposed || now < _due)
            {
                if (!_disposed)
                {
                    Wait(_due - now);
                }

                return;
            }

            _service.Silo.Instruments.ReminderTicked(now - _due);
            try
            {
                var grain = (IRemindable)(object)_service.Silo.Factory.GetReference(typeof(IRemindable), _entry.GrainId);
                await grain.ReceiveReminder(_entry.ReminderName, new TickStatus(_entry.StartAt, _entry.Period, now));
            }
            catch (Exception exception)
            {
                _service.Silo.Log.ReminderFailed(_entry.ReminderName, _entry.GrainId.ToString(), exception);
            }

            if (!_disposed)
            {
                Arm();
            }
        }
    }

    private SiloRuntime Silo => silo;
}

/// <summary>The reference through which reminders are delivered.</summary>
internal sealed class RemindableReference(GrainReferenceShared shared, IdSpan key) : GeneratedReference(shared, key), IRemindable
{
    public Task ReceiveReminder(string reminderName, TickStatus status) => Send(new ReceiveRequest(reminderName, status));

    private sealed class ReceiveRequest(string reminderName, TickStatus status) : TaskRequest
    {
        private static readonly GrainMethod Receive = new(
            typeof(IRemindable), "Orleans.IRemindable", nameof(IRemindable.ReceiveReminder), [typeof(string), typeof(TickStatus)], InvokeMethodOptions.None, null);

        public override GrainMethod Method => Receive;

        public override int GetArgumentCount() => 2;

        public override object? GetArgument(int index) => index == 0 ? reminderName : status;

        protected override Task Call(object target) => ((IRemindable)target).ReceiveReminder(reminderName, status);
    }
}
