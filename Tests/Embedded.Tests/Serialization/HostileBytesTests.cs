using System.Collections.Immutable;
using Orleans.Serialization;
using Pythia.Embedded.Serialization;
using Shouldly;
using Xunit.Abstractions;

namespace Pythia.Embedded.Tests.Serialization;

/// <summary>Bytes that nobody vouches for give a value or a <see cref="MalformedMessageException"/>, never anything else.</summary>
public sealed class HostileBytesTests(ITestOutputHelper output)
{
    private const int Mutations = 10_000;

    public static TheoryData<string> Names => [.. Samples.Keys];

    /// <summary>A message of each kind, with the function that reads it.</summary>
    private static Dictionary<string, (byte[] Bytes, Func<byte[], object?> Read)> Samples => new(StringComparer.Ordinal)
    {
        ["sealed"] = Of(new SealedMessage(new TestId("0x01"), ulong.MaxValue, [1, 2, 3], Verdict.Yes, "grüß")),
        ["state"] = Of(new StateMessage { Map = new() { ["k"] = [1, 2], ["l"] = [] }, Outbox = [new(new("0x"), 1, [1], Verdict.Yes)] }),
        ["shapes"] = Of<List<Shape>>([new Circle("c", 1), new Ring("r", 2, 1)]),
        ["object"] = Of<object>(new Dictionary<string, object> { ["a"] = new List<int> { 1 }, ["b"] = 5m, ["c"] = new Page<TestId>([new("x")], null) }),
        ["node"] = Of(new Node { Next = new Node { Anything = DateTimeOffset.UnixEpoch }, Others = { new Node() } }),
        ["exception"] = Of<Exception>(new MarkedException("m", 1, new AggregateException(new TimeoutException()))),
        ["tuple"] = Of((1, "a", new HashSet<int> { 1, 2 }, ImmutableSortedDictionary.CreateRange([KeyValuePair.Create("a", Guid.Empty)]), new Version(1, 2))),
        ["foreign"] = Of<Foreign[]>([new(1), new(2)]),
    };

