using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using Orleans.Concurrency;

namespace Pythia.Embedded.Serialization;

/// <summary>The types that have a codec by themselves, each with its name in bytes; the generator's list of them is in step with this one.</summary>
internal static class BuiltInCodecs
{
    public static void Register()
    {
        Numbers();
        Values();
        Sequences();
        Maps();
        Interfaces();
        Wrappers();
    }

    private static void Numbers()
    {
        CodecRegistry.Add(new BoolCodec(), "bool");
        CodecRegistry.Add(new UnsignedCodec<byte>(), "byte");
        CodecRegistry.Add(new UnsignedCodec<ushort>(), "ushort");
        CodecRegistry.Add(new UnsignedCodec<uint>(), "uint");
        CodecRegistry.Add(new UnsignedCodec<ulong>(), "ulong");
        CodecRegistry.Add(new UnsignedCodec<char>(), "char");
        CodecRegistry.Add(new SignedCodec<sbyte>(), "sbyte");
        CodecRegistry.Add(new SignedCodec<short>(), "short");
        CodecRegistry.Add(new SignedCodec<int>(), "int");
        CodecRegistry.Add(new SignedCodec<long>(), "long");
        CodecRegistry.Add(new RawCodec<float>(), "float");
        CodecRegistry.Add(new RawCodec<double>(), "double");
        CodecRegistry.Add(new RawCodec<Half>(), "half");
        CodecRegistry.Add(new RawCodec<Int128>(), "int128");
        CodecRegistry.Add(new RawCodec<UInt128>(), "uint128");
        CodecRegistry.Add(new RawCodec<Guid>(), "guid");
        CodecRegistry.Add(new DecimalCodec(), "decimal");
        CodecRegistry.Add(new BigIntegerCodec(), "bigint");
        CodecRegistry.Add(new ConvertedCodec<Rune>(rune => rune.Value, number => new Rune(checked((int)number))), "rune");
    }

    private static void Values()
    {
        CodecRegistry.Add(new StringCodec(), "string");
        CodecRegistry.Add(new DateTimeCodec(), "datetime");
        CodecRegistry.Add(new DateTimeOffsetCodec(), "datetimeoffset");
        CodecRegistry.Add(new ConvertedCodec<TimeSpan>(span => span.Ticks, ticks => new TimeSpan(ticks)), "timespan");
        CodecRegistry.Add(new ConvertedCodec<DateOnly>(date => date.DayNumber, day => DateOnly.FromDayNumber(checked((int)day))), "dateonly");
        CodecRegistry.Add(new ConvertedCodec<TimeOnly>(time => time.Ticks, ticks => new TimeOnly(ticks)), "timeonly");
        CodecRegistry.Add(new TextFormCodec<Uri>(uri => uri.OriginalString, text => new Uri(text, UriKind.RelativeOrAbsolute)), "uri");
        CodecRegistry.Add(new TextFormCodec<Version>(version => version.ToString(), Version.Parse), "version");
        CodecRegistry.Add(new IPAddressCodec(), "ip");
        CodecRegistry.Add(new IPEndPointCodec(), "ipendpoint");
        CodecRegistry.Add(new GrainIdCodec(), "grainid");
        CodecRegistry.Add(new TypeCodec(), "type");
        CodecRegistry.Add(new ByteArrayCodec(), "bytes");
        CodecRegistry.Add(new ReadOnlyMemoryCodec(), "readonlymemory");
        CodecRegistry.Add(new MemoryCodec(), "memory");
        CodecRegistry.Add(new RunTimeTypeCodec<object>(), "object");
        CodecRegistry.Add(new AggregateExceptionCodec(), "aggregate");
        CodecRegistry.Add(new CancellationTokenCodec(), "cancellation");
    }

    private static void Sequences()
    {
        CodecRegistry.AddOpen(typeof(List<>), typeof(ListCodec<>), "list");
        CodecRegistry.AddOpen(typeof(Queue<>), typeof(QueueCodec<>), "queue");
        CodecRegistry.AddOpen(typeof(Stack<>), typeof(StackCodec<>), "stack");
        CodecRegistry.AddOpen(typeof(HashSet<>), typeof(HashSetCodec<>), "set");
        CodecRegistry.AddOpen(typeof(SortedSet<>), typeof(SortedSetCodec<>), "sortedset");
        CodecRegistry.AddOpen(typeof(ImmutableArray<>), typeof(ImmutableArrayCodec<>), "immutablearray");
        CodecRegistry.AddOpen(typeof(ImmutableList<>), typeof(ImmutableListCodec<>), "immutablelist");
        CodecRegistry.AddOpen(typeof(ImmutableQueue<>), typeof(ImmutableQueueCodec<>), "immutablequeue");
        CodecRegistry.AddOpen(typeof(ImmutableHashSet<>), typeof(ImmutableHashSetCodec<>), "immutableset");
        CodecRegistry.AddOpen(typeof(ImmutableSortedSet<>), typeof(ImmutableSortedSetCodec<>), "immutablesortedset");
        CodecRegistry.AddOpen(typeof(FrozenSet<>), typeof(FrozenSetCodec<>), "frozenset");
    }

