using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using System.Numerics;
using Orleans.Serialization;
using Pythia.Embedded.Serialization;
using Shouldly;

namespace Pythia.Embedded.Tests.Serialization;

/// <summary>What is written is read again, equal in value and in type.</summary>
public sealed class RoundTripTests
{
    public static TheoryData<object> Values =>
    [
        true, (byte)200, (sbyte)-3, (short)-300, (ushort)60000, -70000, 4000000000u, long.MinValue, ulong.MaxValue, 'ß', 1.5f, double.NaN, (Half)2.5,
        123.4500m, decimal.MinValue, BigInteger.Pow(-7, 200), BigInteger.Zero, UInt128.MaxValue, Int128.MinValue, Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
        "", "grüß 🙂", new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromMinutes(-90)),
        TimeSpan.MinValue, new DateOnly(2026, 5, 6), new TimeOnly(23, 59), new Uri("https://a.example/b?c"), new Version(1, 2, 3), IPAddress.Loopback,
        IPAddress.Parse("fe80::1%3"), Verdict.Yes, new TestId("0x01"), (1, "two"), (1, 2, 3, 4, 5, 6, 7), Tuple.Create(1, "x"),
        KeyValuePair.Create("a", 1), new SealedMessage(new TestId("0x02"), ulong.MaxValue, [], Verdict.No, "note"),
        new Ring("r", 2, 1), new IPEndPoint(IPAddress.IPv6Loopback, 65535), typeof(List<TestId>), new OldForm("a", -1),
    ];

    public static TheoryData<object> Collections =>
    [
        new byte[] { 0, 255 }, new[] { 1, -2 }, new string?[] { "a", null }, new int?[] { 1, null }, new[] { new[] { 1 }, [] }, new List<Shape> { new Circle("c", 1), new Ring("r", 2, 1) },
        new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["a"] = 1 }, new HashSet<int> { 3, 1 }, new Queue<int>([1, 2]), new Stack<int>([1, 2]),
        new SortedDictionary<int, string> { [2] = "b", [1] = "a" }, new SortedSet<string>(StringComparer.Ordinal) { "b", "A" },
        ImmutableArray.Create(1, 2), ImmutableList.Create("a"), ImmutableHashSet.Create(1, 2), ImmutableDictionary.CreateRange([KeyValuePair.Create(1, "a")]),
        ImmutableSortedDictionary.CreateRange([KeyValuePair.Create(2, "a")]), new Dictionary<int, string> { [1] = "a" }.ToFrozenDictionary(),
        new[] { "a", "b" }.ToFrozenSet(), ImmutableQueue.Create(1, 2),
    ];

    [Theory, MemberData(nameof(Values))]
    public void Deserialize_Value_IsEqual(object value) => RoundTrip<object>(value).ShouldBe(value);

    [Theory, MemberData(nameof(Collections))]
    public void Deserialize_Collection_IsEqualAndOfTheSameKind(object value)
    {
        var read = RoundTrip<object>(value);
        read.ShouldBeOfType(value.GetType());
        ((System.Collections.IEnumerable)read).Cast<object?>().ShouldBe(((System.Collections.IEnumerable)value).Cast<object?>());
    }

    [Fact]
    public void Deserialize_DictionaryWithoutCase_KeepsComparer()
        => RoundTrip(new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["a"] = 1 })["A"].ShouldBe(1);

    [Fact]
    public void Deserialize_Null_IsNull()
    {
        RoundTrip<string?>(null).ShouldBeNull();
        RoundTrip<SealedMessage?>(null).ShouldBeNull();
        RoundTrip<int?>(null).ShouldBeNull();
        RoundTrip<object?>(null).ShouldBeNull();
        RoundTrip(default(ImmutableArray<int>)).IsDefault.ShouldBeTrue();
    }

    [Fact]
    public void Deserialize_EnumWithoutAttributes_IsEqualWhereItIsDeclared() => RoundTrip(DayOfWeek.Friday).ShouldBe(DayOfWeek.Friday);

    [Fact]
    public void Deserialize_Memory_HasTheSameBytes()
    {
        RoundTrip<ReadOnlyMemory<byte>>(new byte[] { 1, 2 }).ToArray().ShouldBe([1, 2]);
        RoundTrip<Memory<byte>>(new byte[] { 3 }).ToArray().ShouldBe([3]);
    }

    [Fact]
    public void Deserialize_RequiredInitAndUnmarkedMembers_OnlyMarkedComeBack()
    {
        var read = RoundTrip(new StateMessage { Counter = 0, Map = new() { ["k"] = [1, 2] }, NotWritten = 9, Outbox = [new(new("0x"), 1, [1], Verdict.Yes)] });
        read.Counter.ShouldBe(0);
        read.Map["k"].ShouldBe([1, 2]);
        read.Outbox.Length.ShouldBe(1);
        read.Outbox[0].Signature.ShouldBe([(byte)1]);
        read.NotWritten.ShouldBe(0);
    }

    [Fact]
    public void Deserialize_PrivateAndInheritedMembersOfAGenericBase_ComeBack()
    {
        var read = RoundTrip(new PageOfIds(7, new TestId("0x03")));
        read.Secret.ShouldBe(7);
        read.Kept.ShouldBe(new TestId("0x03"));
    }

    [Fact]
    public void Deserialize_GenericMessage_ComesBack()
    {
        var read = RoundTrip<object>(new Page<TestId>([new("0x04")], "next")).ShouldBeOfType<Page<TestId>>();
        read.Items.ShouldBe([new TestId("0x04")]);
        read.Next.ShouldBe("next");
    }

    [Fact]
    public void Deserialize_DerivedWhereBaseIsDeclared_KeepsItsType() => RoundTrip<Shape>(new Ring("r", 2, 1)).ShouldBe(new Ring("r", 2, 1));

    [Fact]
    public void Deserialize_Struct_ComesBack()
    {
        var read = RoundTrip(new MutableStruct { Numbers = [1, 2], Pair = (3, "x") });
        read.Numbers.ShouldBe([1, 2]);
        read.Pair.ShouldBe((3, "x"));
    }

    [Fact]
    public void Deserialize_Cycle_IsTheSameCycle()
    {
        var node = new Node { Anything = 5 };
        node.Next = node;
        node.Others.Add(node);
        var read = RoundTrip(node);
        read.Next.ShouldBeSameAs(read);
        read.Others[0].ShouldBeSameAs(read);
        read.Anything.ShouldBe(5);
    }

    [Fact]
    public void Deserialize_QueryAndCollectionExpression_ArriveAsList()
    {
        RoundTrip<IEnumerable<int>>(new[] { 1, 2 }.Select(x => x * 2)).ShouldBe([2, 4]);
        RoundTrip<IReadOnlyList<string>>(["a", "b"]).ShouldBe(["a", "b"]);
        RoundTrip<IReadOnlyDictionary<string, int>>(new Dictionary<string, int> { ["a"] = 1 }.AsReadOnly())["a"].ShouldBe(1);
        RoundTrip<IReadOnlyList<int>>(ImmutableArray.Create(1)).ShouldBeOfType<ImmutableArray<int>>();
    }

    [Fact]
    public void Deserialize_ConvertedType_ComesBack() => RoundTrip(new List<Foreign> { new(4) })[0].Value.ShouldBe(4);

    [Fact]
    public void Deserialize_OlderAndNewerForm_SkipsUnknownAndDefaultsMissing()
    {
        var newer = MessageSerializer.Deserialize<NewForm>(MessageSerializer.Serialize(new OldForm("a", 7)));
        newer.ShouldBe(new NewForm("a", null, 0));
        var older = MessageSerializer.Deserialize<OldForm>(MessageSerializer.Serialize(new NewForm("b", ["x", "yy"], 300)));
        older.ShouldBe(new OldForm("b", 0));
    }

    [Fact]
    public void Serialize_SmallMessage_IsCompact()
        => MessageSerializer.Serialize(new OldForm("a", -1)).ShouldBe([1, 3, 2, 2, (byte)'a', 4, 1, 0]);

    [Fact]
    public void Serialize_TypeWithoutCodec_NamesIt()
        => Should.Throw<CodecNotFoundException>(() => MessageSerializer.Serialize(new Node { Anything = new PlainHolder() })).Message.ShouldContain(nameof(PlainHolder));

    [Fact]
    public void Serialize_DeeperThanAllowed_IsRefused()
    {
        var deep = new Node();
        for (var i = 0; i < MessageWriter.MaxDepth; i++)
        {
            deep = new Node { Next = deep };
        }

        Should.Throw<SerializerException>(() => MessageSerializer.Serialize(deep)).Message.ShouldContain("200");
        Should.Throw<SerializerException>(() => MessageCopier.Copy(deep)).Message.ShouldContain("200");
    }

    private static T RoundTrip<T>(T value) => MessageSerializer.Deserialize<T>(MessageSerializer.Serialize(value));

    private sealed class PlainHolder;
}
