using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Pythia.Enclave.Sockets;

/// <summary>Writes the parts of a payload (<see cref="EnclaveProtocol"/>).</summary>
/// <param name="capacity">Bytes expected; more is taken too, for a copy.</param>
internal sealed class PayloadWriter(int capacity = 256)
{
    private readonly ArrayBufferWriter<byte> _buffer = new(capacity);

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public PayloadWriter Byte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
        return this;
    }

    public PayloadWriter UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.GetSpan(sizeof(ushort)), value);
        _buffer.Advance(sizeof(ushort));
        return this;
    }

    public PayloadWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_buffer.GetSpan(sizeof(uint)), value);
        _buffer.Advance(sizeof(uint));
        return this;
    }

    public PayloadWriter UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_buffer.GetSpan(sizeof(ulong)), value);
        _buffer.Advance(sizeof(ulong));
        return this;
    }

    /// <summary>As they are, without a length.</summary>
    public PayloadWriter Raw(ReadOnlySpan<byte> value)
    {
        _buffer.Write(value);
        return this;
    }

    public PayloadWriter Bytes(ReadOnlySpan<byte> value) => UInt32((uint)value.Length).Raw(value);

    /// <summary>Text; cut after 65,535 bytes, which only a message for people can have.</summary>
    public PayloadWriter Text(string value)
    {
        var utf8 = Encoding.UTF8.GetBytes(value);
        var length = Math.Min(utf8.Length, ushort.MaxValue);
        return UInt16((ushort)length).Raw(utf8.AsSpan(0, length));
    }

    public PayloadWriter Option<T>(T? value, Action<PayloadWriter, T> write)
        where T : class
    {
        Byte(value is null ? (byte)0 : (byte)1);
        if (value is not null) write(this, value);
        return this;
    }
}

/// <summary>Reads the parts of a payload; what is not there is a <see cref="ViolationException"/>.</summary>
internal ref struct PayloadReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _left = payload;

    public byte Byte() => Raw(1)[0];

    public bool Bool()
    {
        var found = Byte();
        return found <= 1 ? found == 1 : throw Bad($"{found} found, 0 or 1 expected");
    }

    public ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Raw(sizeof(ushort)));

    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Raw(sizeof(uint)));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64BigEndian(Raw(sizeof(ulong)));

    public ReadOnlySpan<byte> Raw(int length)
    {
        if (length > _left.Length) throw Bad($"{_left.Length} bytes found, {length} expected");

        var taken = _left[..length];
        _left = _left[length..];
        return taken;
    }

    public byte[] Copy(int length) => Raw(length).ToArray();

    public byte[] Bytes()
    {
        var length = UInt32();
        return length <= int.MaxValue ? Copy((int)length) : throw Bad($"a length of {length} found");
    }

    public string Text() => Encoding.UTF8.GetString(Raw(UInt16()));

    /// <summary>All that is left.</summary>
    public byte[] Rest() => Copy(_left.Length);

    public readonly void End()
    {
        if (!_left.IsEmpty) throw Bad($"{_left.Length} bytes more than expected found");
    }

    private static ViolationException Bad(string detail) => new(Violation.BadPayload, detail);
}
