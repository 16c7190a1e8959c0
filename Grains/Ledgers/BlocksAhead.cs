using Pythia.Enclave;

namespace Pythia.Grains.Ledgers;

/// <summary>Reads blocks ahead of their turn, so that a follower that is far behind does not wait for a node at each. For use on the
/// grain's own scheduler only.</summary>
internal sealed class BlocksAhead
{
    private const int AtOnce = 16;

    private readonly Queue<(ulong Number, Task<BlockLogsReply> Reply)> _ahead = new();

    /// <summary>The block of this number, as it was when it was read: whoever finds that it does not fit reads anew after <see cref="Clear"/>.</summary>
    public async Task<BlockLogsReply> ReadAsync(IEnclave enclave, ulong number, ulong head, CancellationToken cancellationToken)
    {
        if (_ahead.Count > 0 && _ahead.Peek().Number != number)
        {
            Clear();
        }

        while (_ahead.Count < AtOnce && number + (ulong)_ahead.Count <= Math.Max(head, number))
        {
            var next = number + (ulong)_ahead.Count;
            _ahead.Enqueue((next, enclave.ReadLogsAsync(next, cancellationToken).AsTask()));
        }

        try
        {
            var reply = await _ahead.Dequeue().Reply;
            if (reply.Block is null)
            {
                Clear();
            }

            return reply;
        }
        catch
        {
            Clear();
            throw;
        }
    }

    /// <summary>Forgets what was read.</summary>
    public void Clear()
    {
        foreach (var (_, reply) in _ahead)
        {
            Ignore(reply);
        }

        _ahead.Clear();
    }

    // What comes of it is of no interest any more, an exception neither.
    private static async void Ignore(Task reply) => await reply.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
