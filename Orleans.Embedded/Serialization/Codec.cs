using System.Runtime.CompilerServices;

namespace Pythia.Embedded.Serialization;

/// <summary>How a member is delimited, so that one who doesn't know it can skip it.</summary>
public enum WireKind
{
    /// <summary>One varint.</summary>
    VarInt = 0,

    /// <summary>A length and that many bytes.</summary>
    Delimited = 1,
}

/// <summary>Writes, reads and copies the values of one type, known by that type at run time only.</summary>
public abstract class Codec
{
    /// <summary>The type it was made for.</summary>
    public abstract Type Type { get; }

    /// <summary>No value of the type can be changed, so that a copy is the value itself.</summary>
    public virtual bool IsImmutable => false;

    public virtual WireKind Kind => WireKind.Delimited;

    /// <summary>Values of derived types are written as this type: the type has private kinds of itself (FrozenDictionary, IPAddress).</summary>
    internal virtual bool TakesDerived => false;

    /// <summary>Writes the value without the header that says null and type.</summary>
    internal abstract void WriteBoxed(MessageWriter writer, object value);

    internal abstract object ReadBoxed(ref MessageReader reader, int slot);

    internal abstract object CopyBoxed(object value, CopyContext context);
}

/// <summary>Writes, reads and copies the values of one type. An implementation has no state of its own but other codecs.</summary>
public abstract class Codec<T> : Codec
{
    private static Codec<T>? s_shared;

    /// <summary>The codec of this type.</summary>
    /// <exception cref="Orleans.Serialization.CodecNotFoundException">The type has none.</exception>
    public static Codec<T> Shared
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => s_shared ?? (s_shared = (Codec<T>)CodecRegistry.Find(typeof(T)));
    }

    public sealed override Type Type => typeof(T);

    public abstract void Write(MessageWriter writer, T value);

    public abstract T Read(ref MessageReader reader);

    /// <summary>A value that shares nothing changeable with <paramref name="value"/>.</summary>
    public abstract T Copy(T value, CopyContext context);

    internal override void WriteBoxed(MessageWriter writer, object value) => Write(writer, (T)value);

    internal override object ReadBoxed(ref MessageReader reader, int slot)
    {
        object value = Read(ref reader)!;
        reader.Fill(slot, value);
        return value;
    }

    internal override object CopyBoxed(object value, CopyContext context) => IsImmutable ? value : Copy((T)value, context)!;
}

/// <summary>A value type or text that nobody can change.</summary>
public abstract class ImmutableCodec<T> : Codec<T>
{
    public sealed override bool IsImmutable => true;

    public sealed override T Copy(T value, CopyContext context) => value;
}

/// <summary>A class: null, derived types, and objects that come twice.</summary>
public abstract class ReferenceCodec<T> : Codec<T>
    where T : class
{
    private const byte Null = 0;
    private const byte Declared = 1;
    private const byte Named = 2;
    private const byte SeenBefore = 3;

    public sealed override void Write(MessageWriter writer, T value)
    {
        if (value is null)
        {
            writer.Byte(Null);
            return;
        }

        if (writer.WasSeen(value, out var index))
        {
            writer.Byte(SeenBefore);
            writer.VarInt((ulong)index);
            return;
        }

        writer.Enter();
        var codec = CodecFor(value);
        if (ReferenceEquals(codec, this))
        {
            writer.Byte(Declared);
            WriteBody(writer, value);
        }
        else
        {
            writer.Byte(Named);
            writer.Text(TypeNames.Format(codec.Type));
            codec.WriteBoxed(writer, value);
        }

        writer.Leave();
    }

    public sealed override T Read(ref MessageReader reader)
    {
        switch (reader.Byte())
        {
            case Null:
                return null!;
            case SeenBefore:
                return reader.Seen<T>();
            case Declared when CanBeDeclared:
                return ReadInto(ref reader, this);
            case Named:
                return ReadNamed(ref reader);
            case var header:
                throw reader.Malformed(MalformedReason.BadHeader, $"{header} before a {typeof(T)}");
        }
    }

    public sealed override T Copy(T value, CopyContext context)
    {
        if (value is null)
        {
            return null!;
        }

        var codec = CodecFor(value);
        if (codec.IsImmutable || SharesExactly(codec))
        {
            return value;
        }

        if (context.TryFind(value, out var known))
        {
            return (T)known!;
        }

        context.Enter();
        var copy = ReferenceEquals(codec, this) ? CopyBody(value, context) : (T)codec.CopyBoxed(value, context);
        context.Record(value, copy);
        context.Leave();
        return copy;
    }

    /// <summary>Values may stand here without their type being named.</summary>
    protected virtual bool CanBeDeclared => true;

    /// <summary>A value of exactly this type is never changed; one of a derived type may be.</summary>
    protected internal virtual bool IsImmutableExactly => IsImmutable;

    protected abstract void WriteBody(MessageWriter writer, T value);

    /// <param name="slot">Where an object is filled in (<see cref="Made"/>) before its members are read, so that they can refer to it.</param>
    protected abstract T ReadBody(ref MessageReader reader, int slot);

    protected abstract T CopyBody(T value, CopyContext context);

    /// <summary>Says that the object of <paramref name="slot"/> exists.</summary>
    protected static void Made(ref MessageReader reader, int slot, object value) => reader.Fill(slot, value);

    /// <summary>The codec of the value's own type: this one, or that of a derived type.</summary>
    private protected virtual Codec CodecFor(T value)
        => value.GetType() == typeof(T) || TakesDerived ? this : CodecRegistry.FindForValue(value);

    internal sealed override void WriteBoxed(MessageWriter writer, object value) => WriteBody(writer, (T)value);

    internal sealed override object ReadBoxed(ref MessageReader reader, int slot)
    {
        var value = ReadBody(ref reader, slot);
        reader.Fill(slot, value);
        return value;
    }

    internal sealed override object CopyBoxed(object value, CopyContext context)
        => IsImmutable || IsImmutableExactly ? value : CopyBody((T)value, context);

    private bool SharesExactly(Codec codec) => ReferenceEquals(codec, this) && IsImmutableExactly;

    private static T ReadNamed(ref MessageReader reader)
    {
        var name = reader.Text() ?? throw reader.Malformed(MalformedReason.UnknownType, "a type without name");
        var codec = TypeNames.Find(name) ?? throw reader.Malformed(MalformedReason.UnknownType, $"no codec is registered as {Shorten(name)}");
        return codec.Type.IsAssignableTo(typeof(T))
            ? ReadInto(ref reader, codec)
            : throw reader.Malformed(MalformedReason.WrongType, $"{codec.Type} where a {typeof(T)} stands");
    }

    private static T ReadInto(ref MessageReader reader, Codec codec)
    {
        var slot = reader.NextSlot();
        reader.Enter();
        var value = (T)codec.ReadBoxed(ref reader, slot);
        reader.Leave();
        return value;
    }

    private static string Shorten(string name) => name.Length <= 80 ? name : name[..80] + "…";
}
