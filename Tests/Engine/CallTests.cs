using System.Collections.Immutable;
using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>What a call carries, and what comes back.</summary>
[Collection(nameof(EngineCollection))]
public sealed class CallTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    private ICallGrain Grain => engine.Client.GetGrain<ICallGrain>(_key);

    [Fact]
    public async Task Call_OfEachReturnType_ComesBack()
    {
        await Grain.PlainAsync();
        await Grain.ValuePlainAsync();
        Assert.Equal(7, await Grain.ValueAsync(7));
    }

    [Fact]
    public async Task Argument_ChangedByTheGrain_IsUnchangedAtTheCaller()
    {
        var basket = new Basket { Numbers = [1], Bytes = [2], Counts = { ["a"] = 3 } };
        await Grain.ChangeAsync(basket);
        Assert.Equal([1], basket.Numbers);
        Assert.Equal([2], basket.Bytes);
        Assert.Equal(["a"], basket.Counts.Keys);
    }

    [Fact]
    public async Task Argument_ChangedByTheCallerAfterwards_IsUnchangedAtTheGrain()
    {
        var basket = new Basket { Numbers = [1], Bytes = [2], Counts = { ["a"] = 3 } };
        var call = Grain.ChangeAsync(basket);
        basket.Numbers.Add(1_000);
        basket.Bytes[0] = 200;
        basket.Counts["a"] = 1_000;
        await call;
        Assert.Equal((100, 99, 102), await Grain.KeptAsync());
    }

    [Fact]
    public async Task Result_ChangedByTheCaller_IsUnchangedAtTheGrain()
    {
        var result = await Grain.ChangeAsync(new Basket { Numbers = [1], Bytes = [2], Counts = { ["a"] = 3 } });
        Assert.Equal([1, 99], result.Numbers);
        result.Numbers.Clear();
        result.Bytes[0] = 0;
        result.Counts.Clear();
        Assert.Equal((100, 99, 102), await Grain.KeptAsync());
    }

    [Fact]
    public async Task Argument_Immutable_ArrivesEqual()
    {
        var value = new Sealed("text", ImmutableArray.Create(1, 2));
        var back = await Grain.SameAsync(value);
        Assert.Equal(value.Text, back.Text);
        Assert.Equal<IEnumerable<int>>(value.Numbers, back.Numbers);
    }

    [Fact]
    public async Task Exception_Marked_KeepsTypeAndMembers()
    {
        var thrown = await Assert.ThrowsAsync<MarkedException>(() => Grain.ThrowMarkedAsync(7));
        Assert.Equal((7, "marked"), (thrown.Code, thrown.Message));
    }

    [Fact]
    public async Task Exception_OfDotNet_KeepsItsType()
    {
        await Assert.ThrowsAsync<FormatException>(Grain.ThrowFormatAsync);
        await Assert.ThrowsAsync<InvalidOperationException>(Grain.ThrowAtOnceAsync);
    }

    [Fact]
    public async Task Cancel_WhileTheGrainWaits_EndsBothInTheirOwnPlaces()
    {
        using var source = new CancellationTokenSource();
        var call = Grain.WaitForCancelAsync(source.Token);
        await Signals.WaitAsync(_key + "-waiting");
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal("True", await Signals.WaitAsync(_key + "-cancelled"));
    }

    [Fact]
    public async Task Cancel_BeforeTheCall_DoesNotCall()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Grain.WaitForCancelAsync(source.Token));
        Assert.False(Signals.IsSet(_key + "-waiting"));
    }

    [Fact]
    public async Task Sequence_ReadToItsEnd_GivesAllInOrder()
    {
        var numbers = new List<int>();
        await foreach (var number in Grain.CountToAsync(500))
        {
            numbers.Add(number);
        }

        Assert.Equal(Enumerable.Range(1, 500), numbers);
    }

    [Fact]
    public async Task Sequence_ReaderLeaves_IsClosedAtTheGrain()
    {
        await foreach (var number in Grain.CountOnAsync())
        {
            if (number == 3)
            {
                break;
            }
        }

        await Signals.WaitAsync(_key + "-closed");
    }

    [Fact]
    public async Task Sequence_ThrowsMidway_GivesWhatWasBefore()
    {
        var numbers = new List<int>();
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var number in Grain.ThrowMidwayAsync())
            {
                numbers.Add(number);
            }
        });
        Assert.Equal([1], numbers);
    }

    [Fact]
    public async Task Observer_TwoCalls_HearsThemInOrder()
    {
        var hearer = new Hearer(expected: 2);
        await Grain.SubscribeAsync(engine.Client.CreateObjectReference<IHearer>(hearer));
        await Grain.TellAsync("one");
        await Grain.TellAsync("two");
        Assert.Equal(["one", "two"], await hearer.Heard.WaitAsync(TimeSpan.FromSeconds(20)));
        GC.KeepAlive(hearer);
    }

    [Fact]
    public async Task Observer_Asked_Answers()
    {
        var hearer = new Hearer(expected: 0);
        await Grain.SubscribeAsync(engine.Client.CreateObjectReference<IHearer>(hearer));
        Assert.Equal("why? because", await Grain.AskAsync("why?"));
        GC.KeepAlive(hearer);
    }

    [Fact]
    public async Task Observer_Deleted_HearsNoMore()
    {
        var hearer = new Hearer(expected: 1);
        var reference = engine.Client.CreateObjectReference<IHearer>(hearer);
        await Grain.SubscribeAsync(reference);
        engine.Client.DeleteObjectReference<IHearer>(reference);
        await Grain.TellAsync("gone");
        await Assert.ThrowsAnyAsync<Exception>(() => Grain.AskAsync("still there?"));
        Assert.False(hearer.Heard.IsCompleted);
    }

    [Fact]
    public async Task Reference_AsArgument_LeadsToTheSameGrain()
        => Assert.Equal(_key, await Grain.IntroduceAsync(_key + "-other"));

    [Fact]
    public async Task GrainId_OfAPinnedType_IsTypeAndKey()
    {
        Assert.Equal($"engine.call/{_key}", await Grain.IdAsync());
        Assert.Equal($"engine.call/{_key}", Grain.GetGrainId().ToString());
        Assert.Equal(_key, Grain.GetPrimaryKeyString());
    }

    private sealed class Hearer(int expected) : IHearer
    {
        private readonly List<string> _heard = [];
        private readonly TaskCompletionSource<IReadOnlyList<string>> _all = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<IReadOnlyList<string>> Heard => _all.Task;

        public void Told(string what)
        {
            _heard.Add(what);
            if (_heard.Count == expected)
            {
                _all.SetResult(_heard);
            }
        }

        public Task<string> AskedAsync(string what) => Task.FromResult(what + " because");
    }
}