    private static void Maps()
    {
        CodecRegistry.AddOpen(typeof(Dictionary<,>), typeof(DictionaryCodec<,>), "map");
        CodecRegistry.AddOpen(typeof(ConcurrentDictionary<,>), typeof(ConcurrentDictionaryCodec<,>), "concurrentmap");
        CodecRegistry.AddOpen(typeof(SortedDictionary<,>), typeof(SortedDictionaryCodec<,>), "sortedmap");
        CodecRegistry.AddOpen(typeof(FrozenDictionary<,>), typeof(FrozenDictionaryCodec<,>), "frozenmap");
        CodecRegistry.AddOpen(typeof(ImmutableDictionary<,>), typeof(ImmutableDictionaryCodec<,>), "immutablemap");
        CodecRegistry.AddOpen(typeof(ImmutableSortedDictionary<,>), typeof(ImmutableSortedDictionaryCodec<,>), "immutablesortedmap");
    }

    private static void Interfaces()
    {
        CodecRegistry.AddOpen(typeof(IEnumerable<>), typeof(EnumerableCodec<>), "ienumerable");
        CodecRegistry.AddOpen(typeof(IReadOnlyCollection<>), typeof(ReadOnlyCollectionCodec<>), "ireadonlycollection");
        CodecRegistry.AddOpen(typeof(IReadOnlyList<>), typeof(ReadOnlyListCodec<>), "ireadonlylist");
        CodecRegistry.AddOpen(typeof(ICollection<>), typeof(CollectionCodec<>), "icollection");
        CodecRegistry.AddOpen(typeof(IList<>), typeof(ListInterfaceCodec<>), "ilist");
        CodecRegistry.AddOpen(typeof(ISet<>), typeof(SetInterfaceCodec<>), "iset");
        CodecRegistry.AddOpen(typeof(IReadOnlySet<>), typeof(ReadOnlySetCodec<>), "ireadonlyset");
        CodecRegistry.AddOpen(typeof(IDictionary<,>), typeof(DictionaryInterfaceCodec<,>), "idictionary");
        CodecRegistry.AddOpen(typeof(IReadOnlyDictionary<,>), typeof(ReadOnlyDictionaryCodec<,>), "ireadonlydictionary");
    }

    private static void Wrappers()
    {
        CodecRegistry.AddOpen(typeof(Nullable<>), typeof(NullableCodec<>), "nullable");
        CodecRegistry.AddOpen(typeof(KeyValuePair<,>), typeof(PairCodec<,>), "pair");
        CodecRegistry.AddOpen(typeof(Immutable<>), typeof(ImmutableWrapperCodec<>), "immutable");
        CodecRegistry.AddOpen(typeof(ValueTuple<>), typeof(ValueTupleCodec<>), "valuetuple1");
        CodecRegistry.AddOpen(typeof(ValueTuple<,>), typeof(ValueTupleCodec<,>), "valuetuple2");
        CodecRegistry.AddOpen(typeof(ValueTuple<,,>), typeof(ValueTupleCodec<,,>), "valuetuple3");
        CodecRegistry.AddOpen(typeof(ValueTuple<,,,>), typeof(ValueTupleCodec<,,,>), "valuetuple4");
        CodecRegistry.AddOpen(typeof(ValueTuple<,,,,>), typeof(ValueTupleCodec<,,,,>), "valuetuple5");
        CodecRegistry.AddOpen(typeof(ValueTuple<,,,,,>), typeof(ValueTupleCodec<,,,,,>), "valuetuple6");
        CodecRegistry.AddOpen(typeof(ValueTuple<,,,,,,>), typeof(ValueTupleCodec<,,,,,,>), "valuetuple7");
        CodecRegistry.AddOpen(typeof(Tuple<,>), typeof(TupleCodec<,>), "tuple2");
        CodecRegistry.AddOpen(typeof(Tuple<,,>), typeof(TupleCodec<,,>), "tuple3");
        CodecRegistry.AddOpen(typeof(Tuple<,,,>), typeof(TupleCodec<,,,>), "tuple4");
    }

    /// <summary>Passes by itself; that a callee hears of a cancellation is the runtime's affair.</summary>
    private sealed class CancellationTokenCodec : ImmutableCodec<CancellationToken>
    {
        public override void Write(MessageWriter writer, CancellationToken value)
            => throw new Orleans.Serialization.SerializerException("a CancellationToken is carried by the runtime, never in bytes");

        public override CancellationToken Read(ref MessageReader reader)
            => throw reader.Malformed(MalformedReason.WrongType, "a CancellationToken is carried by the runtime, never in bytes");
    }
}
