using System.Threading.Tasks.Sources;

namespace Pythia.Enclave.Sockets;

/// <summary>One request under way. Whoever comes first ends it: its reply, the caller's cancellation, the connection's end.</summary>
internal sealed class PendingCall : IValueTaskSource<object?>
{
    private ManualResetValueTaskSourceCore<object?> _core = new() { RunContinuationsAsynchronously = true };
    private int _isEnded;

    public PendingCall(EnclaveOp op) => Op = op;

    public EnclaveOp Op { get; }

    public uint Number { get; set; }

    public ValueTask<object?> Result => new(this, _core.Version);

    public bool TryEnd(object? result)
    {
        if (Interlocked.Exchange(ref _isEnded, 1) != 0) return false;

        _core.SetResult(result);
        return true;
    }

    public bool TryFail(Exception exception)
    {
        if (Interlocked.Exchange(ref _isEnded, 1) != 0) return false;

        _core.SetException(exception);
        return true;
    }

    object? IValueTaskSource<object?>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<object?>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<object?>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);
}
