using System.Buffers.Binary;
using System.Net.Sockets;

namespace Pythia.Enclave.Sockets;

/// <summary>One frame; its payload is the receiver's memory and good until the next <see cref="FrameReceiver.FillAsync"/>.</summary>
internal readonly record struct Frame(uint Number, byte Op, ReadOnlyMemory<byte> Payload);

/// <summary>Cuts what a socket delivers into frames. One reader; the buffer grows with a long frame and shrinks again.</summary>
internal sealed class FrameReceiver(Socket socket, int maxPayloadBytes)
{
    private const int UsualBytes = 32 << 10;

    private byte[] _buffer = new byte[UsualBytes];
    private int _start;
    private int _end;

    /// <summary>Waits for more bytes.</summary>
    /// <returns>False at the end of the stream.</returns>
    /// <exception cref="ViolationException">The stream ended inside a frame.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        MakeRoom();
        var received = await socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, cancellationToken);
        _end += received;
        if (received > 0) return true;

        return _end == _start ? false : throw new ViolationException(Violation.CutOff, $"{_end - _start} bytes of a frame found before the end");
    }

    /// <summary>The next frame of what was received; false when it is not whole yet.</summary>
    /// <exception cref="ViolationException">Its length is none that is taken here.</exception>
    public bool TryTake(out Frame frame)
    {
        frame = default;
        if (!TryReadLength(out var length) || _end - _start < sizeof(uint) + length) return false;

        var head = _buffer.AsSpan(_start, EnclaveProtocol.HeadBytes);
        frame = new Frame(
            BinaryPrimitives.ReadUInt32BigEndian(head[sizeof(uint)..]),
            head[EnclaveProtocol.HeadBytes - 1],
            _buffer.AsMemory(_start + EnclaveProtocol.HeadBytes, length - EnclaveProtocol.CountedHeadBytes));
        _start += sizeof(uint) + length;
        return true;
    }

    private bool TryReadLength(out int length)
    {
        length = 0;
        if (_end - _start < sizeof(uint)) return false;

        var found = BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start));
        if (found < EnclaveProtocol.CountedHeadBytes) throw new ViolationException(Violation.FrameTooShort, $"length {found} found, {EnclaveProtocol.CountedHeadBytes} or more expected");

        var most = EnclaveProtocol.CountedHeadBytes + maxPayloadBytes;
        if (found > most) throw new ViolationException(Violation.FrameTooLong, $"length {found} found, at most {most} expected");

        length = (int)found;
        return true;
    }

    private void MakeRoom()
    {
        var kept = _end - _start;
        var needed = TryReadLength(out var length) ? sizeof(uint) + length : EnclaveProtocol.HeadBytes;
        var target = needed > UsualBytes ? needed : UsualBytes;
        if (_buffer.Length != target && (kept == 0 || target > _buffer.Length))
        {
            var larger = new byte[target];
            _buffer.AsSpan(_start, kept).CopyTo(larger);
            _buffer = larger;
        }
        else if (_start > 0)
        {
            _buffer.AsSpan(_start, kept).CopyTo(_buffer);
        }
        else
        {
            return;
        }

        (_start, _end) = (0, kept);
    }
}
