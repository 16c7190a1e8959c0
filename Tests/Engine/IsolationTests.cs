using Orleans.Concurrency;
using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>What one side of a call does to a message, the other does not see; what hangs together in it stays so.</summary>
[Collection(nameof(EngineCollection))]
public sealed class IsolationTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    private IIsolationGrain Grain => engine.Client.GetGrain<IIsolationGrain>(_key);

    [Fact]
    public async Task Message_OneObjectInTwoPlaces_IsStillOne()
    {
        var shared = new Node { Name = "shared" };
        Assert.True(await Grain.AreSameAsync(new Node { Next = shared, Other = shared }));
        Assert.False(await Grain.AreSameAsync(new Node { Next = new Node { Name = "a" }, Other = new Node { Name = "a" } }));
    }

    [Fact]
    public async Task Message_ThatLeadsBackToItself_DoesSoAtTheOtherEnd()
    {
        var ring = new Node { Name = "one", Next = new Node { Name = "two" } };
        ring.Next.Next = ring;
        var back = await Grain.ReturnAsync(ring);
        Assert.NotSame(ring, back);
        Assert.Same(back, back!.Next!.Next);
        Assert.Equal("two", back.Next.Name);
    }

    [Fact]
    public async Task Message_OfADerivedClass_StaysOfIt()
        => Assert.Equal(7, Assert.IsType<WideNode>(await Grain.ReturnAsync(new WideNode { Width = 7 })).Width);

    [Fact]
    public async Task Message_Null_ArrivesAsNull() => Assert.Null(await Grain.ReturnAsync(null));

    [Fact]
    public async Task Immutable_Wrapped_Arrives() => Assert.Equal(6, await Grain.SumAsync(new[] { 1, 2, 3 }.AsImmutable()));

    [Fact]
    public async Task Argument_OfOneGrainChangedByAnother_IsUnchangedAtTheFirst() => Assert.True(await Grain.LetChangeAsync(_key + "-other"));

    [Fact]
    public async Task Result_KeptAndChangedByTheGrain_IsUnchangedAtTheCaller()
    {
        var first = await Grain.GrowAsync(1);
        Assert.Equal([1, 2], await Grain.GrowAsync(2));
        Assert.Equal([1], first);
    }
}
