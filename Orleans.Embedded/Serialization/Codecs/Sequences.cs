// Arrays, lists, sets, queues: changeable runs of elements.
using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Pythia.Embedded.Serialization;

internal static class Elements
{
    public static void Write<T>(MessageWriter writer, int count, IEnumerable<T> elements)
    {
        writer.VarInt((ulong)count);
        var codec = Codec<T>.Shared;
        foreach (var element in elements)
        {
            codec.Write(writer, element);
        }
    }

    /// <summary>The elements; the list grows with what is really there.</summary>
    public static List<T> Read<T>(ref MessageReader reader)
    {
        var count = reader.Count();
        var codec = Codec<T>.Shared;
        var elements = new List<T>(MessageReader.CapacityFor(count));
        for (var i = 0; i < count; i++)
        {
            elements.Add(codec.Read(ref reader));
        }

        return elements;
    }

    public static List<T> Copy<T>(IEnumerable<T> elements, CopyContext context) => [.. elements.Select(context.Copy)];

    public static bool AreImmutable<T>() => Codec<T>.Shared.IsImmutable;
}

internal sealed class ArrayCodec<T> : ReferenceCodec<T[]>
{
    protected override void WriteBody(MessageWriter writer, T[] value) => Elements.Write(writer, value.Length, value);

    protected override T[] ReadBody(ref MessageReader reader, int slot) => [.. Elements.Read<T>(ref reader)];

    protected override T[] CopyBody(T[] value, CopyContext context)
    {
        var copy = (T[])value.Clone();
        context.Record(value, copy);
        if (!Elements.AreImmutable<T>())
        {
            for (var i = 0; i < copy.Length; i++)
            {
                copy[i] = context.Copy(copy[i]);
            }
        }

        return copy;
    }
}

internal sealed class ListCodec<T> : ReferenceCodec<List<T>>
{
    protected override void WriteBody(MessageWriter writer, List<T> value) => Elements.Write(writer, value.Count, value);

    protected override List<T> ReadBody(ref MessageReader reader, int slot)
    {
        var count = reader.Count();
        var list = new List<T>(MessageReader.CapacityFor(count));
        Made(ref reader, slot, list);
        for (var i = 0; i < count; i++)
        {
            list.Add(reader.Value<T>());
        }

        return list;
    }

    protected override List<T> CopyBody(List<T> value, CopyContext context)
    {
        var copy = new List<T>(value);
        context.Record(value, copy);
        if (!Elements.AreImmutable<T>())
        {
            foreach (ref var element in CollectionsMarshal.AsSpan(copy))
            {
                element = context.Copy(element);
            }
        }

        return copy;
    }
}

internal sealed class QueueCodec<T> : ReferenceCodec<Queue<T>>
{
    protected override void WriteBody(MessageWriter writer, Queue<T> value) => Elements.Write(writer, value.Count, value);

    protected override Queue<T> ReadBody(ref MessageReader reader, int slot) => new(Elements.Read<T>(ref reader));

    protected override Queue<T> CopyBody(Queue<T> value, CopyContext context) => new(Elements.Copy(value, context));
}

/// <summary>From the bottom to the top.</summary>
internal sealed class StackCodec<T> : ReferenceCodec<Stack<T>>
{
    protected override void WriteBody(MessageWriter writer, Stack<T> value) => Elements.Write(writer, value.Count, value.Reverse());

    protected override Stack<T> ReadBody(ref MessageReader reader, int slot) => new(Elements.Read<T>(ref reader));

    protected override Stack<T> CopyBody(Stack<T> value, CopyContext context) => new(Elements.Copy(value.Reverse(), context));
}

/// <summary>The comparer's number, then the elements.</summary>
internal sealed class HashSetCodec<T> : ReferenceCodec<HashSet<T>>
{
    protected override void WriteBody(MessageWriter writer, HashSet<T> value)
    {
        Comparers.Write(writer, value.Comparer);
        Elements.Write(writer, value.Count, value);
    }

    protected override HashSet<T> ReadBody(ref MessageReader reader, int slot)
    {
        var comparer = Comparers.ReadEquality<T>(ref reader);
        return Distinct.Check(ref reader, Elements.Read<T>(ref reader), list => new HashSet<T>(list, comparer));
    }

    protected override HashSet<T> CopyBody(HashSet<T> value, CopyContext context)
        => Elements.AreImmutable<T>() ? new HashSet<T>(value, value.Comparer) : new HashSet<T>(Elements.Copy(value, context), value.Comparer);
}

internal sealed class SortedSetCodec<T> : ReferenceCodec<SortedSet<T>>
{
    protected override void WriteBody(MessageWriter writer, SortedSet<T> value)
    {
        Comparers.Write(writer, value.Comparer);
        Elements.Write(writer, value.Count, value);
    }

    protected override SortedSet<T> ReadBody(ref MessageReader reader, int slot)
    {
        var comparer = Comparers.ReadOrder<T>(ref reader);
        return Distinct.Check(ref reader, Elements.Read<T>(ref reader), list => new SortedSet<T>(list, comparer));
    }

    protected override SortedSet<T> CopyBody(SortedSet<T> value, CopyContext context) => new(Elements.Copy(value, context), value.Comparer);
}

internal sealed class ImmutableArrayCodec<T> : Codec<ImmutableArray<T>>
{
    private const byte Default = 0;
    private const byte Present = 1;

    public override bool IsImmutable => Elements.AreImmutable<T>();

    public override void Write(MessageWriter writer, ImmutableArray<T> value)
    {
        if (value.IsDefault)
        {
            writer.Byte(Default);
            return;
        }

        writer.Byte(Present);
        if (value is ImmutableArray<byte> bytes)
        {
            writer.Bytes(bytes.AsSpan());
        }
        else
        {
            Elements.Write(writer, value.Length, value);
        }
    }

    public override ImmutableArray<T> Read(ref MessageReader reader)
    {
        var header = reader.Byte();
        if (header is not (Default or Present))
        {
            throw reader.Malformed(MalformedReason.BadHeader, $"{header} before a {typeof(ImmutableArray<T>)}");
        }

        if (header == Default)
        {
            return default;
        }

        return typeof(T) == typeof(byte)
            ? (ImmutableArray<T>)(object)ImmutableArray.Create(reader.Bytes())
            : ImmutableCollectionsMarshal.AsImmutableArray(Elements.Read<T>(ref reader).ToArray());
    }

    public override ImmutableArray<T> Copy(ImmutableArray<T> value, CopyContext context)
        => value.IsDefault || IsImmutable ? value : [.. Elements.Copy(value, context)];
}

internal static class Distinct
{
    /// <summary>A set of the elements, when none of them comes twice.</summary>
    public static TSet Check<TSet, T>(ref MessageReader reader, List<T> elements, Func<List<T>, TSet> make)
        where TSet : IReadOnlyCollection<T>
    {
        var set = make(elements);
        return set.Count == elements.Count
            ? set
            : throw reader.Malformed(MalformedReason.DuplicateKey, $"{elements.Count} elements, {set.Count} different ones");
    }
}
