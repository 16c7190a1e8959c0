using Pythia.Enclave;
using Pythia.Grains.Pythia;

namespace Pythia.Grains.Ledgers;

/// <summary>Reads blocks ahead of their turn, so that a follower that is far behind does not wait for a node at each. Remembers which enclaves gave no block when
/// they were asked last. For use on the grain's own scheduler only.</summary>
/// <param name="limit">What an enclave may take for one block.</param>
/// <param name="time">Its timer.</param>
internal sealed class BlocksAhead(TimeSpan limit, TimeProvider time)
{
    private const int AtOnce = 16;

    private readonly Queue<(ulong Number, IEnclave Enclave, Task<BlockLogsReply> Reply)> _ahead = new();
    private readonly List<IEnclave> _failed = [];

    /// <summary>Enclaves that gave no block when they were asked last; the one whose turn is longest ago comes first.</summary>
    public IReadOnlyList<IEnclave> Failed => _failed;

    /// <summary>The block of this number, as it was when it was read: whoever finds that it does not fit reads anew after <see cref="Clear"/>.</summary>
    /// <exception cref="EnclaveException">The enclave that was asked for it is gone, or took longer than it may.</exception>
    public async Task<BlockLogsReply> ReadAsync(IEnclave enclave, ulong number, ulong head, CancellationToken cancellationToken)
    {
        if (_ahead.Count > 0 && _ahead.Peek().Number != number)
        {
            Clear();
        }

        while (_ahead.Count < AtOnce && number + (ulong)_ahead.Count <= Math.Max(head, number))
        {
            var next = number + (ulong)_ahead.Count;
            _ahead.Enqueue((next, enclave, AskAsync(enclave, next, cancellationToken)));
        }

        var (_, asked, reply) = _ahead.Dequeue();
        return await TakeAsync(asked, reply, cancellationToken);
    }

    /// <summary>The block of this number as it is now; nothing is read ahead.</summary>
    /// <exception cref="EnclaveException">The enclave is gone, or took longer than it may.</exception>
    public Task<BlockLogsReply> ReadNowAsync(IEnclave enclave, ulong number, CancellationToken cancellationToken)
        => TakeAsync(enclave, AskAsync(enclave, number, cancellationToken), cancellationToken);

    /// <summary>Forgets what was read.</summary>
    public void Clear()
    {
        foreach (var (_, _, reply) in _ahead)
        {
            Ignore(reply);
        }

        _ahead.Clear();
    }

    private Task<BlockLogsReply> AskAsync(IEnclave enclave, ulong number, CancellationToken cancellationToken)
        => EnclaveReplies.WithinAsync(limit, time, giveUp => enclave.ReadLogsAsync(number, giveUp), cancellationToken);

    private async Task<BlockLogsReply> TakeAsync(IEnclave enclave, Task<BlockLogsReply> asked, CancellationToken cancellationToken)
    {
        var given = false;
        try
        {
            var reply = await asked;
            given = reply.Block is not null;
            return reply;
        }
        finally
        {
            // Who was not waited for has not failed.
            if (given || !cancellationToken.IsCancellationRequested)
            {
                _failed.Remove(enclave);
            }

            if (!given)
            {
                Clear();
                if (!cancellationToken.IsCancellationRequested)
                {
                    _failed.Add(enclave);
                }
            }
        }
    }

    // What comes of it is of no interest any more, an exception neither.
    private static async void Ignore(Task reply) => await reply.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
