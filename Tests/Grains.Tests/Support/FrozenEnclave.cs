using Pythia.Enclave;

namespace Pythia.Tests.Support;

/// <summary>An enclave like another one, that begins to read some blocks and never ends, whatever is cancelled.</summary>
internal sealed class FrozenEnclave(IEnclave inner, Func<ulong, bool> freezes) : IEnclave
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _reads;

    /// <summary>One of those blocks was asked of it.</summary>
    public Task Asked => _asked.Task;

    /// <summary>How many of those blocks were asked of it.</summary>
    public int Reads => Volatile.Read(ref _reads);

    public ValueTask<BlockLogsReply> ReadLogsAsync(ulong block, CancellationToken cancellationToken = default)
    {
        if (!freezes(block)) return inner.ReadLogsAsync(block, cancellationToken);

        Interlocked.Increment(ref _reads);
        _asked.TrySetResult();
        return new(new TaskCompletionSource<BlockLogsReply>().Task);
    }

    public ValueTask<EnclaveIdentity> IdentifyAsync(CancellationToken cancellationToken = default) => inner.IdentifyAsync(cancellationToken);

    public ValueTask<EnclaveAttestation> AttestAsync(ReadOnlyMemory<byte> nonce, ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default)
        => inner.AttestAsync(nonce, keyId, cancellationToken);

    public ValueTask<EnclaveRevocation> RevokeOwnKeyAsync(ReadOnlyMemory<byte> keyId, CancellationToken cancellationToken = default)
        => inner.RevokeOwnKeyAsync(keyId, cancellationToken);

    public ValueTask<EnclaveReply> AnswerAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default) => inner.AnswerAsync(request, cancellationToken);

    public ValueTask<EnclaveReply> ProveAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default) => inner.ProveAsync(request, cancellationToken);

    public ValueTask<VerifiedHead?> HeadAsync(CancellationToken cancellationToken = default) => inner.HeadAsync(cancellationToken);

    public ValueTask<VerifiedHead> WaitForHeadAsync(ulong afterBlock, CancellationToken cancellationToken = default) => inner.WaitForHeadAsync(afterBlock, cancellationToken);

    public ValueTask<EnclaveHealth> HealthAsync(CancellationToken cancellationToken = default) => inner.HealthAsync(cancellationToken);
}
