using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Pythia.Embedded.Serialization;

/// <summary>
/// Reads what <see cref="MessageWriter"/> wrote, from bytes that nobody vouches for: every failure is a
/// <see cref="MalformedMessageException"/>, and no more memory is taken than the bytes that are there can fill.
/// </summary>
public ref struct MessageReader
{
    /// <summary>How many values may be in one another.</summary>
    public const int MaxDepth = MessageWriter.MaxDepth;

    /// <summary>Room that a collection takes before its elements are seen; it grows as they come.</summary>
    private const int MaxCapacityAtOnce = 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _bytes;
    private int _at;
    private int _end;
    private WireKind _memberKind;
    private int _memberEnd;
    private int _depth;
    private List<object?>? _objects;

    public MessageReader(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _end = bytes.Length;
    }

    public readonly int Offset => _at;

    public readonly int Left => _end - _at;

    public byte Byte() => Raw(1)[0];

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Raw(8));

    public ReadOnlySpan<byte> Raw(int bytes)
    {
        if (Left < bytes)
        {
            throw Malformed(MalformedReason.CutShort, $"{bytes} bytes expected, {Left} left");
        }

        var span = _bytes.Slice(_at, bytes);
        _at += bytes;
        return span;
    }

    public ulong VarInt()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return (next == 0 && shift > 0) || (shift == 63 && next > 1)
                    ? throw Malformed(MalformedReason.BadNumber, "a number in more bytes or bits than it needs")
                    : value;
            }
        }

        throw Malformed(MalformedReason.BadNumber, "a number of more than 64 bits");
    }

    public long ZigZag()
    {
        var value = VarInt();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public string? Text()
    {
        var lengthPlusOne = VarInt();
        if (lengthPlusOne == 0)
        {
            return null;
        }

        var bytes = Raw(Size(lengthPlusOne - 1));
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Malformed(MalformedReason.BadText, $"{bytes.Length} bytes that are not UTF-8");
        }
    }

    /// <summary>Varint length, then that many bytes.</summary>
    public ReadOnlySpan<byte> Bytes() => Raw(Size(VarInt()));

    /// <summary>How many elements follow: no more than bytes are left, since each takes one at least.</summary>
    public int Count()
    {
        var count = VarInt();
        return count <= (ulong)Left ? (int)count : throw Malformed(MalformedReason.CountTooLarge, $"{count} elements, {Left} bytes left");
    }

    /// <summary>The room to take for <paramref name="count"/> elements before any is read.</summary>
    public static int CapacityFor(int count) => Math.Min(count, MaxCapacityAtOnce);

    /// <summary>The id of the next member of this level; false at its end.</summary>
    public bool NextMember(out uint id)
    {
        id = 0;
        var tag = VarInt();
        if (tag == 0)
        {
            return false;
        }

        if (tag < 2 || tag >> 1 > (ulong)uint.MaxValue + 1)
        {
            throw Malformed(MalformedReason.BadNumber, $"tag {tag} of a member");
        }

        id = (uint)((tag >> 1) - 1);
        _memberKind = (WireKind)(tag & 1);
        _memberEnd = _memberKind is WireKind.VarInt ? -1 : Size(VarInt()) + _at;
        return true;
    }

    /// <summary>The member that <see cref="NextMember"/> came to.</summary>
    public T Member<T>()
    {
        var codec = Codec<T>.Shared;
        if (codec.Kind != _memberKind)
        {
            throw Malformed(MalformedReason.WrongKind, $"{_memberKind} found, {codec.Kind} expected for {typeof(T)}");
        }

        if (_memberKind is WireKind.VarInt)
        {
            return codec.Read(ref this);
        }

        var outer = _end;
        _end = _memberEnd;
        var value = codec.Read(ref this);
        ExpectEnd();
        _end = outer;
        return value;
    }

    public void SkipMember()
    {
        if (_memberKind is WireKind.VarInt)
        {
            _ = VarInt();
        }
        else
        {
            _at = _memberEnd;
        }
    }

    public T Value<T>() => Codec<T>.Shared.Read(ref this);

    public readonly void ExpectEnd()
    {
        if (Left > 0)
        {
            throw Malformed(MalformedReason.TrailingBytes, $"{Left} bytes after the value");
        }
    }

    public readonly MalformedMessageException Malformed(MalformedReason reason, string detail) => new(reason, _at, detail);

    internal void Enter()
    {
        if (++_depth > MaxDepth)
        {
            throw Malformed(MalformedReason.TooDeep, $"more than {MaxDepth} values in one another");
        }
    }

    internal void Leave() => _depth--;

    /// <summary>The index of the object that is about to be read.</summary>
    internal int NextSlot()
    {
        _objects ??= [];
        _objects.Add(null);
        return _objects.Count - 1;
    }

    internal readonly void Fill(int slot, object value) => _objects![slot] = value;

    [SuppressMessage("Style", "IDE0031", Justification = "A list of nulls and no list are two things.")]
    internal T Seen<T>()
        where T : class
    {
        var index = VarInt();
        var value = _objects is not null && index < (ulong)_objects.Count ? _objects[(int)index] : null;
        return value as T ?? throw Malformed(MalformedReason.BadReference, $"index {index} is {value?.GetType().ToString() ?? "not read"}, expected {typeof(T)}");
    }

    private readonly int Size(ulong bytes)
        => bytes <= (ulong)Left ? (int)bytes : throw Malformed(MalformedReason.CutShort, $"{bytes} bytes expected, {Left} left");
}