    [Theory, MemberData(nameof(Names))]
    public void Deserialize_CutAtEveryLength_IsMalformed(string name)
    {
        var (bytes, read) = Samples[name];
        for (var length = 0; length < bytes.Length; length++)
        {
            Should.Throw<MalformedMessageException>(() => read(bytes[..length]), $"{name} cut to {length} of {bytes.Length}");
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Deserialize_BytesAppended_IsTrailing(string name)
    {
        var (bytes, read) = Samples[name];
        Should.Throw<MalformedMessageException>(() => read([.. bytes, 0])).Reason.ShouldBe(MalformedReason.TrailingBytes);
    }

    [Fact]
    public void Deserialize_RandomChanges_GiveAValueOrMalformed()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var samples = Samples.Values.ToArray();
        var refused = 0;
        for (var i = 0; i < Mutations; i++)
        {
            var (original, read) = samples[i % samples.Length];
            var bytes = Mutate(original, random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            refused += IsRefused(bytes, read, seed) ? 1 : 0;
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(2_000_000, $"seed {seed}: {Convert.ToHexString(bytes)}");
        }

        output.WriteLine($"{refused} of {Mutations} refused");
        refused.ShouldBeGreaterThan(Mutations / 4);
    }

    [Fact]
    public void Deserialize_RandomBytes_GiveAValueOrMalformed()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var samples = Samples.Values.ToArray();
        for (var i = 0; i < Mutations; i++)
        {
            var bytes = new byte[random.Next(64)];
            random.NextBytes(bytes);
            IsRefused(bytes, samples[i % samples.Length].Read, seed);
        }
    }

    [Theory]
    [InlineData(MalformedReason.CountTooLarge, typeof(List<int>), "01 ff ff ff ff 07")]
    [InlineData(MalformedReason.CountTooLarge, typeof(Guid[]), "01 80 80 80 80 80 80 80 80 80 01")]
    [InlineData(MalformedReason.CutShort, typeof(string), "ff ff ff ff 07")]
    [InlineData(MalformedReason.CutShort, typeof(byte[]), "01 ff ff ff ff 0f")]
    [InlineData(MalformedReason.BadNumber, typeof(int), "80 00")]
    [InlineData(MalformedReason.BadNumber, typeof(ulong), "ff ff ff ff ff ff ff ff ff 02")]
    [InlineData(MalformedReason.BadNumber, typeof(ulong), "ff ff ff ff ff ff ff ff ff ff 01")]
    [InlineData(MalformedReason.BadNumber, typeof(byte), "80 02")]
    [InlineData(MalformedReason.BadNumber, typeof(bool), "02")]
    [InlineData(MalformedReason.BadText, typeof(string), "02 ff")]
    [InlineData(MalformedReason.BadHeader, typeof(Node), "04")]
    [InlineData(MalformedReason.BadHeader, typeof(object), "01")]
    [InlineData(MalformedReason.BadHeader, typeof(int?), "02")]
    [InlineData(MalformedReason.BadReference, typeof(Node), "03 00")]
    [InlineData(MalformedReason.UnknownType, typeof(object), "02 02 78")]
    [InlineData(MalformedReason.WrongType, typeof(Node), "02 04 69 6e 74 02")]
    [InlineData(MalformedReason.DuplicateKey, typeof(HashSet<int>), "01 00 02 02 02")]
    [InlineData(MalformedReason.DuplicateKey, typeof(Dictionary<int, int>), "01 00 02 02 00 02 00")]
    [InlineData(MalformedReason.ValueRefused, typeof(decimal), "00 00 00 00 00 00 00 00 00 00 00 00 ff ff ff 7f")]
    [InlineData(MalformedReason.ValueRefused, typeof(TimeOnly), "01")]
    [InlineData(MalformedReason.WrongKind, typeof(OldForm), "01 02 05 00")]
    public void Deserialize_KindOfDamage_HasItsReason(MalformedReason reason, Type type, string hex)
    {
        var bytes = Convert.FromHexString(hex.Replace(" ", string.Empty));
        var read = typeof(HostileBytesTests).GetMethod(nameof(Read), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!.MakeGenericMethod(type);
        var thrown = Should.Throw<System.Reflection.TargetInvocationException>(() => read.Invoke(null, [bytes])).InnerException;
        thrown.ShouldBeOfType<MalformedMessageException>().Reason.ShouldBe(reason);
    }

    [Fact]
    public void Deserialize_DeeperThanAllowed_IsTooDeep()
    {
        // 01 the declared type, 03 (id 0, delimited), length of the rest: a Node in a Node in a Node.
        byte[] bytes = [0];
        for (var i = 0; i < 1000; i++)
        {
            bytes = [1, 3, .. VarInt(bytes.Length), .. bytes, 0];
        }

        Should.Throw<MalformedMessageException>(() => MessageSerializer.Deserialize<Node>(bytes)).Reason.ShouldBe(MalformedReason.TooDeep);
    }

    [Fact]
    public void Deserialize_DeepTypeName_IsUnknown()
    {
        var name = string.Concat(Enumerable.Repeat("list<", 20)) + "int" + new string('>', 20);
        byte[] bytes = [2, .. VarInt(name.Length + 1), .. System.Text.Encoding.UTF8.GetBytes(name), 0];
        Should.Throw<MalformedMessageException>(() => MessageSerializer.Deserialize<object>(bytes)).Reason.ShouldBe(MalformedReason.UnknownType);
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = original.ToArray();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)0xff : (byte)random.Next(256);
        }

        return random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    private static bool IsRefused(byte[] bytes, Func<byte[], object?> read, int seed)
    {
        try
        {
            read(bytes);
            return false;
        }
        catch (MalformedMessageException)
        {
            return true;
        }
        catch (Exception other) when (other is not CodecNotFoundException)
        {
            throw new InvalidOperationException($"seed {seed}: {Convert.ToHexString(bytes)} gave {other.GetType()}", other);
        }
    }

    private static (byte[] Bytes, Func<byte[], object?> Read) Of<T>(T value) => (MessageSerializer.Serialize(value), bytes => Read<T>(bytes));

    private static T Read<T>(byte[] bytes) => MessageSerializer.Deserialize<T>(bytes);

    private static byte[] VarInt(int value)
    {
        using var writer = new MessageWriter();
        writer.VarInt((ulong)value);
        return writer.ToArray();
    }
}
