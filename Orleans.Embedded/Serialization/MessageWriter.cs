using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using Orleans.Serialization;

namespace Pythia.Embedded.Serialization;

/// <summary>
/// The bytes of one message:
/// <code>
/// number     varint: 7 bits a byte, lowest first, high bit set on all but the last; signed numbers zigzag
/// text       varint 0 for null, else bytes + 1, then UTF-8
/// class      header 0 null | 1 the declared type | 2 another type, its name as text | 3 seen before, varint index; then its body
/// members    levels from the root class to the type itself, each: members, then 0x00
/// member     varint (id + 1) * 2 + kind; kind 0: a varint | kind 1: varint length, then that many bytes
/// collection header, varint count, the elements
/// </code>
/// An unknown member is skipped by its kind. No encoding is a prefix of another, so that cut bytes are always found out.
/// </summary>
public sealed class MessageWriter : IDisposable
{
    /// <summary>How many values may be in one another.</summary>
    public const int MaxDepth = 200;

    private const int LengthPlaceholder = 1;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(256);
    private int _length;
    private int _depth;
    private Dictionary<object, int>? _seen;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public byte[] ToArray() => Written.ToArray();

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _length = 0;
    }

    public void Byte(byte value) => Reserve(1)[0] = value;

    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8), value);

    public void VarInt(ulong value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    public void ZigZag(long value) => VarInt((ulong)((value << 1) ^ (value >> 63)));

    public void Text(string? value)
    {
        if (value is null)
        {
            Byte(0);
            return;
        }

        var bytes = Encoding.UTF8.GetByteCount(value);
        VarInt((ulong)bytes + 1);
        Encoding.UTF8.GetBytes(value, Reserve(bytes));
    }

    /// <summary>Varint length, then the bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        VarInt((ulong)bytes.Length);
        Raw(bytes);
    }

    /// <summary>One member under its id.</summary>
    public void Member<T>(uint id, T value)
    {
        var codec = Codec<T>.Shared;
        VarInt((((ulong)id + 1) << 1) | (ulong)codec.Kind);
        if (codec.Kind is WireKind.VarInt)
        {
            codec.Write(this, value);
            return;
        }

        var start = _length;
        Reserve(LengthPlaceholder);
        codec.Write(this, value);
        CloseLength(start);
    }

    /// <summary>The end of the members of one class of the hierarchy.</summary>
    public void EndLevel() => Byte(0);

    public void Value<T>(T value) => Codec<T>.Shared.Write(this, value);

    internal void Enter()
    {
        if (++_depth > MaxDepth)
        {
            throw new SerializerException($"more than {MaxDepth} values are in one another; a message is a tree of few levels");
        }

        RuntimeHelpers.EnsureSufficientExecutionStack();
    }

    internal void Leave() => _depth--;

    /// <summary>True, with its index, when this very object was written before; otherwise it gets the next index.</summary>
    internal bool WasSeen(object value, out int index)
    {
        _seen ??= new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
        if (_seen.TryGetValue(value, out index))
        {
            return true;
        }

        _seen.Add(value, _seen.Count);
        return false;
    }

    /// <summary>Writes the length of what follows <paramref name="start"/> there; one byte is kept free for it, more are made.</summary>
    private void CloseLength(int start)
    {
        var body = _length - start - LengthPlaceholder;
        var more = VarIntBytes((ulong)body) - LengthPlaceholder;
        if (more > 0)
        {
            Reserve(more);
            _buffer.AsSpan(start + LengthPlaceholder, body).CopyTo(_buffer.AsSpan(start + LengthPlaceholder + more));
        }

        var end = _length;
        _length = start;
        VarInt((ulong)body);
        _length = end;
    }

    private static int VarIntBytes(ulong value)
    {
        var bytes = 1;
        while ((value >>= 7) > 0)
        {
            bytes++;
        }

        return bytes;
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes)
        {
            var larger = ArrayPool<byte>.Shared.Rent(checked(Math.Max(_buffer.Length * 2, _length + bytes)));
            Written.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        var span = _buffer.AsSpan(_length, bytes);
        _length += bytes;
        return span;
    }
}
