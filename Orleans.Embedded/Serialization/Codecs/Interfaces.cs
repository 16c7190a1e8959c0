// Members whose declared type says little: the value's own type decides.
using Orleans.Serialization;

namespace Pythia.Embedded.Serialization;

/// <summary>An object, interface or abstract class: values are written under the name of their own type.</summary>
public sealed class RunTimeTypeCodec<T> : ReferenceCodec<T>
    where T : class
{
    protected override bool CanBeDeclared => false;

    protected override void WriteBody(MessageWriter writer, T value) => throw Bare();

    protected override T ReadBody(ref MessageReader reader, int slot)
        => throw reader.Malformed(MalformedReason.WrongType, $"{typeof(T)} has no values of its own");

    protected override T CopyBody(T value, CopyContext context) => throw Bare();

    private protected override Codec CodecFor(T value) => CodecRegistry.FindForValue(value);

    private static CodecNotFoundException Bare() => new($"a bare {typeof(T)} is no message");
}

/// <summary>
/// An interface of a collection. A value of a type that has a codec keeps that type; any other (what a query or a collection expression
/// makes) arrives as <typeparamref name="TPlain"/>.
/// </summary>
internal abstract class CollectionInterfaceCodec<TInterface, TPlain> : ReferenceCodec<TInterface>
    where TInterface : class
    where TPlain : class, TInterface
{
    protected abstract TPlain ToPlain(TInterface value);

    protected sealed override void WriteBody(MessageWriter writer, TInterface value) => Codec<TPlain>.Shared.WriteBoxed(writer, ToPlain(value));

    protected sealed override TInterface ReadBody(ref MessageReader reader, int slot) => (TInterface)Codec<TPlain>.Shared.ReadBoxed(ref reader, slot);

    protected sealed override TInterface CopyBody(TInterface value, CopyContext context)
        => (TInterface)Codec<TPlain>.Shared.CopyBoxed(ToPlain(value), context);

    private protected sealed override Codec CodecFor(TInterface value) => CodecRegistry.TryFindForValue(value, out var codec) ? codec : this;
}

internal sealed class EnumerableCodec<T> : CollectionInterfaceCodec<IEnumerable<T>, List<T>>
{
    protected override List<T> ToPlain(IEnumerable<T> value) => [.. value];
}

internal sealed class ReadOnlyCollectionCodec<T> : CollectionInterfaceCodec<IReadOnlyCollection<T>, List<T>>
{
    protected override List<T> ToPlain(IReadOnlyCollection<T> value) => [.. value];
}

internal sealed class ReadOnlyListCodec<T> : CollectionInterfaceCodec<IReadOnlyList<T>, List<T>>
{
    protected override List<T> ToPlain(IReadOnlyList<T> value) => [.. value];
}

internal sealed class CollectionCodec<T> : CollectionInterfaceCodec<ICollection<T>, List<T>>
{
    protected override List<T> ToPlain(ICollection<T> value) => [.. value];
}

internal sealed class ListInterfaceCodec<T> : CollectionInterfaceCodec<IList<T>, List<T>>
{
    protected override List<T> ToPlain(IList<T> value) => [.. value];
}

internal sealed class SetInterfaceCodec<T> : CollectionInterfaceCodec<ISet<T>, HashSet<T>>
{
    protected override HashSet<T> ToPlain(ISet<T> value) => [.. value];
}

internal sealed class ReadOnlySetCodec<T> : CollectionInterfaceCodec<IReadOnlySet<T>, HashSet<T>>
{
    protected override HashSet<T> ToPlain(IReadOnlySet<T> value) => [.. value];
}

internal sealed class DictionaryInterfaceCodec<TKey, TValue> : CollectionInterfaceCodec<IDictionary<TKey, TValue>, Dictionary<TKey, TValue>>
    where TKey : notnull
{
    protected override Dictionary<TKey, TValue> ToPlain(IDictionary<TKey, TValue> value) => new(value);
}

internal sealed class ReadOnlyDictionaryCodec<TKey, TValue> : CollectionInterfaceCodec<IReadOnlyDictionary<TKey, TValue>, Dictionary<TKey, TValue>>
    where TKey : notnull
{
    protected override Dictionary<TKey, TValue> ToPlain(IReadOnlyDictionary<TKey, TValue> value) => new(value);
}
