using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Pythia.Engine.Grains;

/// <summary>A message with parts that can be changed.</summary>
[GenerateSerializer, Alias("engine.Basket")]
public sealed class Basket
{
    [Id(0)]
    public List<int> Numbers { get; set; } = [];

    [Id(1)]
    public byte[] Bytes { get; set; } = [];

    [Id(2)]
    public Dictionary<string, int> Counts { get; set; } = [];
}

[GenerateSerializer, Immutable, Alias("engine.Sealed")]
public sealed record Sealed([property: Id(0)] string Text, [property: Id(1)] ImmutableArray<int> Numbers);

[GenerateSerializer, Alias("engine.MarkedException")]
public sealed class MarkedException(string message, int code) : Exception(message)
{
    [Id(0)]
    public int Code { get; } = code;
}

[Alias("engine.IHearer")]
public interface IHearer : IGrainObserver
{
    [Alias("Told")]
    void Told(string what);

    [Alias("Asked")]
    Task<string> AskedAsync(string what);
}

/// <summary>Calls of every shape.</summary>
[Alias("engine.ICallGrain")]
public interface ICallGrain : IGrainWithStringKey
{
    [Alias("Plain")]
    Task PlainAsync();

    [Alias("Value")]
    ValueTask<int> ValueAsync(int value);

    [Alias("ValuePlain")]
    ValueTask ValuePlainAsync();

    /// <summary>Changes all of it, and returns what it keeps of it.</summary>
    [Alias("Change")]
    Task<Basket> ChangeAsync(Basket basket);

    /// <summary>The sums of what <see cref="ChangeAsync"/> kept.</summary>
    [Alias("Kept")]
    Task<(int Numbers, int Bytes, int Counts)> KeptAsync();

    [Alias("Same")]
    Task<Sealed> SameAsync(Sealed value);

    [Alias("ThrowMarked")]
    Task ThrowMarkedAsync(int code);

    [Alias("ThrowFormat")]
    Task ThrowFormatAsync();

    [Alias("ThrowAtOnce")]
    Task<int> ThrowAtOnceAsync();

    /// <summary>Signals {key}-waiting, waits for its token, and signals {key}-cancelled and whether that was in its own turn.</summary>
    [Alias("WaitForCancel")]
    Task WaitForCancelAsync(CancellationToken cancellationToken);

    [Alias("CountTo")]
    IAsyncEnumerable<int> CountToAsync(int end, CancellationToken cancellationToken = default);

    /// <summary>Counts without end; signals {key}-closed when its reader has gone.</summary>
    [Alias("CountOn")]
    IAsyncEnumerable<int> CountOnAsync(CancellationToken cancellationToken = default);

    [Alias("ThrowMidway")]
    IAsyncEnumerable<int> ThrowMidwayAsync();

    [Alias("Subscribe")]
    Task SubscribeAsync(IHearer hearer);

    [Alias("Tell")]
    Task TellAsync(string what);

    [Alias("Ask")]
    Task<string> AskAsync(string what);

    /// <summary>Gives itself away, as an argument of another grain.</summary>
    [Alias("Introduce")]
    Task<string> IntroduceAsync(string to);

    [Alias("Meet")]
    Task<string> MeetAsync(ICallGrain other);

    [Alias("Id")]
    Task<string> IdAsync();
}

[GrainType("engine.call")]
public sealed class CallGrain : Grain, ICallGrain
{
    private readonly List<IHearer> _hearers = [];
    private Basket _kept = new();

    public Task PlainAsync() => Task.CompletedTask;

    public ValueTask<int> ValueAsync(int value) => ValueTask.FromResult(value);

    public async ValueTask ValuePlainAsync() => await Task.Yield();

    public Task<Basket> ChangeAsync(Basket basket)
    {
        basket.Numbers.Add(99);
        basket.Bytes[0] = 99;
        basket.Counts["more"] = 99;
        _kept = basket;
        return Task.FromResult(basket);
    }

    public Task<(int Numbers, int Bytes, int Counts)> KeptAsync()
        => Task.FromResult((_kept.Numbers.Sum(), _kept.Bytes.Sum(b => b), _kept.Counts.Values.Sum()));

    public Task<Sealed> SameAsync(Sealed value) => Task.FromResult(value);

    public async Task ThrowMarkedAsync(int code)
    {
        await Task.Yield();
        throw new MarkedException("marked", code);
    }

    public Task ThrowFormatAsync() => Task.FromException(new FormatException("bad"));

    public Task<int> ThrowAtOnceAsync() => throw new InvalidOperationException("at once");

    public async Task WaitForCancelAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        var turns = TaskScheduler.Current;
        using var registration = cancellationToken.Register(() => Signals.Set(key + "-cancelled", (TaskScheduler.Current == turns).ToString()));
        Signals.Set(key + "-waiting");
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    public async IAsyncEnumerable<int> CountToAsync(int end, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var number = 1; number <= end; number++)
        {
            if (number % 7 == 0)
            {
                await Task.Yield();
            }

            yield return number;
        }
    }

    public async IAsyncEnumerable<int> CountOnAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            for (var number = 1; ; number++)
            {
                await Task.Yield();
                yield return number;
            }
        }
        finally
        {
            Signals.Set(this.GetPrimaryKeyString() + "-closed");
        }
    }

    public async IAsyncEnumerable<int> ThrowMidwayAsync()
    {
        yield return 1;
        await Task.Yield();
        throw new InvalidOperationException("midway");
    }

    public Task SubscribeAsync(IHearer hearer)
    {
        _hearers.Add(hearer);
        return Task.CompletedTask;
    }

    public Task TellAsync(string what)
    {
        _hearers.ForEach(hearer => hearer.Told(what));
        return Task.CompletedTask;
    }

    public Task<string> AskAsync(string what) => _hearers[0].AskedAsync(what);

    public Task<string> IntroduceAsync(string to) => GrainFactory.GetGrain<ICallGrain>(to).MeetAsync(this.AsReference<ICallGrain>());

    public Task<string> MeetAsync(ICallGrain other) => Task.FromResult(other.GetPrimaryKeyString());

    public Task<string> IdAsync() => Task.FromResult(this.GetGrainId().ToString());
}
