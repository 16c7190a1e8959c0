using Pythia.Enclave.Verifier.Headers;
using Pythia.Ethereum;

namespace Pythia.Enclave.Host.Heads;

/// <summary>
/// The current head and the hashes of the blocks below it that its parents' hashes prove. A head is only ever replaced by one with a
/// higher number. Safe for concurrent reads; one writer.
/// </summary>
internal sealed class HeadChain
{
    /// <summary>Blocks whose hash is kept.</summary>
    public const int MaxKept = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Hash32> _hashes = [];
    private volatile HeadState? _current;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Null before the first head.</summary>
    public HeadState? Current => _current;

    /// <summary>The hash that the head's ancestry gives a block; null when it was not walked that far.</summary>
    public Hash32? FindHash(ulong number)
    {
        lock (_gate)
        {
            return _hashes.TryGetValue(number, out var hash) ? hash : null;
        }
    }

    /// <summary>Moves on.</summary>
    /// <param name="head">Number above the current head's.</param>
    /// <param name="parents">The parents that were walked, newest first; kept hashes that they do not lead to are dropped.</param>
    public void Advance(HeadState head, IReadOnlyList<BlockHeader> parents)
    {
        TaskCompletionSource reached;
        lock (_gate)
        {
            Keep(head.Header, parents);
            _current = head;
            (reached, _next) = (_next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        reached.SetResult();
    }

    /// <summary>Completes with the first head above <paramref name="afterBlock"/>.</summary>
    public async Task<HeadState> WaitAsync(ulong? afterBlock, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (_gate)
            {
                if (_current is { } current && (afterBlock is null || current.Header.Number > afterBlock))
                {
                    return current;
                }

                next = _next.Task;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    // What is kept stays only if the lowest walked block names it as its parent: otherwise a re-org replaced it, or the link is not known.
    private void Keep(BlockHeader head, IReadOnlyList<BlockHeader> parents)
    {
        var lowest = parents.Count == 0 ? head : parents[^1];
        var isLinked = lowest.Number > 0 && _hashes.TryGetValue(lowest.Number - 1, out var kept) && kept == lowest.ParentHash;
        foreach (var number in _hashes.Keys.Where(number => !isLinked || number >= lowest.Number || number + MaxKept <= head.Number).ToArray())
        {
            _hashes.Remove(number);
        }

        foreach (var block in parents.Prepend(head))
        {
            _hashes[block.Number] = block.Hash;
        }
    }
}
