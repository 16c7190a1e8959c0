// Numbers, times and other values of fixed size.
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pythia.Embedded.Serialization;

/// <summary>An unsigned number of at most 64 bits as a varint.</summary>
internal sealed class UnsignedCodec<T> : ImmutableCodec<T>
    where T : struct, IBinaryInteger<T>
{
    public override WireKind Kind => WireKind.VarInt;

    public override void Write(MessageWriter writer, T value) => writer.VarInt(ulong.CreateTruncating(value));

    public override T Read(ref MessageReader reader)
    {
        var number = reader.VarInt();
        var value = T.CreateTruncating(number);
        return ulong.CreateTruncating(value) == number ? value : throw reader.Malformed(MalformedReason.BadNumber, $"{number} is no {typeof(T)}");
    }
}

/// <summary>A signed number of at most 64 bits as a zigzag varint.</summary>
internal sealed class SignedCodec<T> : ImmutableCodec<T>
    where T : struct, IBinaryInteger<T>
{
    public override WireKind Kind => WireKind.VarInt;

    public override void Write(MessageWriter writer, T value) => writer.ZigZag(long.CreateTruncating(value));

    public override T Read(ref MessageReader reader)
    {
        var number = reader.ZigZag();
        var value = T.CreateTruncating(number);
        return long.CreateTruncating(value) == number ? value : throw reader.Malformed(MalformedReason.BadNumber, $"{number} is no {typeof(T)}");
    }
}

internal sealed class BoolCodec : ImmutableCodec<bool>
{
    public override WireKind Kind => WireKind.VarInt;

    public override void Write(MessageWriter writer, bool value) => writer.Byte(value ? (byte)1 : (byte)0);

    public override bool Read(ref MessageReader reader) => reader.Byte() switch
    {
        0 => false,
        1 => true,
        var other => throw reader.Malformed(MalformedReason.BadNumber, $"{other} is no bool"),
    };
}

/// <summary>An enum as its number; a number without a name passes, since a newer sender may know more of them.</summary>
public sealed class EnumCodec<T> : ImmutableCodec<T>
    where T : struct, Enum
{
    public override WireKind Kind => WireKind.VarInt;

    public override void Write(MessageWriter writer, T value) => writer.ZigZag(Unsafe.SizeOf<T>() switch
    {
        1 => Unsafe.BitCast<T, sbyte>(value),
        2 => Unsafe.BitCast<T, short>(value),
        4 => Unsafe.BitCast<T, int>(value),
        _ => Unsafe.BitCast<T, long>(value),
    });

    public override T Read(ref MessageReader reader)
    {
        var number = reader.ZigZag();
        return Unsafe.SizeOf<T>() switch
        {
            1 when number == (sbyte)number => Unsafe.BitCast<sbyte, T>((sbyte)number),
            2 when number == (short)number => Unsafe.BitCast<short, T>((short)number),
            4 when number == (int)number => Unsafe.BitCast<int, T>((int)number),
            8 => Unsafe.BitCast<long, T>(number),
            _ => throw reader.Malformed(MalformedReason.BadNumber, $"{number} is no {typeof(T)}"),
        };
    }
}

/// <summary>A value as its bytes in memory, little-endian: only for types whose every bit pattern is a value.</summary>
internal sealed class RawCodec<T> : ImmutableCodec<T>
    where T : unmanaged
{
    public override void Write(MessageWriter writer, T value)
        => writer.Raw(System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    public override T Read(ref MessageReader reader) => System.Runtime.InteropServices.MemoryMarshal.Read<T>(reader.Raw(Unsafe.SizeOf<T>()));
}

/// <summary>The four words of <see cref="decimal.GetBits(decimal)"/>, each 4 bytes little-endian.</summary>
internal sealed class DecimalCodec : ImmutableCodec<decimal>
{
    private const int Words = 4;

    public override void Write(MessageWriter writer, decimal value)
    {
        Span<int> words = stackalloc int[Words];
        Span<byte> bytes = stackalloc byte[Words * sizeof(int)];
        decimal.GetBits(value, words);
        for (var i = 0; i < Words; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(i * sizeof(int))..], words[i]);
        }

        writer.Raw(bytes);
    }

    public override decimal Read(ref MessageReader reader)
    {
        var bytes = reader.Raw(Words * sizeof(int));
        Span<int> words = stackalloc int[Words];
        for (var i = 0; i < Words; i++)
        {
            words[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(i * sizeof(int))..]);
        }

        return new decimal(words);
    }
}

/// <summary>A signed number of any length: varint length, then two's complement, little-endian.</summary>
internal sealed class BigIntegerCodec : ImmutableCodec<BigInteger>
{
    public override void Write(MessageWriter writer, BigInteger value) => writer.Bytes(value.ToByteArray());

    public override BigInteger Read(ref MessageReader reader) => new(reader.Bytes());
}

/// <summary>A value that is made from one 64-bit number.</summary>
internal sealed class ConvertedCodec<T>(Func<T, long> toNumber, Func<long, T> fromNumber) : ImmutableCodec<T>
{
    public override WireKind Kind => WireKind.VarInt;

    public override void Write(MessageWriter writer, T value) => writer.ZigZag(toNumber(value));

    public override T Read(ref MessageReader reader) => fromNumber(reader.ZigZag());
}

/// <summary>Ticks as zigzag varint, then the kind as a byte.</summary>
internal sealed class DateTimeCodec : ImmutableCodec<DateTime>
{
    public override void Write(MessageWriter writer, DateTime value)
    {
        writer.ZigZag(value.Ticks);
        writer.Byte((byte)value.Kind);
    }

    public override DateTime Read(ref MessageReader reader) => new(reader.ZigZag(), (DateTimeKind)reader.Byte());
}

/// <summary>Ticks of the local time, then minutes of offset, both zigzag varints.</summary>
internal sealed class DateTimeOffsetCodec : ImmutableCodec<DateTimeOffset>
{
    public override void Write(MessageWriter writer, DateTimeOffset value)
    {
        writer.ZigZag(value.Ticks);
        writer.ZigZag(value.Offset.Ticks / TimeSpan.TicksPerMinute);
    }

    public override DateTimeOffset Read(ref MessageReader reader)
    {
        var ticks = reader.ZigZag();
        return new DateTimeOffset(ticks, TimeSpan.FromTicks(checked(reader.ZigZag() * TimeSpan.TicksPerMinute)));
    }
}
