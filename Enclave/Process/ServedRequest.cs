using Pythia.Enclave.Sockets;

namespace Pythia.Enclave.Serving;

/// <summary>One request under way: its number, op, bytes and cancellation. Used again for the next one when its reply is out.</summary>
internal sealed class ServedRequest(ServedConnection connection) : IThreadPoolWorkItem, IDisposable
{
    /// <summary>What is kept for the next request's bytes. A question of four facts has fewer.</summary>
    public const int UsualBytes = 512;

    private readonly byte[] _usual = new byte[UsualBytes];
    private byte[] _payload = [];
    private CancellationTokenSource _cancellation = new();
    private int _length;

    public uint Number { get; private set; }

    public EnclaveOp Op { get; private set; }

    public ReadOnlyMemory<byte> Payload => _payload.AsMemory(0, _length);

    public bool IsLong => _length > UsualBytes;

    public CancellationToken Cancelled => _cancellation.Token;

    public void Begin(Frame frame)
    {
        (Number, Op, _length) = (frame.Number, (EnclaveOp)frame.Op, frame.Payload.Length);
        _payload = IsLong ? new byte[_length] : _usual;
        frame.Payload.CopyTo(_payload);
    }

    /// <summary>Only while it is under way.</summary>
    public void Cancel() => _ = _cancellation.CancelAsync(); // what follows runs elsewhere: the caller holds a lock

    /// <summary>When nobody can cancel it any more.</summary>
    public void Reset()
    {
        (_payload, _length) = (_usual, 0);

        // One that was cancelled may still be telling its listeners, so it is left to the collector: it has neither timer nor handle.
        if (!_cancellation.TryReset()) _cancellation = new CancellationTokenSource();
    }

    public void Execute() => _ = connection.ServeAsync(this);

    public void Dispose() => _cancellation.Dispose();
}
