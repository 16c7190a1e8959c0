using System.Collections.Immutable;
using System.Numerics;
using Pythia.Contracts.Registries;

namespace Pythia.Grains.Mirror;

/// <summary>What a lane holds in memory: intents that wait, oldest first, and transactions under way. Each step costs the same however much waits.</summary>
/// <remarks>Nothing here is the only copy: see docs/decisions/025.</remarks>
internal sealed class LaneBook
{
    private readonly Dictionary<string, LaneItem> _items = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Target, string Signer, string Nonce), LaneItem> _byNonce = [];
    private readonly LinkedList<LaneItem> _waiting = [];
    private readonly SortedDictionary<ulong, LaneBatch> _batches = [];

    public bool IsEmpty => _items.Count == 0 && _batches.Count == 0;

    /// <summary>Intents in no transaction, oldest first.</summary>
    public IReadOnlyCollection<LaneItem> Waiting => _waiting;

    /// <summary>Intents in transactions.</summary>
    public int UnderWay => _items.Count - _waiting.Count;

    /// <summary>All intents, in no order.</summary>
    public IReadOnlyCollection<LaneItem> Items => _items.Values;

    /// <summary>Transactions whose nonce is reserved, by nonce.</summary>
    public IReadOnlyCollection<LaneBatch> Batches => _batches.Values;

    public IReadOnlyCollection<ulong> Nonces => _batches.Keys;

    public LaneItem? Find(string digest) => _items.GetValueOrDefault(digest);

    public LaneItem? FindByNonce(string target, string signer, string nonce) => _byNonce.GetValueOrDefault((target, signer, nonce));

    /// <summary>The intent that has to be carried out before this one, by the order of the nonces of one key (192 bits key, 64 bits sequence);
    /// null if it is not here.</summary>
    public LaneItem? FindBefore(LaneItem item) => FindBeside(item.Intent, -1);

    /// <summary>The intent that had to wait for this one; null if it is not here.</summary>
    public LaneItem? FindAfter(QueuedIntent intent) => FindBeside(intent, 1);

    public LaneBatch? Batch(ulong nonce) => _batches.GetValueOrDefault(nonce);

    /// <summary>An intent waits, behind the others; one that is there already stays where it is.</summary>
    public void Add(string digest, QueuedIntent intent)
    {
        if (!_items.ContainsKey(digest))
        {
            var item = new LaneItem(digest, intent);
            Register(item);
            item.Waits = _waiting.AddLast(item);
        }
    }

    /// <summary>Takes an intent out, wherever it is.</summary>
    public void Remove(string digest)
    {
        if (_items.Remove(digest, out var item))
        {
            var key = KeyOf(item.Intent);
            if (_byNonce.GetValueOrDefault(key) == item)
            {
                _byNonce.Remove(key);
            }

            Leave(item);
        }
    }

    /// <summary>A nonce is reserved for items that wait.</summary>
    public LaneBatch Reserve(ulong nonce, IReadOnlyCollection<LaneItem> items)
    {
        var batch = new LaneBatch(nonce, [.. items.Select(i => i.Digest)]);
        _batches.Add(nonce, batch);
        Take(batch, items);
        return batch;
    }

    /// <summary>A transaction was found stored: it takes the nonce, and its intents from wherever they are.</summary>
    /// <param name="open">Those without an outcome.</param>
    public LaneBatch Adopt(ulong nonce, StoredBatch attempt, long sentUnixMs, IReadOnlyCollection<(string Digest, QueuedIntent Intent)> open)
    {
        if (_batches.ContainsKey(nonce))
        {
            Close(nonce);
        }

        foreach (var (digest, intent) in open)
        {
            Add(digest, intent);
        }

        var batch = new LaneBatch(nonce, attempt.Digests) { Attempt = attempt, SentUnixMs = sentUnixMs };
        _batches.Add(nonce, batch);
        Take(batch, [.. open.Select(o => _items[o.Digest])]);
        return batch;
    }

    /// <summary>Items leave their transaction and wait again, before the others, in their order.</summary>
    public void Release(IEnumerable<LaneItem> items)
    {
        foreach (var item in items.Reverse())
        {
            Leave(item);
            item.Waits = _waiting.AddFirst(item);
        }
    }

    /// <summary>The nonce is given up or used; what is left of its items waits again.</summary>
    public void Close(ulong nonce)
    {
        Release(_batches[nonce].Open);
        _batches.Remove(nonce);
    }

    private LaneItem? FindBeside(QueuedIntent intent, int step)
    {
        // Nearly all nonces are the first of a key of their own.
        if (!BigInteger.TryParse(intent.Nonce, out var nonce) || (step < 0 && KeyedNonce.Split(nonce).Sequence == 0))
        {
            return null;
        }

        return FindByNonce(intent.Target, intent.Signer, (nonce + step).ToString());
    }

    private void Take(LaneBatch batch, IReadOnlyCollection<LaneItem> items)
    {
        foreach (var item in items)
        {
            Leave(item);
            item.Batch = batch;
            batch.Add(item);
        }
    }

    private void Register(LaneItem item)
    {
        _items.Add(item.Digest, item);
        _byNonce[KeyOf(item.Intent)] = item;
    }

    private void Leave(LaneItem item)
    {
        if (item.Waits is { } node)
        {
            _waiting.Remove(node);
        }

        item.Batch?.Drop(item);
        (item.Waits, item.Batch) = (null, null);
    }

    private static (string Target, string Signer, string Nonce) KeyOf(QueuedIntent intent) => (intent.Target, intent.Signer, intent.Nonce);
}

