using System.Collections.Concurrent;

namespace Pythia.Enclave.Host.Heads;

/// <summary>
/// Signed answers to questions without a nonce, under one head: whoever asks the same again gets the same bytes, for the price of a look-up.
/// They go with their head and with the keys that signed them, so that nothing older than the newest verified head is ever given out of here, and
/// nothing signed by a key that has ended.
/// </summary>
/// <param name="generation">Of the keys that signed them.</param>
internal sealed class StoredAnswers(ulong generation)
{
    /// <summary>Questions kept for a head, about 500 bytes each. Who asks more than that is answered and not remembered.</summary>
    public const int Most = 4_096;

    private readonly ConcurrentDictionary<ReadOnlyMemory<byte>, byte[]> _answers = new(BytesComparer.Instance);
    private int _count;

    public ulong Generation { get; } = generation;

    public bool TryGet(ReadOnlyMemory<byte> question, out byte[] answer) => _answers.TryGetValue(question, out answer!);

    /// <param name="question">Deterministic CBOR; not changed any more.</param>
    /// <param name="answer">COSE_Sign1 bytes; not changed any more.</param>
    public void Add(ReadOnlyMemory<byte> question, byte[] answer)
    {
        // Those who come at the same time may overshoot by as many as they are.
        if (Volatile.Read(ref _count) < Most && _answers.TryAdd(question, answer))
        {
            Interlocked.Increment(ref _count);
        }
    }

    private sealed class BytesComparer : IEqualityComparer<ReadOnlyMemory<byte>>
    {
        public static readonly BytesComparer Instance = new();

        public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

        // Seeded anew in each process: questions come from strangers.
        public int GetHashCode(ReadOnlyMemory<byte> bytes)
        {
            var hash = default(HashCode);
            hash.AddBytes(bytes.Span);
            return hash.ToHashCode();
        }
    }
}
