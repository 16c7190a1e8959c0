// What generated codecs derive from.
namespace Pythia.Embedded.Serialization;

/// <summary>A class that is marked <c>[GenerateSerializer]</c>.</summary>
public abstract class ObjectCodec<T> : ReferenceCodec<T>
    where T : class
{
    /// <summary>An instance by the constructor without parameters, so that members that don't come keep their defaults; bare where there is none.</summary>
    protected abstract T New();

    protected abstract void WriteMembers(MessageWriter writer, T value);

    protected abstract void ReadMembers(ref MessageReader reader, T value);

    protected abstract void CopyMembers(T from, T to, CopyContext context);

    protected sealed override void WriteBody(MessageWriter writer, T value) => WriteMembers(writer, value);

    protected sealed override T ReadBody(ref MessageReader reader, int slot)
    {
        var value = New();
        Made(ref reader, slot, value);
        ReadMembers(ref reader, value);
        return value;
    }

    protected sealed override T CopyBody(T value, CopyContext context)
    {
        var copy = New();
        context.Record(value, copy);
        CopyMembers(value, copy, context);
        return copy;
    }
}

/// <summary>A struct that is marked <c>[GenerateSerializer]</c>.</summary>
public abstract class StructCodec<T> : Codec<T>
    where T : struct
{
    protected abstract void WriteMembers(MessageWriter writer, T value);

    protected abstract void ReadMembers(ref MessageReader reader, ref T value);

    /// <summary>Replaces in <paramref name="copy"/>, which is the value bit by bit, what can be changed.</summary>
    protected abstract void CopyMembers(ref T copy, CopyContext context);

    public sealed override void Write(MessageWriter writer, T value) => WriteMembers(writer, value);

    public sealed override T Read(ref MessageReader reader)
    {
        T value = default;
        ReadMembers(ref reader, ref value);
        return value;
    }

    public sealed override T Copy(T value, CopyContext context)
    {
        if (!IsImmutable)
        {
            CopyMembers(ref value, context);
        }

        return value;
    }
}

/// <summary>A type that a registered converter writes as a surrogate.</summary>
public sealed class SurrogateCodec<T, TSurrogate>(Orleans.IConverter<T, TSurrogate> converter) : Codec<T>
    where TSurrogate : struct
{
    private const byte Null = 0;
    private const byte Present = 1;

    public override void Write(MessageWriter writer, T value)
    {
        writer.Byte(value is null ? Null : Present);
        if (value is not null)
        {
            writer.Value(converter.ConvertToSurrogate(in value));
        }
    }

    public override T Read(ref MessageReader reader)
    {
        if (reader.Byte() is var header && header > Present)
        {
            throw reader.Malformed(MalformedReason.BadHeader, $"{header} before a {typeof(T)}");
        }

        if (header == Null)
        {
            return default!;
        }

        var surrogate = reader.Value<TSurrogate>();
        return converter.ConvertFromSurrogate(in surrogate);
    }

    public override T Copy(T value, CopyContext context)
    {
        if (value is null)
        {
            return value;
        }

        var surrogate = context.Copy(converter.ConvertToSurrogate(in value));
        return converter.ConvertFromSurrogate(in surrogate);
    }
}
