// Tuples, pairs and other wrappers: their parts one after another.
using Orleans.Concurrency;

namespace Pythia.Embedded.Serialization;

internal sealed class NullableCodec<T> : Codec<T?>
    where T : struct
{
    private const byte Null = 0;
    private const byte Present = 1;

    public override bool IsImmutable => Codec<T>.Shared.IsImmutable;

    public override void Write(MessageWriter writer, T? value)
    {
        writer.Byte(value is null ? Null : Present);
        if (value is { } present)
        {
            writer.Value(present);
        }
    }

    public override T? Read(ref MessageReader reader) => reader.Byte() switch
    {
        Null => null,
        Present => reader.Value<T>(),
        var header => throw reader.Malformed(MalformedReason.BadHeader, $"{header} before a {typeof(T?)}"),
    };

    public override T? Copy(T? value, CopyContext context) => value is { } present ? context.Copy(present) : null;
}

internal sealed class PairCodec<TKey, TValue> : Codec<KeyValuePair<TKey, TValue>>
{
    public override bool IsImmutable => Elements.AreImmutable<TKey>() && Elements.AreImmutable<TValue>();

    public override void Write(MessageWriter writer, KeyValuePair<TKey, TValue> value)
    {
        writer.Value(value.Key);
        writer.Value(value.Value);
    }

    public override KeyValuePair<TKey, TValue> Read(ref MessageReader reader) => new(reader.Value<TKey>(), reader.Value<TValue>());

    public override KeyValuePair<TKey, TValue> Copy(KeyValuePair<TKey, TValue> value, CopyContext context)
        => new(context.Copy(value.Key), context.Copy(value.Value));
}

/// <summary>What is said to be immutable is shared; in bytes it is its value.</summary>
internal sealed class ImmutableWrapperCodec<T> : ImmutableCodec<Immutable<T>>
{
    public override void Write(MessageWriter writer, Immutable<T> value) => writer.Value(value.Value);

    public override Immutable<T> Read(ref MessageReader reader) => new(reader.Value<T>());
}

internal sealed class ValueTupleCodec<T1> : Codec<ValueTuple<T1>>
{
    public override bool IsImmutable => Elements.AreImmutable<T1>();

    public override void Write(MessageWriter writer, ValueTuple<T1> value)
    {
        writer.Value(value.Item1);
    }

    public override ValueTuple<T1> Read(ref MessageReader reader) => new(reader.Value<T1>());

    public override ValueTuple<T1> Copy(ValueTuple<T1> value, CopyContext context) => new(context.Copy(value.Item1));
}

internal sealed class ValueTupleCodec<T1, T2> : Codec<(T1, T2)>
{
    public override bool IsImmutable => Elements.AreImmutable<T1>() && Elements.AreImmutable<T2>();

    public override void Write(MessageWriter writer, (T1, T2) value)
    {
        writer.Value(value.Item1);
        writer.Value(value.Item2);
    }

    public override (T1, T2) Read(ref MessageReader reader) => (reader.Value<T1>(), reader.Value<T2>());

    public override (T1, T2) Copy((T1, T2) value, CopyContext context) => (context.Copy(value.Item1), context.Copy(value.Item2));
}

internal sealed class ValueTupleCodec<T1, T2, T3> : Codec<(T1, T2, T3)>
{
    public override bool IsImmutable => Elements.AreImmutable<T1>() && Elements.AreImmutable<T2>() && Elements.AreImmutable<T3>();

    public override void Write(MessageWriter writer, (T1, T2, T3) value)
    {
        writer.Value(value.Item1);
        writer.Value(value.Item2);
        writer.Value(value.Item3);
    }

    public override (T1, T2, T3) Read(ref MessageReader reader) => (reader.Value<T1>(), reader.Value<T2>(), reader.Value<T3>());

    public override (T1, T2, T3) Copy((T1, T2, T3) value, CopyContext context)
        => (context.Copy(value.Item1), context.Copy(value.Item2), context.Copy(value.Item3));
}

