using System.Diagnostics.Metrics;

namespace Pythia.Embedded.Diagnostics;

/// <summary>Meter <c>Microsoft.Orleans</c> with the instruments of Orleans' own names that mean something for one silo.</summary>
/// <remarks>Nothing is measured for an instrument that nobody listens to.</remarks>
internal sealed class SiloInstruments
{
    private static readonly string[] StorageOperations = ["read", "write", "clear"];
    private readonly Counter<long> _timedOut;
    private readonly Counter<long> _canceled;
    private readonly Counter<int> _expired;
    private readonly Counter<int> _rejected;
    private readonly Counter<int> _created;
    private readonly Counter<int> _destroyed;
    private readonly Counter<int> _failedToActivate;
    private readonly Counter<int> _collections;
    private readonly Counter<int> _shutdown;
    private readonly UpDownCounter<int> _grains;
    private readonly Histogram<double> _activationMs;
    private readonly Histogram<double> _deactivationMs;
    private readonly Histogram<double> _tardinessSeconds;
    private readonly Counter<int> _ticksDelivered;
    private readonly Dictionary<string, (Histogram<double> Latency, Counter<int> Errors)> _storage;

    public SiloInstruments(IMeterFactory meters)
    {
        Meter = meters.Create("Microsoft.Orleans");
        Requests = new RequestHistogram(Meter);
        _timedOut = Meter.CreateCounter<long>("orleans-app-requests-timedout");
        _canceled = Meter.CreateCounter<long>("orleans-app-requests-canceled");
        _expired = Meter.CreateCounter<int>("orleans-messaging-expired");
        _rejected = Meter.CreateCounter<int>("orleans-messaging-rejected");
        _created = Meter.CreateCounter<int>("orleans-catalog-activation-created");
        _destroyed = Meter.CreateCounter<int>("orleans-catalog-activation-destroyed");
        _failedToActivate = Meter.CreateCounter<int>("orleans-catalog-activation-failed-to-activate");
        _collections = Meter.CreateCounter<int>("orleans-catalog-activation-collections");
        _shutdown = Meter.CreateCounter<int>("orleans-catalog-activation-shutdown");
        _grains = Meter.CreateUpDownCounter<int>("orleans-grains");
        _activationMs = Meter.CreateHistogram<double>("orleans-catalog-activation-latency", "ms");
        _deactivationMs = Meter.CreateHistogram<double>("orleans-catalog-deactivation-latency", "ms");
        _tardinessSeconds = Meter.CreateHistogram<double>("orleans-reminders-tardiness", "seconds");
        _ticksDelivered = Meter.CreateCounter<int>("orleans-reminders-ticks-delivered");
        _storage = StorageOperations.ToDictionary(
            operation => operation,
            operation => (Meter.CreateHistogram<double>($"orleans-storage-{operation}-latency", "ms"), Meter.CreateCounter<int>($"orleans-storage-{operation}-errors")));
    }

    public Meter Meter { get; }

    /// <summary>How long callers waited.</summary>
    public RequestHistogram Requests { get; }

    /// <summary>Numbers that are asked for.</summary>
    public void Observe(Func<int> activations, Func<int> workingSet)
    {
        Meter.CreateObservableGauge("orleans-catalog-activations", activations);
        Meter.CreateObservableGauge("orleans-catalog-activation-working-set", workingSet);
    }

    public void ObserveReminders(Func<int> active) => Meter.CreateObservableGauge("orleans-reminders-active", active);

    public void TimedOut(string grainType) => _timedOut.Add(1, new KeyValuePair<string, object?>("grain_type", grainType));

    public void Canceled(string grainType) => _canceled.Add(1, new KeyValuePair<string, object?>("grain_type", grainType));

    /// <summary>A call was not begun, since its caller had gone.</summary>
    public void Expired() => _expired.Add(1, new KeyValuePair<string, object?>("Phase", "Invoke"));

    public void Rejected() => _rejected.Add(1, new KeyValuePair<string, object?>("Direction", "Request"));

    public void Created(string grainClass)
    {
        _created.Add(1);
        _grains.Add(1, new KeyValuePair<string, object?>("type", grainClass));
    }

    /// <summary>An activation is gone.</summary>
    public void Ended(string grainClass, TimeSpan took, DeactivationReasonCode reason, bool wasCreated)
    {
        var via = reason switch
        {
            DeactivationReasonCode.ActivationIdle or DeactivationReasonCode.HighMemoryPressure => "collection",
            DeactivationReasonCode.ApplicationRequested => "deactivateOnIdle",
            DeactivationReasonCode.Migrating => "migration",
            _ => null,
        };
        if (via is not null)
        {
            _shutdown.Add(1, new KeyValuePair<string, object?>("via", via));
        }

        _deactivationMs.Record(took.TotalMilliseconds, new KeyValuePair<string, object?>("via", via ?? "unknown"));
        if (wasCreated)
        {
            _destroyed.Add(1);
            _grains.Add(-1, new KeyValuePair<string, object?>("type", grainClass));
        }
    }

    public void FailedToActivate() => _failedToActivate.Add(1);

    public void Collected() => _collections.Add(1);

    public void Activated(TimeSpan took, string status)
        => _activationMs.Record(
            took.TotalMilliseconds, new KeyValuePair<string, object?>("status", status), new KeyValuePair<string, object?>("directory", "disabled"));

    public void ReminderTicked(TimeSpan late)
    {
        _ticksDelivered.Add(1);
        _tardinessSeconds.Record(Math.Max(0, late.TotalSeconds));
    }

    /// <param name="operation">read, write or clear.</param>
    /// <param name="took">Until the store answered.</param>
    /// <param name="failed">Whether it answered with an error.</param>
    /// <param name="store">The store's class.</param>
    /// <param name="state">The state's name.</param>
    /// <param name="type">The state's class.</param>
    public void Stored(string operation, TimeSpan took, bool failed, string store, string state, string type)
    {
        var (latency, errors) = _storage[operation];
        if (!latency.Enabled && !errors.Enabled)
        {
            return;
        }

        KeyValuePair<string, object?>[] tags = [new("provider_type_name", store), new("state_name", state), new("state_type", type)];
        if (failed)
        {
            errors.Add(1, tags);
        }
        else
        {
            latency.Record(took.TotalMilliseconds, tags);
        }
    }
}
