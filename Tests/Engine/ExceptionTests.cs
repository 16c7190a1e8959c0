using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Errors on their way from grain to caller.</summary>
[Collection(nameof(EngineCollection))]
public sealed class ExceptionTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    private IThrowingGrain Grain => engine.Client.GetGrain<IThrowingGrain>(_key);

    [Fact]
    public async Task Exception_ThroughTwoCalls_KeepsTypeAndMembers()
    {
        var thrown = await Assert.ThrowsAsync<MarkedException>(() => Grain.ThrowViaAsync(_key + "-far", "from afar", 7));
        Assert.Equal((7, "from afar"), (thrown.Code, thrown.Message));
    }

    [Fact]
    public async Task Exception_OfAnotherGrain_IsCaughtByItsType() => Assert.Equal(9, await Grain.CatchFromAsync(_key + "-other", 9));

    [Fact]
    public async Task Exception_AroundAnother_KeepsIt()
    {
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(Grain.ThrowNestedAsync);
        Assert.Equal("inner", Assert.IsType<FormatException>(thrown.InnerException).Message);
    }

    [Fact]
    public async Task Exception_OfAValueTask_Arrives()
        => await Assert.ThrowsAsync<KeyNotFoundException>(async () => await Grain.ThrowValueAsync());

    [Fact]
    public async Task Exception_Cancelled_ArrivesAsSuch() => await Assert.ThrowsAnyAsync<OperationCanceledException>(Grain.ThrowCancelledAsync);

    [Fact]
    public async Task Exception_ThatNobodyWaitsFor_ReachesNobody()
    {
        // Often, since a callee that is quicker than its caller must not be heard either.
        for (var call = 0; call < 500; call++)
        {
            await Grain.ThrowUnheardAsync();
        }

        await Signals.WaitAsync(_key + "-thrown");
        Assert.True(await Grain.InstanceAsync() > 0);
    }

    [Fact]
    public async Task Exception_Thrown_LeavesTheActivationAsItIs()
    {
        var before = await Grain.InstanceAsync();
        await Assert.ThrowsAsync<MarkedException>(() => Grain.ThrowAsync("again", 1));
        Assert.Equal(before, await Grain.InstanceAsync());
    }

    [Fact]
    public async Task Exception_ReceivedTwice_AreTwoObjects()
    {
        var one = await Assert.ThrowsAsync<MarkedException>(() => Grain.ThrowAsync("one", 1));
        var two = await Assert.ThrowsAsync<MarkedException>(() => Grain.ThrowAsync("two", 2));
        Assert.Equal((1, 2), (one.Code, two.Code));
    }
}
