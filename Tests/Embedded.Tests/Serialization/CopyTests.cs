using System.Collections.Immutable;
using Orleans.Concurrency;
using Orleans.Serialization;
using Pythia.Embedded.Serialization;
using Shouldly;

namespace Pythia.Embedded.Tests.Serialization;

/// <summary>A copy shares nothing that can be changed, and all that can't.</summary>
public sealed class CopyTests
{
    [Fact]
    public void Copy_ChangeableCollections_AreApart()
    {
        var array = new[] { 1 };
        var list = new List<int[]> { array };
        var map = new Dictionary<string, List<int[]>> { ["a"] = list };
        var copy = MessageCopier.Copy(map);
        map["b"] = [];
        list.Add([]);
        array[0] = 9;
        copy.Keys.ShouldBe(["a"]);
        copy["a"].Count.ShouldBe(1);
        copy["a"][0].ShouldBe([1]);
    }

    [Fact]
    public void Copy_ChangedOnTheOtherSide_LeavesTheFirst()
    {
        var state = new StateMessage { Map = new() { ["k"] = [1] } };
        var copy = MessageCopier.Copy(state);
        copy.Map["k"].Add(2);
        copy.Map.Add("l", []);
        state.Map.Keys.ShouldBe(["k"]);
        state.Map["k"].ShouldBe([1]);
    }

    [Fact]
    public void Copy_StructWithArray_IsApart()
    {
        var value = new MutableStruct { Numbers = [1], Pair = (1, "x") };
        var copy = MessageCopier.Copy(value);
        value.Numbers[0] = 2;
        copy.Numbers.ShouldBe([1]);
        copy.Pair.ShouldBe((1, "x"));
    }

    [Fact]
    public void Copy_Bytes_AreApart()
    {
        var bytes = new byte[] { 1 };
        var copy = MessageCopier.Copy(bytes);
        bytes[0] = 2;
        copy.ShouldBe([(byte)1]);
    }

    [Fact]
    public void Copy_Memory_IsApartFromTheArrayBehind()
    {
        var bytes = new byte[] { 1 };
        var copy = MessageCopier.Copy<ReadOnlyMemory<byte>>(bytes);
        bytes[0] = 2;
        copy.ToArray().ShouldBe([1]);
    }

    [Fact]
    public void Copy_Unchangeable_IsTheSameObject()
    {
        var message = new SealedMessage(new TestId("0x"), 1, [], Verdict.Yes);
        MessageCopier.Copy(message).ShouldBeSameAs(message);
        var list = ImmutableList.Create(message);
        MessageCopier.Copy(list).ShouldBeSameAs(list);
        IReadOnlyList<SealedMessage> hidden = list;
        MessageCopier.Copy(hidden).ShouldBeSameAs(list);
        var said = new List<int> { 1 };
        MessageCopier.Copy(said.AsImmutable()).Value.ShouldBeSameAs(said);
    }

    [Fact]
    public void Copy_ImmutableCollectionOfChangeable_IsApart()
    {
        var inner = new List<int> { 1 };
        var copy = MessageCopier.Copy(ImmutableArray.Create(inner));
        inner.Add(2);
        copy[0].ShouldBe([1]);
    }

    [Fact]
    public void Copy_OneObjectTwice_StaysOneObject()
    {
        var shared = new Node();
        var copy = MessageCopier.Copy(new List<Node> { shared, shared, new() { Next = shared } });
        copy[1].ShouldBeSameAs(copy[0]);
        copy[2].Next.ShouldBeSameAs(copy[0]);
        copy[0].ShouldNotBeSameAs(shared);
    }

    [Fact]
    public void Copy_ManySharedObjects_StayTheSameGraph()
    {
        var nodes = Enumerable.Range(0, 50).Select(_ => new Node()).ToList();
        nodes.ForEach(node => node.Others.AddRange(nodes));
        var copy = MessageCopier.Copy(nodes);
        copy.ShouldAllBe(node => node.Others.SequenceEqual(copy));
        copy.Intersect(nodes).ShouldBeEmpty();
    }

    [Fact]
    public void Copy_Query_IsTakenOnce()
    {
        var runs = 0;
        var copy = MessageCopier.Copy(new[] { 1, 2 }.Select(x => x + runs++));
        copy.ShouldBe(copy);
        runs.ShouldBe(2);
    }

    [Fact]
    public void Copy_DerivedInBase_KeepsItsType()
    {
        Shape shape = new Ring("r", 2, 1);
        MessageCopier.Copy(shape).ShouldBe(shape);
        MessageCopier.Copy(shape).ShouldNotBeSameAs(shape);
    }

    [Fact]
    public void Copy_PrivateMembersAndGenericBase_AreCopied()
    {
        var copy = MessageCopier.Copy(new PageOfIds(7, new TestId("0x")));
        copy.Secret.ShouldBe(7);
        copy.Kept.Hex.ShouldBe("0x");
    }

    [Fact]
    public void Copy_WithoutCodec_IsRefused() => Should.Throw<CodecNotFoundException>(() => MessageCopier.Copy(new CopyTests()));

    [Fact]
    public void Copy_CancellationToken_Passes()
    {
        using var source = new CancellationTokenSource();
        MessageCopier.Copy(source.Token).ShouldBe(source.Token);
    }
}
