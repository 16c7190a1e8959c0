using Orleans.Core.Internal;
using Pythia.Embedded.Runtime;

namespace Orleans.Runtime;

/// <summary>Values that travel along with calls, from caller to callee and not back.</summary>
/// <remarks>A change makes a new dictionary, so one that a call took along never changes.</remarks>
public static class RequestContext
{
    private const string ReentrancyKey = "#CCR";
    private static readonly AsyncLocal<Dictionary<string, object>?> Values = new();

    /// <summary>The call chain that activations in a reentrant section let back in; empty if there is none.</summary>
    public static Guid ReentrancyId
    {
        get => ReentrancyIdOf(Snapshot);
        set
        {
            if (value == Guid.Empty)
            {
                Remove(ReentrancyKey);
            }
            else
            {
                Set(ReentrancyKey, value);
            }
        }
    }

    public static IEnumerable<string> Keys => Snapshot?.Keys ?? Enumerable.Empty<string>();

    public static IEnumerable<KeyValuePair<string, object>> Entries => Snapshot ?? Enumerable.Empty<KeyValuePair<string, object>>();

    /// <summary>What a call takes along: never changed, null if empty.</summary>
    internal static Dictionary<string, object>? Snapshot
    {
        get => Values.Value;
        set
        {
            if (!ReferenceEquals(Values.Value, value))
            {
                Values.Value = value;
            }
        }
    }

    /// <summary>The value of this name, or null.</summary>
    public static object? Get(string key) => Snapshot is { } values && values.TryGetValue(key, out var value) ? value : null;

    public static void Set(string key, object value)
        => Snapshot = new Dictionary<string, object>(Entries) { [key] = value };

    /// <returns>Whether the value was there.</returns>
    public static bool Remove(string key)
    {
        if (Snapshot is not { } values || !values.ContainsKey(key))
        {
            return false;
        }

        Snapshot = values.Count == 1 ? null : new Dictionary<string, object>(values.Where(pair => pair.Key != key));
        return true;
    }

    public static void Clear() => Snapshot = null;

    /// <summary>Until disposed, calls that come back to this activation along this call chain are let in.</summary>
    public static ReentrancySection AllowCallChainReentrancy()
    {
        var outer = ReentrancyId;
        return new ReentrancySection(outer, outer == Guid.Empty ? RandomIds.NewGuid() : outer);
    }

    /// <summary>Until disposed, calls that come back along this call chain wait as any others.</summary>
    public static ReentrancySection SuppressCallChainReentrancy() => new(ReentrancyId, Guid.Empty);

    internal static Guid ReentrancyIdOf(Dictionary<string, object>? values)
        => values is not null && values.TryGetValue(ReentrancyKey, out var id) ? (Guid)id : Guid.Empty;

    /// <summary>Ends what it was made for when disposed.</summary>
    public readonly struct ReentrancySection : IDisposable
    {
        private readonly Guid _outer;
        private readonly Guid _inner;

        public ReentrancySection(Guid originalReentrancyId, Guid newReentrancyId)
        {
            _outer = originalReentrancyId;
            _inner = newReentrancyId;
            if (_inner != _outer)
            {
                ReentrancyId = _inner;
            }

            if (_inner != Guid.Empty)
            {
                (GrainContexts.Current as ICallChainReentrantGrainContext)?.OnEnterReentrantSection(_inner);
            }
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            if (_inner != Guid.Empty)
            {
                (GrainContexts.Current as ICallChainReentrantGrainContext)?.OnExitReentrantSection(_inner);
            }

            if (_inner != _outer)
            {
                ReentrancyId = _outer;
            }
        }
    }
}