internal sealed class ValueTupleCodec<T1, T2, T3, T4> : Codec<(T1, T2, T3, T4)>
{
    public override bool IsImmutable => Elements.AreImmutable<T1>() && Elements.AreImmutable<T2>() && Elements.AreImmutable<T3>()
        && Elements.AreImmutable<T4>();

    public override void Write(MessageWriter writer, (T1, T2, T3, T4) value)
    {
        writer.Value(value.Item1);
        writer.Value(value.Item2);
        writer.Value(value.Item3);
        writer.Value(value.Item4);
    }

    public override (T1, T2, T3, T4) Read(ref MessageReader reader)
        => (reader.Value<T1>(), reader.Value<T2>(), reader.Value<T3>(), reader.Value<T4>());

    public override (T1, T2, T3, T4) Copy((T1, T2, T3, T4) value, CopyContext context)
        => (context.Copy(value.Item1), context.Copy(value.Item2), context.Copy(value.Item3), context.Copy(value.Item4));
}

internal sealed class ValueTupleCodec<T1, T2, T3, T4, T5> : Codec<(T1, T2, T3, T4, T5)>
{
    public override bool IsImmutable => Elements.AreImmutable<T1>() && Elements.AreImmutable<T2>() && Elements.AreImmutable<T3>()
        && Elements.AreImmutable<T4>() && Elements.AreImmutable<T5>();

    public override void Write(MessageWriter writer, (T1, T2, T3, T4, T5) value)
    {
        writer.Value(value.Item1);
        writer.Value(value.Item2);
        writer.Value(value.Item3);
        writer.Value(value.Item4);
        writer.Value(value.Item5);
    }

    public override (T1, T2, T3, T4, T5) Read(ref MessageReader reader)
        => (reader.Value<T1>(), reader.Value<T2>(), reader.Value<T3>(), reader.Value<T4>(), reader.Value<T5>());

    public override (T1, T2, T3, T4, T5) Copy((T1, T2, T3, T4, T5) value, CopyContext context)
        => (context.Copy(value.Item1), context.Copy(value.Item2), context.Copy(value.Item3), context.Copy(value.Item4), context.Copy(value.Item5));
}

internal sealed class ValueTupleCodec<T1, T2, T3, T4, T5, T6> : Codec<(T1, T2, T3, T4, T5, T6)>
{
    public override bool IsImmutable => Elements.AreImmutable<T1>() && Elements.AreImmutable<T2>() && Elements.AreImmutable<T3>()
        && Elements.AreImmutable<T4>() && Elements.AreImmutable<T5>() && Elements.AreImmutable<T6>();

    public override void Write(MessageWriter writer, (T1, T2, T3, T4, T5, T6) value)
    {
        writer.Value(value.Item1);
        writer.Value(value.Item2);
        writer.Value(value.Item3);
        writer.Value(value.Item4);
        writer.Value(value.Item5);
        writer.Value(value.Item6);
    }

    public override (T1, T2, T3, T4, T5, T6) Read(ref MessageReader reader)
        => (reader.Value<T1>(), reader.Value<T2>(), reader.Value<T3>(), reader.Value<T4>(), reader.Value<T5>(), reader.Value<T6>());

    public override (T1, T2, T3, T4, T5, T6) Copy((T1, T2, T3, T4, T5, T6) value, CopyContext context)
        => (context.Copy(value.Item1), context.Copy(value.Item2), context.Copy(value.Item3), context.Copy(value.Item4), context.Copy(value.Item5), context.Copy(value.Item6));
}

internal sealed class ValueTupleCodec<T1, T2, T3, T4, T5, T6, T7> : Codec<(T1, T2, T3, T4, T5, T6, T7)>
{
    public override bool IsImmutable => Elements.AreImmutable<T1>() && Elements.AreImmutable<T2>() && Elements.AreImmutable<T3>()
        && Elements.AreImmutable<T4>() && Elements.AreImmutable<T5>() && Elements.AreImmutable<T6>() && Elements.AreImmutable<T7>();

