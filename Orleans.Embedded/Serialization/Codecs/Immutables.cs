// Collections that never change; those of elements that never change are not copied.
using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Pythia.Embedded.Serialization;

/// <summary>A count and the elements; a subclass says how the collection is made of them.</summary>
internal abstract class ImmutableSequenceCodec<TCollection, T> : ReferenceCodec<TCollection>
    where TCollection : class, IEnumerable<T>
{
    public sealed override bool IsImmutable => Elements.AreImmutable<T>();

    protected abstract TCollection Make(List<T> elements);

    protected sealed override void WriteBody(MessageWriter writer, TCollection value)
    {
        var elements = value as IReadOnlyCollection<T> ?? [.. value];
        Elements.Write(writer, elements.Count, elements);
    }

    protected sealed override TCollection ReadBody(ref MessageReader reader, int slot) => Make(Elements.Read<T>(ref reader));

    protected sealed override TCollection CopyBody(TCollection value, CopyContext context) => Make(Elements.Copy(value, context));
}

internal sealed class ImmutableListCodec<T> : ImmutableSequenceCodec<ImmutableList<T>, T>
{
    protected override ImmutableList<T> Make(List<T> elements) => [.. elements];
}

internal sealed class ImmutableQueueCodec<T> : ImmutableSequenceCodec<ImmutableQueue<T>, T>
{
    protected override ImmutableQueue<T> Make(List<T> elements) => [.. elements];
}

/// <summary>A set that never changes: the comparer's number, a count, the elements.</summary>
internal abstract class ImmutableSetCodec<TSet, T, TComparer> : ReferenceCodec<TSet>
    where TSet : class, IReadOnlyCollection<T>
{
    public sealed override bool IsImmutable => Elements.AreImmutable<T>();

    protected abstract void WriteComparer(MessageWriter writer, TSet set);

    protected abstract TComparer ReadComparer(ref MessageReader reader);

    protected abstract TComparer ComparerOf(TSet set);

    protected abstract TSet Make(List<T> elements, TComparer comparer);

    protected sealed override void WriteBody(MessageWriter writer, TSet value)
    {
        WriteComparer(writer, value);
        Elements.Write(writer, value.Count, value);
    }

    protected sealed override TSet ReadBody(ref MessageReader reader, int slot)
    {
        var comparer = ReadComparer(ref reader);
        return Distinct.Check(ref reader, Elements.Read<T>(ref reader), list => Make(list, comparer));
    }

    protected sealed override TSet CopyBody(TSet value, CopyContext context) => Make(Elements.Copy(value, context), ComparerOf(value));
}

internal sealed class ImmutableHashSetCodec<T> : ImmutableSetCodec<ImmutableHashSet<T>, T, IEqualityComparer<T>>
{
    protected override void WriteComparer(MessageWriter writer, ImmutableHashSet<T> set) => Comparers.Write(writer, set.KeyComparer);

    protected override IEqualityComparer<T> ReadComparer(ref MessageReader reader) => Comparers.ReadEquality<T>(ref reader);

    protected override IEqualityComparer<T> ComparerOf(ImmutableHashSet<T> set) => set.KeyComparer;

    protected override ImmutableHashSet<T> Make(List<T> elements, IEqualityComparer<T> comparer) => ImmutableHashSet.CreateRange(comparer, elements);
}

internal sealed class ImmutableSortedSetCodec<T> : ImmutableSetCodec<ImmutableSortedSet<T>, T, IComparer<T>>
{
    protected override void WriteComparer(MessageWriter writer, ImmutableSortedSet<T> set) => Comparers.Write(writer, set.KeyComparer);

    protected override IComparer<T> ReadComparer(ref MessageReader reader) => Comparers.ReadOrder<T>(ref reader);

    protected override IComparer<T> ComparerOf(ImmutableSortedSet<T> set) => set.KeyComparer;

    protected override ImmutableSortedSet<T> Make(List<T> elements, IComparer<T> comparer) => ImmutableSortedSet.CreateRange(comparer, elements);
}

internal sealed class FrozenSetCodec<T> : ImmutableSetCodec<FrozenSet<T>, T, IEqualityComparer<T>>
{
    internal override bool TakesDerived => true;

    protected override void WriteComparer(MessageWriter writer, FrozenSet<T> set) => Comparers.Write(writer, set.Comparer);

    protected override IEqualityComparer<T> ReadComparer(ref MessageReader reader) => Comparers.ReadEquality<T>(ref reader);

    protected override IEqualityComparer<T> ComparerOf(FrozenSet<T> set) => set.Comparer;

    protected override FrozenSet<T> Make(List<T> elements, IEqualityComparer<T> comparer) => elements.ToFrozenSet(comparer);
}
