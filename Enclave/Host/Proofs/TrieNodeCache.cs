using System.Collections.Concurrent;
using Pythia.Enclave.Verifier.Tries;
using Pythia.Ethereum;

namespace Pythia.Enclave.Host.Proofs;

/// <summary>
/// Trie nodes of verified proofs by their hash, kept across heads under a cap in bytes. The hash is computed here, so that nothing can be
/// filed under a wrong one. When the cap is reached, the oldest that was not used since the hand last passed goes first (CLOCK).
/// </summary>
internal sealed class TrieNodeCache(long capBytes)
{
    /// <summary>Rough cost of an entry beside its bytes: hash, dictionary and queue entry, object headers.</summary>
    public const int OverheadBytes = 176;

    private readonly ConcurrentDictionary<Hash32, Entry> _nodes = new();
    private readonly Queue<Hash32> _hand = new();
    private readonly Lock _gate = new();
    private long _bytes;

    public int Count => _nodes.Count;

    /// <summary>Nodes and their overhead.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public void Add(ReadOnlyMemory<byte> node)
    {
        var hash = Keccak256.HashData(node.Span);
        lock (_gate)
        {
            if (!_nodes.TryAdd(hash, new Entry(node.ToArray())))
            {
                return;
            }

            _hand.Enqueue(hash);
            _bytes += node.Length + OverheadBytes;
            while (_bytes > capBytes && _hand.TryDequeue(out var oldest))
            {
                Pass(oldest);
            }
        }
    }

    public bool TryGet(scoped in Hash32 hash, out ReadOnlySpan<byte> node)
    {
        if (!_nodes.TryGetValue(hash, out var entry))
        {
            node = default;
            return false;
        }

        entry.Used = true;
        node = entry.Node;
        return true;
    }

    private void Pass(Hash32 hash)
    {
        var entry = _nodes[hash];
        if (entry.Used)
        {
            entry.Used = false;
            _hand.Enqueue(hash);
        }
        else if (_nodes.TryRemove(hash, out _))
        {
            _bytes -= entry.Node.Length + OverheadBytes;
        }
    }

    private sealed class Entry(byte[] node)
    {
        public byte[] Node { get; } = node;

        public bool Used { get; set; }
    }
}

/// <summary>The cache as a walk sees it.</summary>
internal readonly struct CachedNodes(TrieNodeCache cache) : ITrieNodes
{
    public bool TryGet(scoped in Hash32 hash, out ReadOnlySpan<byte> node) => cache.TryGet(hash, out node);
}
