using System.Buffers.Binary;
using System.Net.Sockets;

namespace Pythia.Enclave.Sockets;

/// <summary>
/// Sends frames in the order in which they are put in. While one write is under way the next frames gather, and leave together in the write after it.
/// Safe for concurrent calls.
/// </summary>
/// <param name="socket">Connected; closed by its owner.</param>
/// <param name="broken">Called once when a write fails; frames put in from then on are dropped.</param>
internal sealed class FrameSender(Socket socket, Action<Exception> broken)
{
    /// <summary>What gathers before who puts in has to wait: a peer that does not read costs no more than this and one frame each.</summary>
    public const int MostGathered = 256 << 10;

    private const int UsualBytes = 16 << 10;

    private readonly Lock _gate = new();
    private byte[] _gathering = new byte[UsualBytes];
    private byte[] _leaving = new byte[UsualBytes];
    private int _gathered;
    private bool _isSending;
    private bool _isBroken;
    private TaskCompletionSource? _room;

    /// <summary>Puts a frame in: its payload is both parts, one after the other. Completes at once unless too much has gathered.</summary>
    public ValueTask SendAsync(uint number, byte op, ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second = default)
    {
        lock (_gate)
        {
            if (_gathered > MostGathered && !_isBroken)
            {
                _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return new ValueTask(SendWithRoomAsync(_room.Task, number, op, first, second));
            }

            if (!Gather(number, op, first.Span, second.Span)) return ValueTask.CompletedTask;
        }

        _ = FlushAsync();
        return ValueTask.CompletedTask;
    }

    /// <summary>Completes when all that was put in is with the operating system, or can't be.</summary>
    public async Task DrainAsync()
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (!_isSending) return;

                _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                room = _room.Task;
            }

            await room;
        }
    }

    private async Task SendWithRoomAsync(Task room, uint number, byte op, ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        await room;
        await SendAsync(number, op, first, second);
    }

    // True for whoever has to flush.
    private bool Gather(uint number, byte op, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (_isBroken) return false;

        var payload = first.Length + second.Length;
        var needed = _gathered + EnclaveProtocol.HeadBytes + payload;
        if (needed > _gathering.Length) Array.Resize(ref _gathering, Math.Max(needed, 2 * _gathering.Length));

        var frame = _gathering.AsSpan(_gathered);
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)(EnclaveProtocol.CountedHeadBytes + payload));
        BinaryPrimitives.WriteUInt32BigEndian(frame[4..], number);
        frame[8] = op;
        first.CopyTo(frame[EnclaveProtocol.HeadBytes..]);
        second.CopyTo(frame[(EnclaveProtocol.HeadBytes + first.Length)..]);
        _gathered = needed;
        if (_isSending) return false;

        _isSending = true;
        return true;
    }

    private async Task FlushAsync()
    {
        try
        {
            while (TakeGathered() is { Length: > 0 } batch)
            {
                while (batch.Length > 0) batch = batch[await socket.SendAsync(batch, SocketFlags.None)..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Break();
            broken(e);
        }
    }

    private Memory<byte> TakeGathered()
    {
        lock (_gate)
        {
            var (room, length) = (_room, _gathered);
            _room = null;
            room?.SetResult();
            if (length == 0)
            {
                _isSending = false;
                return default;
            }

            (_gathering, _leaving) = (_leaving.Length > MostGathered ? new byte[UsualBytes] : _leaving, _gathering);
            _gathered = 0;
            return _leaving.AsMemory(0, length);
        }
    }

    private void Break()
    {
        lock (_gate)
        {
            (_isBroken, _isSending, _gathered) = (true, false, 0);
            _room?.SetResult();
            _room = null;
        }
    }
}
