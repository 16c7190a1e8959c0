namespace Pythia.Enclave.Host.Nodes;

/// <summary>
/// Bounds what the replies of all nodes together take of memory. A small one is free: each node has few calls under way. A long one is read and judged
/// alone, whichever node it comes from, so that one takes what all take; and of one node only one waits for that, so that a node which drips holds up
/// the others once, for its own reply time, and is then set aside.
/// </summary>
internal sealed class ReplyRoom(int most) : IDisposable
{
    /// <summary>Replies up to this length need no room: a proof of some slots, a header.</summary>
    public const int SmallBytes = 64 << 10;

    // The longest that pythia-enclave takes, and one byte.
    private const int MostKeptBytes = (4 << 20) + 1;

    private readonly SemaphoreSlim _long = new(1);
    private byte[] _buffer = [];

    /// <summary>Longest reply that is taken, in bytes.</summary>
    public int Most => most;

    /// <summary>Completes when a long reply may be read; dispose of what it gives when the reply is judged, and don't touch its buffer any more.</summary>
    public async Task<LongReply> EnterAsync(CancellationToken cancellationToken)
    {
        await _long.WaitAsync(cancellationToken);
        return new LongReply(this);
    }

    public void Dispose() => _long.Dispose();

    private void Leave(byte[] buffer)
    {
        // Used again for the next one: else each leaves megabytes to the collector, and there are many before it comes.
        _buffer = buffer.Length <= MostKeptBytes ? buffer : [];
        try
        {
            _long.Release();
        }
        catch (ObjectDisposedException)
        {
            // The enclave ended meanwhile: nobody waits.
        }
    }

    /// <summary>The one long reply that is under way.</summary>
    internal sealed class LongReply(ReplyRoom room) : IDisposable
    {
        private ReplyRoom? _room = room;

        /// <summary>What it is read into; grown by whoever reads.</summary>
        public byte[] Buffer { get; private set; } = room._buffer;

        /// <summary>Makes <see cref="Buffer"/> at least as long, with its first bytes kept.</summary>
        public void Grow(int length, int kept)
        {
            if (Buffer.Length >= length) return;

            var larger = new byte[length];
            Buffer.AsSpan(0, kept).CopyTo(larger);
            Buffer = larger;
        }

        public void Dispose() => Interlocked.Exchange(ref _room, null)?.Leave(Buffer);
    }
}
