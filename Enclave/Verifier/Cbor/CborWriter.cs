using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Pythia.Enclave.Verifier.Cbor;

/// <summary>
/// Writes deterministic CBOR (RFC 8949 §4.2.1): shortest heads, definite lengths. The caller writes as many elements as it announced,
/// and map keys in the bytewise order of their encoding; <see cref="CborCheck"/> refuses what breaks either.
/// </summary>
public sealed class CborWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(256);

    /// <summary>What was written so far.</summary>
    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    /// <summary>A copy of what was written.</summary>
    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();

    public CborWriter Null()
    {
        WriteHead(CborMajor.Simple, CborMajor.Null);
        return this;
    }

    public CborWriter Unsigned(ulong value)
    {
        WriteHead(CborMajor.Unsigned, value);
        return this;
    }

    /// <summary>Writes a negative or unsigned integer.</summary>
    public CborWriter Integer(long value)
    {
        WriteHead(value < 0 ? CborMajor.Negative : CborMajor.Unsigned, (ulong)(value < 0 ? -1 - value : value));
        return this;
    }

    public CborWriter Bytes(ReadOnlySpan<byte> value)
    {
        WriteHead(CborMajor.Bytes, (ulong)value.Length);
        _buffer.Write(value);
        return this;
    }

    /// <summary>Writes text; lone surrogates become U+FFFD, so that the bytes are always UTF-8.</summary>
    public CborWriter Text(string value)
    {
        var utf8 = Encoding.UTF8.GetBytes(value);
        WriteHead(CborMajor.Text, (ulong)utf8.Length);
        _buffer.Write(utf8);
        return this;
    }

    /// <summary>Opens an array; its <paramref name="count"/> elements follow.</summary>
    public CborWriter Array(int count)
    {
        WriteHead(CborMajor.Array, (ulong)count);
        return this;
    }

    /// <summary>Opens a map; its <paramref name="count"/> keys, each with its value, follow.</summary>
    public CborWriter Map(int count)
    {
        WriteHead(CborMajor.Map, (ulong)count);
        return this;
    }

    /// <summary>Copies an item that is already deterministic CBOR.</summary>
    public CborWriter Encoded(ReadOnlySpan<byte> item)
    {
        _buffer.Write(item);
        return this;
    }

    private void WriteHead(int major, ulong argument)
    {
        var span = _buffer.GetSpan(9);
        var top = (byte)(major << 5);
        int size;
        switch (argument)
        {
            case < 24:
                (span[0], size) = ((byte)(top | (byte)argument), 1);
                break;
            case <= byte.MaxValue:
                (span[0], span[1], size) = ((byte)(top | 24), (byte)argument, 2);
                break;
            case <= ushort.MaxValue:
                (span[0], size) = ((byte)(top | 25), 3);
                BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)argument);
                break;
            case <= uint.MaxValue:
                (span[0], size) = ((byte)(top | 26), 5);
                BinaryPrimitives.WriteUInt32BigEndian(span[1..], (uint)argument);
                break;
            default:
                (span[0], size) = ((byte)(top | 27), 9);
                BinaryPrimitives.WriteUInt64BigEndian(span[1..], argument);
                break;
        }

        _buffer.Advance(size);
    }
}
