using Orleans.Storage;
using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>States, and what happens when two write one.</summary>
[Collection(nameof(EngineCollection))]
public sealed class StateTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    private ITwinGrain Twin => engine.Client.GetGrain<ITwinGrain>(_key);

    private IFragileStateGrain Fragile => engine.Client.GetGrain<IFragileStateGrain>(_key);

    private ITallyGrain Grain => engine.Client.GetGrain<ITallyGrain>(_key);

    [Fact]
    public async Task State_NeverWritten_IsNew()
    {
        var (count, exists, _) = await Grain.GetAsync();
        Assert.Equal((0, false), (count, exists));
    }

    [Fact]
    public async Task State_Written_IsThereInTheNextActivation()
    {
        await Grain.AddAsync(5);
        var (_, _, before) = await Grain.GetAsync();
        await Grain.EndAsync();
        var (count, exists, after) = await Grain.GetAsync();
        Assert.Equal((5, true), (count, exists));
        Assert.NotEqual(before, after);
        Assert.Equal(0, await Grain.OtherAsync());
    }

    [Fact]
    public async Task State_Cleared_IsNewAgain()
    {
        await Grain.AddAsync(5);
        await Grain.ClearAsync();
        Assert.False((await Grain.GetAsync()).Exists);
        Assert.Equal(2, await Grain.AddAsync(2));
    }

    [Fact]
    public async Task Write_WithAStaleEtag_FailsAndEndsTheActivation()
    {
        var before = (await Grain.GetAsync()).Instance;
        await Assert.ThrowsAsync<InconsistentStateException>(Grain.ConflictAsync);
        var (count, _, after) = await Grain.GetAsync();
        Assert.NotEqual(before, after);
        Assert.Equal(1_000, count);
    }

    [Fact]
    public async Task StateOfTheBase_Written_IsThereInTheNextActivation()
    {
        var grain = engine.Client.GetGrain<IBaseStateGrain>(Environment.ProcessId);
        await grain.AddAsync(3);
        await grain.EndAsync();
        Assert.Equal(7, await grain.AddAsync(4));
    }

    [Fact]
    public async Task Read_AfterAnotherWrote_HasTheNewState() => Assert.Equal((0, 7), await Twin.WriteAndReadAsync(7));

    [Fact]
    public async Task Etag_IsSetByAWrite_AndChangedByTheNext()
    {
        var (none, first, second) = await Twin.EtagsAsync();
        Assert.Null(none);
        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public async Task Write_AfterAnotherCleared_Fails()
    {
        await Assert.ThrowsAsync<InconsistentStateException>(Twin.WriteAfterClearAsync);
        var (count, exists, _) = await Twin.GetAsync();
        Assert.Equal((0, false), (count, exists));
    }

    [Fact]
    public async Task Conflict_CaughtByTheGrain_LeavesTheActivation()
    {
        var instance = await Twin.CatchConflictAsync();
        Assert.Equal(instance, (await Twin.GetAsync()).Instance);
    }

    [Fact]
    public async Task Write_TheStoreFails_FailsTheCallAndLeavesTheActivation()
    {
        await Fragile.SetAsync(1);
        var (_, before) = await Fragile.GetAsync();
        FragileStorage.Failing[_key] = true;
        await Assert.ThrowsAnyAsync<Exception>(() => Fragile.SetAsync(2));
        FragileStorage.Failing.Remove(_key, out _);
        Assert.Equal(before, (await Fragile.GetAsync()).Instance);
        await Fragile.SetAsync(3);
        await Fragile.EndAsync();
        var (count, after) = await Fragile.GetAsync();
        Assert.Equal(3, count);
        Assert.NotEqual(before, after);
    }

    [Fact]
    public async Task Read_TheStoreFailsAtTheStart_FailsTheCallAndTriesAgainAtTheNext()
    {
        FragileStorage.Failing[_key] = true;
        await Assert.ThrowsAnyAsync<Exception>(Fragile.GetAsync);
        FragileStorage.Failing.Remove(_key, out _);
        Assert.Equal(0, (await Fragile.GetAsync()).Count);
    }
}
