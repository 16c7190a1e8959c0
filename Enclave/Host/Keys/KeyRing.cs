using Pythia.Ethereum;

namespace Pythia.Enclave.Host.Keys;

/// <summary>
/// The enclave's keys over time: 1. one generation signs for its lifetime, 2. an overlap before its end the next one is made, so that it can be
/// attested and announced, 3. at the end the next one signs and the old one is destroyed. One that was made late is announced for a whole overlap
/// all the same, and the old one signs until then. 4. Keys that are told to end do so with their own word, and others are in their place at once.
/// </summary>
/// <remarks>
/// Nothing is timed from outside: whoever uses the ring turns it. The clock is the process's own, so that a host which stops or hurries it has the
/// keys live longer or shorter; what a device trusts is the expiry in the passport, in the chain's time.
/// </remarks>
internal sealed class KeyRing : IDisposable
{
    /// <summary>Own words that are kept for who did not get them the first time; they are of no use to anybody but for ending what has ended.</summary>
    private const int MostEnded = 16;

    private readonly Queue<EndedKey> _ended = new();
    private readonly TimeSpan _lifetime;
    private readonly TimeSpan _overlap;
    private readonly TimeProvider _time;
    private readonly Action<KeyGeneration, KeyGeneration?> _turned;
    private readonly Lock _gate = new();
    private volatile KeyGeneration _current = new(1);
    private volatile KeyGeneration? _next;
    private ulong _made = 1;
    private long _currentEnds;
    private long _turnsAt;
    private bool _disposed;

    /// <param name="lifetime">That a generation signs.</param>
    /// <param name="overlap">That the next one is there before it signs; shorter than <paramref name="lifetime"/>.</param>
    /// <param name="time">Only its timestamps are used.</param>
    /// <param name="turned">Told of keys that were made and sign nothing yet, and of keys that sign now with those whose place they took.</param>
    public KeyRing(TimeSpan lifetime, TimeSpan overlap, TimeProvider time, Action<KeyGeneration, KeyGeneration?> turned)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(overlap, lifetime);
        (_lifetime, _overlap, _time, _turned) = (lifetime, overlap, time, turned);
        _currentEnds = time.GetTimestamp() + Ticks(lifetime);
        _turnsAt = _currentEnds - Ticks(overlap);
    }

    /// <summary>The generation that signs now.</summary>
    public KeyGeneration Current
    {
        get
        {
            Turn();
            return _current;
        }
    }

    /// <summary>Makes, hands over and destroys what is due. Costs one look at the clock when nothing is.</summary>
    public void Turn()
    {
        if (_time.GetTimestamp() < Volatile.Read(ref _turnsAt)) return;

        KeyGeneration made;
        KeyGeneration? ended;
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            if (_disposed || now < _turnsAt) return;

            (made, ended) = _next is { } next ? HandOver(next, now) : Announce(now);
        }

        ended?.Dispose();
        _turned(made, ended);
    }

    /// <summary>What others may know of the keys, with the times that are left.</summary>
    public (EnclaveKeys Current, EnclaveKeys? Next) Describe()
    {
        Turn();
        lock (_gate)
        {
            var left = TimeSpan.FromTicks(Math.Max(0, (long)((_currentEnds - _time.GetTimestamp()) / (double)_time.TimestampFrequency * TimeSpan.TicksPerSecond)));
            return (Public(_current, TimeSpan.Zero, left), _next is { } next ? Public(next, left, left + _lifetime) : null);
        }
    }

    /// <summary>The generation with that key id, current or next; the current one for an empty id; null for another.</summary>
    public KeyGeneration? Find(ReadOnlySpan<byte> keyId)
    {
        Turn();
        lock (_gate)
        {
            if (keyId.IsEmpty || keyId.SequenceEqual(_current.Signer.KeyId)) return _current;

            return _next is { } next && keyId.SequenceEqual(next.Signer.KeyId) ? next : null;
        }
    }

    /// <summary>Ends the keys with that id by their own word: they sign nothing after it. Whoever asks again gets the same word.</summary>
    /// <param name="keyId">Of the current or the next keys: 8 bytes. Never "the current ones", or asking twice would end two.</param>
    /// <param name="chainId">Of the registry.</param>
    /// <param name="registry">PythiaRegistry.</param>
    /// <returns>Null for keys that are gone otherwise, or never were.</returns>
    public EndedKey? Revoke(ReadOnlySpan<byte> keyId, ulong chainId, Address registry)
    {
        Turn();
        lock (_gate)
        {
            foreach (var known in _ended)
            {
                if (keyId.SequenceEqual(known.KeyId)) return known;
            }

            if (_disposed || Replace(keyId) is not { } keys) return null;

            using (keys)
            {
                if (keys.Signer.EndWithOwnRevocation(chainId, registry) is not { } signature) return null;

                var ended = new EndedKey(keys.Number, keys.Signer.KeyId, keys.Signer.PublicKey, signature);
                if (_ended.Count == MostEnded) _ended.Dequeue();
                _ended.Enqueue(ended);
                return ended;
            }
        }
    }

    /// <summary>Destroys all keys.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _current.Dispose();
            _next?.Dispose();
        }
    }

    // 2.
    private (KeyGeneration Made, KeyGeneration? Ended) Announce(long now)
    {
        _next = Make();
        _currentEnds = Math.Max(_currentEnds, now + Ticks(_overlap));
        Volatile.Write(ref _turnsAt, _currentEnds);
        return (_next, null);
    }

    // 3.
    private (KeyGeneration Made, KeyGeneration? Ended) HandOver(KeyGeneration next, long now)
    {
        var ended = _current;
        (_current, _next) = (next, null);
        _currentEnds = now + Ticks(_lifetime);
        Volatile.Write(ref _turnsAt, _currentEnds - Ticks(_overlap));
        return (next, ended);
    }

    // 4. What was announced signs sooner than announced; what was to be announced is announced for a whole overlap again.
    private KeyGeneration? Replace(ReadOnlySpan<byte> keyId)
    {
        var now = _time.GetTimestamp();
        if (keyId.SequenceEqual(_current.Signer.KeyId)) return HandOver(_next ?? Make(), now).Ended;
        if (_next is not { } next || !keyId.SequenceEqual(next.Signer.KeyId)) return null;

        Announce(now);
        return next;
    }

    private KeyGeneration Make() => new(++_made);

    private static EnclaveKeys Public(KeyGeneration keys, TimeSpan signsIn, TimeSpan endsIn)
        => new(keys.Number, keys.Signer.PublicKey, keys.AgreementKey, keys.Signer.KeyId, signsIn, endsIn);

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);
}
