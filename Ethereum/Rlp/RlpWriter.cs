using System.Buffers.Binary;
using System.Numerics;

namespace Pythia.Ethereum;

/// <summary>Writes RLP items end to end; a list is opened and closed around its items.</summary>
/// <remarks>Not thread-safe. <see cref="Clear"/> makes it ready for the next value without new memory.</remarks>
public sealed class RlpWriter
{
    private byte[] _buffer;
    private int _length;

    public RlpWriter(int capacity = 256) => _buffer = new byte[capacity];

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlySpan<byte> WrittenSpan => _buffer.AsSpan(0, _length);

    public byte[] ToArray() => WrittenSpan.ToArray();

    public void Clear() => _length = 0;

    /// <summary>Opens a list. Its header is put in by <see cref="EndList"/>, which takes the returned position.</summary>
    public int StartList() => _length;

    /// <summary>Closes the list that <see cref="StartList"/> opened at <paramref name="start"/>, innermost first.</summary>
    public void EndList(int start)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)start, (uint)_length, nameof(start));
        var payload = _length - start;
        Span<byte> header = stackalloc byte[9];
        header = header[..WriteHeader(header, payload, 0xc0)];
        Reserve(header.Length);
        _buffer.AsSpan(start, payload).CopyTo(_buffer.AsSpan(start + header.Length));
        header.CopyTo(_buffer.AsSpan(start));
    }

    /// <summary>Writes a byte string, leading zeros included.</summary>
    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        if (value.Length == 1 && value[0] < 0x80)
        {
            Reserve(1)[0] = value[0];
            return;
        }

        Span<byte> header = stackalloc byte[9];
        header = header[..WriteHeader(header, value.Length, 0x80)];
        var place = Reserve(header.Length + value.Length);
        header.CopyTo(place);
        value.CopyTo(place[header.Length..]);
    }

    public void WriteHash32(Hash32 value)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        value.CopyTo(bytes);
        WriteBytes(bytes);
    }

    public void WriteAddress(Address value)
    {
        Span<byte> bytes = stackalloc byte[Address.Size];
        value.CopyTo(bytes);
        WriteBytes(bytes);
    }

    /// <summary>Writes an unsigned number: <paramref name="bigEndian"/> without its leading zeros.</summary>
    public void WriteScalar(ReadOnlySpan<byte> bigEndian)
    {
        var firstUsed = bigEndian.IndexOfAnyExcept((byte)0);
        WriteBytes(firstUsed < 0 ? default : bigEndian[firstUsed..]);
    }

    public void WriteUInt64(ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        WriteScalar(bytes);
    }

    /// <summary>Writes an unsigned number of up to 256 bits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative or has more than 256 bits.</exception>
    public void WriteUInt256(BigInteger value)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        if (value.Sign < 0 || !value.TryWriteBytes(bytes, out var written, isUnsigned: true, isBigEndian: true))
            throw new ArgumentOutOfRangeException(nameof(value), $"{value} found, a number from 0 to 2^256 - 1 expected");

        WriteScalar(bytes[..written]);
    }

    /// <summary>Copies items that are encoded already.</summary>
    public void WriteEncoded(ReadOnlySpan<byte> encoded) => encoded.CopyTo(Reserve(encoded.Length));

    // 55 bytes or fewer: one byte; otherwise the number of length bytes, then the length, big-endian.
    private static int WriteHeader(Span<byte> header, int payloadBytes, byte offset)
    {
        if (payloadBytes <= Rlp.MaxShortPayloadBytes)
        {
            header[0] = (byte)(offset + payloadBytes);
            return 1;
        }

        var lengthBytes = 4 - (BitOperations.LeadingZeroCount((uint)payloadBytes) / 8);
        header[0] = (byte)(offset + Rlp.MaxShortPayloadBytes + lengthBytes);
        for (var i = 0; i < lengthBytes; i++) header[1 + i] = (byte)(payloadBytes >> (8 * (lengthBytes - 1 - i)));
        return 1 + lengthBytes;
    }

    private Span<byte> Reserve(int bytes)
    {
        var needed = checked(_length + bytes);
        if (needed > _buffer.Length) Array.Resize(ref _buffer, Math.Max(needed, 2 * _buffer.Length));

        var place = _buffer.AsSpan(_length, bytes);
        _length = needed;
        return place;
    }
}