    public override void Write(MessageWriter writer, (T1, T2, T3, T4, T5, T6, T7) value)
    {
        writer.Value(value.Item1);
        writer.Value(value.Item2);
        writer.Value(value.Item3);
        writer.Value(value.Item4);
        writer.Value(value.Item5);
        writer.Value(value.Item6);
        writer.Value(value.Item7);
    }

    public override (T1, T2, T3, T4, T5, T6, T7) Read(ref MessageReader reader)
        => (reader.Value<T1>(), reader.Value<T2>(), reader.Value<T3>(), reader.Value<T4>(), reader.Value<T5>(), reader.Value<T6>(), reader.Value<T7>());

    public override (T1, T2, T3, T4, T5, T6, T7) Copy((T1, T2, T3, T4, T5, T6, T7) value, CopyContext context)
        => (context.Copy(value.Item1), context.Copy(value.Item2), context.Copy(value.Item3), context.Copy(value.Item4), context.Copy(value.Item5), context.Copy(value.Item6), context.Copy(value.Item7));
}

internal sealed class TupleCodec<T1, T2> : ReferenceCodec<Tuple<T1, T2>>
{
    public override bool IsImmutable => Elements.AreImmutable<T1>() && Elements.AreImmutable<T2>();

    protected override void WriteBody(MessageWriter writer, Tuple<T1, T2> value)
    {
        writer.Value(value.Item1);
        writer.Value(value.Item2);
    }

    protected override Tuple<T1, T2> ReadBody(ref MessageReader reader, int slot) => new(reader.Value<T1>(), reader.Value<T2>());

    protected override Tuple<T1, T2> CopyBody(Tuple<T1, T2> value, CopyContext context) => new(context.Copy(value.Item1), context.Copy(value.Item2));
}

internal sealed class TupleCodec<T1, T2, T3> : ReferenceCodec<Tuple<T1, T2, T3>>
{
    public override bool IsImmutable => Elements.AreImmutable<T1>() && Elements.AreImmutable<T2>() && Elements.AreImmutable<T3>();

    protected override void WriteBody(MessageWriter writer, Tuple<T1, T2, T3> value)
    {
        writer.Value(value.Item1);
        writer.Value(value.Item2);
        writer.Value(value.Item3);
    }

    protected override Tuple<T1, T2, T3> ReadBody(ref MessageReader reader, int slot)
        => new(reader.Value<T1>(), reader.Value<T2>(), reader.Value<T3>());

    protected override Tuple<T1, T2, T3> CopyBody(Tuple<T1, T2, T3> value, CopyContext context)
        => new(context.Copy(value.Item1), context.Copy(value.Item2), context.Copy(value.Item3));
}

internal sealed class TupleCodec<T1, T2, T3, T4> : ReferenceCodec<Tuple<T1, T2, T3, T4>>
{
    public override bool IsImmutable => Elements.AreImmutable<T1>() && Elements.AreImmutable<T2>() && Elements.AreImmutable<T3>()
        && Elements.AreImmutable<T4>();

    protected override void WriteBody(MessageWriter writer, Tuple<T1, T2, T3, T4> value)
    {
        writer.Value(value.Item1);
        writer.Value(value.Item2);
        writer.Value(value.Item3);
        writer.Value(value.Item4);
    }

    protected override Tuple<T1, T2, T3, T4> ReadBody(ref MessageReader reader, int slot)
        => new(reader.Value<T1>(), reader.Value<T2>(), reader.Value<T3>(), reader.Value<T4>());

    protected override Tuple<T1, T2, T3, T4> CopyBody(Tuple<T1, T2, T3, T4> value, CopyContext context)
        => new(context.Copy(value.Item1), context.Copy(value.Item2), context.Copy(value.Item3), context.Copy(value.Item4));
}
