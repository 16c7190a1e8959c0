using Orleans.Concurrency;

namespace Pythia.Engine.Grains;

/// <summary>Throws in all the ways there are.</summary>
[Alias("engine.IThrowingGrain")]
public interface IThrowingGrain : IGrainWithStringKey
{
    [Alias("Throw")]
    Task ThrowAsync(string message, int code);

    /// <summary>An error around another.</summary>
    [Alias("ThrowNested")]
    Task ThrowNestedAsync();

    [Alias("ThrowValue")]
    ValueTask<int> ThrowValueAsync();

    [Alias("ThrowCancelled")]
    Task ThrowCancelledAsync();

    /// <summary>Signals {key}-thrown and throws, unheard.</summary>
    [Alias("ThrowUnheard"), OneWay]
    Task ThrowUnheardAsync();

    /// <summary>Lets the grain of this key throw.</summary>
    [Alias("ThrowVia")]
    Task ThrowViaAsync(string key, string message, int code);

    /// <summary>The code of the error that the grain of this key throws.</summary>
    [Alias("CatchFrom")]
    Task<int> CatchFromAsync(string key, int code);

    [Alias("Instance")]
    Task<int> InstanceAsync();
}

[GrainType("engine.throwing")]
public sealed class ThrowingGrain : Grain, IThrowingGrain
{
    private static int s_instances;
    private readonly int _instance = Interlocked.Increment(ref s_instances);

    public async Task ThrowAsync(string message, int code)
    {
        await Task.Yield();
        throw new MarkedException(message, code);
    }

    public Task ThrowNestedAsync() => throw new InvalidOperationException("outer", new FormatException("inner"));

    public async ValueTask<int> ThrowValueAsync()
    {
        await Task.Yield();
        throw new KeyNotFoundException("no key");
    }

    public Task ThrowCancelledAsync() => throw new OperationCanceledException("given up");

    public Task ThrowUnheardAsync()
    {
        Signals.Set(this.GetPrimaryKeyString() + "-thrown");
        throw new InvalidOperationException("unheard");
    }

    public Task ThrowViaAsync(string key, string message, int code) => GrainFactory.GetGrain<IThrowingGrain>(key).ThrowAsync(message, code);

    public async Task<int> CatchFromAsync(string key, int code)
    {
        try
        {
            await GrainFactory.GetGrain<IThrowingGrain>(key).ThrowAsync("caught", code);
            return -1;
        }
        catch (MarkedException exception)
        {
            return exception.Code;
        }
    }

    public Task<int> InstanceAsync() => Task.FromResult(_instance);
}