/// <summary>An intent in a lane.</summary>
internal sealed class LaneItem(string digest, QueuedIntent intent)
{
    private const long LongestPauseMs = 60_000;

    private int _refusals;

    public string Digest => digest;

    public QueuedIntent Intent => intent;

    /// <summary>How often its transaction was mined and its contract left it without an outcome.</summary>
    public int Attempts { get; private set; }

    /// <summary>It does not go out again before, by the silo's clock.</summary>
    public long NotBeforeUnixMs { get; private set; }

    /// <summary>What kept it from being carried out the last time, for people; empty if nothing did.</summary>
    public string Trouble { get; private set; } = "";

    /// <summary>The transaction it is in, or null.</summary>
    public LaneBatch? Batch { get; set; }

    internal LinkedListNode<LaneItem>? Waits { get; set; }

    /// <summary>Its transaction was mined and left it without an outcome. It goes out again after 2, 8, 32 … seconds; after the last retry it only
    /// waits for its deadline, since its signer may still go to the contract.</summary>
    public void Again(string trouble, int retries, long nowUnixMs)
    {
        Attempts++;
        NotBeforeUnixMs = Attempts > retries ? long.MaxValue : nowUnixMs + PauseMs(Attempts);
        Trouble = trouble;
    }

    /// <summary>Nodes would not take it, which says nothing about the contract: it is tried again until its deadline, after 2, 8, 32, 60, 60 … seconds.</summary>
    public void Later(string trouble, long nowUnixMs)
    {
        NotBeforeUnixMs = nowUnixMs + Math.Min(PauseMs(++_refusals), LongestPauseMs);
        Trouble = trouble;
    }

    /// <summary>It may go out again now, however often it was tried.</summary>
    public void AtOnce() => NotBeforeUnixMs = 0;

    private static long PauseMs(int times) => 2_000L << (2 * (Math.Min(times, 12) - 1));
}

/// <summary>A transaction of a lane.</summary>
internal sealed class LaneBatch(ulong nonce, ImmutableArray<string> digests)
{
    private readonly List<LaneItem> _open = [];

    public ulong Nonce => nonce;

    /// <summary>All that its newest attempt is made for, in order.</summary>
    public ImmutableArray<string> Digests { get; set; } = digests;

    /// <summary>Those whose outcome is not known, in order; may be empty while the nonce is not used.</summary>
    public IReadOnlyList<LaneItem> Open => [.. _open];

    public bool IsSettled => _open.Count == 0;

    /// <summary>The newest stored attempt; null while only the nonce is reserved.</summary>
    public StoredBatch? Attempt { get; set; }

    /// <summary>When a node first took the newest attempt, by the silo's clock; 0 before.</summary>
    public long SentUnixMs { get; set; }

    /// <summary>How often in a row nodes would not take the newest attempt for a reason that has no name.</summary>
    public int Refusals { get; set; }

    /// <summary>The chain has used the nonce, and no node knew any attempt: asked once more before that counts.</summary>
    public bool SeemsForeign { get; set; }

    /// <summary>The stage that its intents are told.</summary>
    public IntentStage Stage => (Attempt, SentUnixMs) switch
    {
        (null, _) => IntentStage.NonceReserved,
        (_, 0) => IntentStage.Signed,
        _ => IntentStage.AcceptedByNode,
    };

    internal void Add(LaneItem item) => _open.Add(item);

    internal void Drop(LaneItem item) => _open.Remove(item);
}
