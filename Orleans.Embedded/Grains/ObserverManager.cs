using System.Collections;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Orleans.Utilities;

/// <summary>Observers by their own reference.</summary>
public class ObserverManager<TObserver>(TimeSpan expiration, ILogger log) : ObserverManager<IAddressable, TObserver>(expiration, log);

/// <summary>The observers of one grain. One that was not subscribed again within its time, or that fails, is forgotten at the next notification.</summary>
/// <remarks>For the turns of one activation. A notification goes to those that were there when it began.</remarks>
public partial class ObserverManager<TIdentity, TObserver> : IEnumerable<TObserver>
    where TIdentity : notnull
{
    private readonly ILogger _log;
    private ImmutableDictionary<TIdentity, Entry> _entries = ImmutableDictionary<TIdentity, Entry>.Empty;

    /// <param name="expiration">How long a subscription holds.</param>
    /// <param name="log">Told of observers that are forgotten.</param>
    public ObserverManager(TimeSpan expiration, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(log);
        ExpirationDuration = expiration;
        _log = log;
        GetDateTime = static () => TimeProvider.System.GetUtcNow().UtcDateTime;
    }

    /// <summary>The clock, UTC.</summary>
    public Func<DateTime> GetDateTime { get; set; }

    public TimeSpan ExpirationDuration { get; set; }

    public int Count => _entries.Count;

    public IReadOnlyDictionary<TIdentity, TObserver> Observers => _entries.ToDictionary(entry => entry.Key, entry => entry.Value.Observer);

    /// <summary>Adds an observer, or renews its time.</summary>
    public void Subscribe(TIdentity id, TObserver observer) => _entries = _entries.SetItem(id, new Entry(observer, GetDateTime()));

    public void Unsubscribe(TIdentity id) => _entries = _entries.Remove(id);

    public void Clear() => _entries = _entries.Clear();

    /// <summary>Forgets those whose time is over.</summary>
    public void ClearExpired()
    {
        var now = GetDateTime();
        Forget([.. _entries.Where(entry => IsExpired(entry.Value, now)).Select(entry => entry.Key)]);
    }

    /// <summary>Tells each one after the other, those that <paramref name="predicate"/> picks.</summary>
    public async Task Notify(Func<TObserver, Task> notification, Func<TObserver, bool>? predicate = null)
    {
        ClearExpired();
        var failed = new List<TIdentity>();
        foreach (var (id, entry) in _entries.Where(entry => predicate?.Invoke(entry.Value.Observer) ?? true))
        {
            try
            {
                await notification(entry.Observer);
            }
            catch (Exception exception)
            {
                LogFailed(id, exception);
                failed.Add(id);
            }
        }

        Forget(failed);
    }

    /// <inheritdoc cref="Notify(Func{TObserver, Task}, Func{TObserver, bool})"/>
    public void Notify(Action<TObserver> notification, Func<TObserver, bool>? predicate = null)
    {
        ClearExpired();
        var failed = new List<TIdentity>();
        foreach (var (id, entry) in _entries.Where(entry => predicate?.Invoke(entry.Value.Observer) ?? true))
        {
            try
            {
                notification(entry.Observer);
            }
            catch (Exception exception)
            {
                LogFailed(id, exception);
                failed.Add(id);
            }
        }

        Forget(failed);
    }

    public IEnumerator<TObserver> GetEnumerator() => _entries.Values.Select(entry => entry.Observer).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private bool IsExpired(Entry entry, DateTime now) => entry.LastSeen + ExpirationDuration < now;

    private void Forget(List<TIdentity> ids) => _entries = _entries.RemoveRange(ids);

    [LoggerMessage(EventId = 5013, Level = LogLevel.Debug, Message = "Observer {Observer} failed and is forgotten")]
    private partial void LogFailed(TIdentity observer, Exception exception);

    private sealed record Entry(TObserver Observer, DateTime LastSeen);
}
