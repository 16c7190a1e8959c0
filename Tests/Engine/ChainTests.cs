using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Calls that come back to a grain which waits for their answer.</summary>
[Collection(nameof(WaitingCollection))]
public sealed class ChainTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    [Fact]
    public Task Cycle_NothingAllowed_EndsInTimeout() => EndsInTimeoutAsync("a b a", Door.Shut, Door.Shut);

    [Fact]
    public Task Cycle_LetBackIn_Answers() => AnswersAsync("a b a", Door.Open, Door.Shut);

    [Fact]
    public Task Cycle_ThroughThree_LetBackInByTheFirst_Answers() => AnswersAsync("a b c a", Door.Open, Door.Shut, Door.Shut);

    [Fact]
    public Task Cycle_BackToEach_LetBackInByBoth_Answers() => AnswersAsync("a b a b", Door.Open, Door.Open, Door.Shut);

    [Fact]
    public Task Cycle_LetBackInByAnother_EndsInTimeout() => EndsInTimeoutAsync("a b a", Door.Shut, Door.Open);

    [Fact]
    public Task Cycle_SuppressedOnTheWay_EndsInTimeout() => EndsInTimeoutAsync("a b a", Door.Open, Door.Suppressed);

    [Fact]
    public Task Cycle_AfterTheSectionEnded_EndsInTimeout() => EndsInTimeoutAsync("a b a", Door.OpenedAndShut, Door.Shut);

    [Fact]
    public Task Call_ToItself_EndsInTimeout() => EndsInTimeoutAsync("a a", Door.Shut);

    [Fact]
    public Task Call_ToItself_LetBackIn_Answers() => AnswersAsync("a a", Door.Open);

    [Fact]
    public async Task Deadlock_Ended_LeavesBothGrainsFree()
    {
        await EndsInTimeoutAsync("a b a", Door.Shut, Door.Shut);
        await AnswersAsync("a b");
        await AnswersAsync("b a");
    }

    [Fact]
    public async Task Section_CallOfAnotherChain_Waits()
    {
        var grain = engine.Client.GetGrain<IChainGrain>(_key);
        var held = grain.HoldOpenAsync(_key);
        await Signals.WaitAsync(_key + "-open");
        var outsider = grain.TouchAsync(_key);
        for (var turn = 0; turn < 20; turn++)
        {
            Assert.False(await grain.IsTouchedAsync(_key));
        }

        Signals.Set(_key + "-go");
        await Task.WhenAll(held, outsider);
        Assert.True(await grain.IsTouchedAsync(_key));
    }

    private async Task AnswersAsync(string path, params Door[] doors)
        => Assert.Equal($"end at {_key}{path[^1]}", await WalkAsync(path, doors));

    private async Task EndsInTimeoutAsync(string path, params Door[] doors)
        => await Assert.ThrowsAsync<TimeoutException>(() => WalkAsync(path, doors));

    private Task<string> WalkAsync(string path, Door[] doors)
    {
        var keys = path.Split(' ').Select(name => _key + name).ToArray();
        return engine.Client.GetGrain<IChainGrain>(keys[0]).WalkAsync(keys, [.. doors, Door.Shut], 0);
    }
}
