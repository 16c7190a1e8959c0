// Maps: the comparer's number, a count, then key and value in turn.
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Pythia.Embedded.Serialization;

/// <summary>What all maps share; a subclass says how one is made of pairs, under which comparer.</summary>
internal abstract class MapCodec<TMap, TKey, TValue, TComparer> : ReferenceCodec<TMap>
    where TMap : class, IReadOnlyDictionary<TKey, TValue>
    where TKey : notnull
    where TComparer : class
{
    protected abstract TComparer ComparerOf(TMap map);

    /// <summary>The map of these pairs, none of whose keys comes twice.</summary>
    protected abstract TMap Make(Dictionary<TKey, TValue> pairs, TComparer comparer);

    protected sealed override void WriteBody(MessageWriter writer, TMap value)
    {
        WriteComparer(writer, ComparerOf(value));
        writer.VarInt((ulong)value.Count);
        foreach (var (key, item) in value)
        {
            writer.Value(key);
            writer.Value(item);
        }
    }

    protected sealed override TMap ReadBody(ref MessageReader reader, int slot)
    {
        var comparer = ReadComparer(ref reader);
        var count = reader.Count();
        var pairs = NewPairs(MessageReader.CapacityFor(count), comparer);
        var map = pairs as TMap;
        if (map is not null)
        {
            Made(ref reader, slot, map);
        }

        for (var i = 0; i < count; i++)
        {
            var key = reader.Value<TKey>();
            if (key is null || !pairs.TryAdd(key, reader.Value<TValue>()))
            {
                throw reader.Malformed(MalformedReason.DuplicateKey, $"key {key?.ToString() ?? "null"} of a {typeof(TMap)}");
            }
        }

        return map ?? Make(pairs, comparer);
    }

    protected sealed override TMap CopyBody(TMap value, CopyContext context)
    {
        var comparer = ComparerOf(value);
        var pairs = NewPairs(value.Count, comparer);
        var map = pairs as TMap;
        if (map is not null)
        {
            context.Record(value, map);
        }

        foreach (var (key, item) in value)
        {
            pairs.Add(context.Copy(key), context.Copy(item));
        }

        return map ?? Make(pairs, comparer);
    }

    private static void WriteComparer(MessageWriter writer, TComparer comparer)
    {
        if (comparer is IEqualityComparer<TKey> equality)
        {
            Comparers.Write(writer, equality);
        }
        else
        {
            Comparers.Write(writer, (IComparer<TKey>)(object)comparer);
        }
    }

    private static TComparer ReadComparer(ref MessageReader reader) => typeof(TComparer) == typeof(IEqualityComparer<TKey>)
        ? (TComparer)Comparers.ReadEquality<TKey>(ref reader)
        : (TComparer)Comparers.ReadOrder<TKey>(ref reader);

    private static Dictionary<TKey, TValue> NewPairs(int capacity, TComparer comparer) => new(capacity, comparer as IEqualityComparer<TKey>);
}

internal sealed class DictionaryCodec<TKey, TValue> : MapCodec<Dictionary<TKey, TValue>, TKey, TValue, IEqualityComparer<TKey>>
    where TKey : notnull
{
    protected override IEqualityComparer<TKey> ComparerOf(Dictionary<TKey, TValue> map) => map.Comparer;

    protected override Dictionary<TKey, TValue> Make(Dictionary<TKey, TValue> pairs, IEqualityComparer<TKey> comparer) => pairs;
}

internal sealed class ConcurrentDictionaryCodec<TKey, TValue> : MapCodec<ConcurrentDictionary<TKey, TValue>, TKey, TValue, IEqualityComparer<TKey>>
    where TKey : notnull
{
    protected override IEqualityComparer<TKey> ComparerOf(ConcurrentDictionary<TKey, TValue> map) => map.Comparer;

    protected override ConcurrentDictionary<TKey, TValue> Make(Dictionary<TKey, TValue> pairs, IEqualityComparer<TKey> comparer) => new(pairs, comparer);
}

internal sealed class SortedDictionaryCodec<TKey, TValue> : MapCodec<SortedDictionary<TKey, TValue>, TKey, TValue, IComparer<TKey>>
    where TKey : notnull
{
    protected override IComparer<TKey> ComparerOf(SortedDictionary<TKey, TValue> map) => map.Comparer;

    protected override SortedDictionary<TKey, TValue> Make(Dictionary<TKey, TValue> pairs, IComparer<TKey> comparer) => new(pairs, comparer);
}

internal sealed class FrozenDictionaryCodec<TKey, TValue> : MapCodec<FrozenDictionary<TKey, TValue>, TKey, TValue, IEqualityComparer<TKey>>
    where TKey : notnull
{
    public override bool IsImmutable => Elements.AreImmutable<TKey>() && Elements.AreImmutable<TValue>();

    internal override bool TakesDerived => true;

    protected override IEqualityComparer<TKey> ComparerOf(FrozenDictionary<TKey, TValue> map) => map.Comparer;

    protected override FrozenDictionary<TKey, TValue> Make(Dictionary<TKey, TValue> pairs, IEqualityComparer<TKey> comparer) => pairs.ToFrozenDictionary(comparer);
}

internal sealed class ImmutableDictionaryCodec<TKey, TValue> : MapCodec<ImmutableDictionary<TKey, TValue>, TKey, TValue, IEqualityComparer<TKey>>
    where TKey : notnull
{
    public override bool IsImmutable => Elements.AreImmutable<TKey>() && Elements.AreImmutable<TValue>();

    protected override IEqualityComparer<TKey> ComparerOf(ImmutableDictionary<TKey, TValue> map) => map.KeyComparer;

    protected override ImmutableDictionary<TKey, TValue> Make(Dictionary<TKey, TValue> pairs, IEqualityComparer<TKey> comparer)
        => pairs.ToImmutableDictionary(comparer);
}

internal sealed class ImmutableSortedDictionaryCodec<TKey, TValue> : MapCodec<ImmutableSortedDictionary<TKey, TValue>, TKey, TValue, IComparer<TKey>>
    where TKey : notnull
{
    public override bool IsImmutable => Elements.AreImmutable<TKey>() && Elements.AreImmutable<TValue>();

    protected override IComparer<TKey> ComparerOf(ImmutableSortedDictionary<TKey, TValue> map) => map.KeyComparer;

    protected override ImmutableSortedDictionary<TKey, TValue> Make(Dictionary<TKey, TValue> pairs, IComparer<TKey> comparer)
        => pairs.ToImmutableSortedDictionary(comparer);
}
