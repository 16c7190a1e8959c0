namespace Pythia.Engine.Grains;

/// <summary>Waits for tokens.</summary>
[Alias("engine.ICancelGrain")]
public interface ICancelGrain : IGrainWithStringKey
{
    /// <summary>Signals {name}-waiting, waits for its token, signals {name}-cancelled.</summary>
    [Alias("Wait")]
    Task WaitAsync(string name, CancellationToken cancellationToken);

    /// <summary>Passes its token on to the grain of this key.</summary>
    [Alias("WaitVia")]
    Task WaitViaAsync(string key, string name, CancellationToken cancellationToken);

    /// <summary>Signals {name}-waiting, waits for {name}-go whatever the token says, and signals {name}-ended.</summary>
    [Alias("Ignore")]
    Task IgnoreAsync(string name, CancellationToken cancellationToken);

    [Alias("Echo")]
    Task<string> EchoAsync(string text, CancellationToken cancellationToken = default);
}

[GrainType("engine.cancel")]
public sealed class CancelGrain : Grain, ICancelGrain
{
    public async Task WaitAsync(string name, CancellationToken cancellationToken)
    {
        Signals.Set(name + "-waiting");
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            Signals.Set(name + "-cancelled");
        }
    }

    public Task WaitViaAsync(string key, string name, CancellationToken cancellationToken)
        => GrainFactory.GetGrain<ICancelGrain>(key).WaitAsync(name, cancellationToken);

    public async Task IgnoreAsync(string name, CancellationToken cancellationToken)
    {
        Signals.Set(name + "-waiting");
        await Signals.WaitAsync(name + "-go");
        Signals.Set(name + "-ended");
    }

    public Task<string> EchoAsync(string text, CancellationToken cancellationToken = default) => Task.FromResult(text);
}
