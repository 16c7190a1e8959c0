using System.Runtime.CompilerServices;

namespace Pythia.Engine.Grains;

/// <summary>Produces sequences.</summary>
[Alias("engine.ISequenceGrain")]
public interface ISequenceGrain : IGrainWithStringKey
{
    [Alias("Count")]
    IAsyncEnumerable<int> CountAsync(int end, CancellationToken cancellationToken = default);

    /// <summary>One, then waits for its token, and signals {key}-cancelled.</summary>
    [Alias("WaitAfterOne")]
    IAsyncEnumerable<int> WaitAfterOneAsync(CancellationToken cancellationToken = default);

    [Alias("ThrowAtOnce")]
    IAsyncEnumerable<int> ThrowAtOnceAsync();

    /// <summary>The sum of what the grain of this key counts.</summary>
    [Alias("SumOf")]
    Task<int> SumOfAsync(string key, int end);

    /// <summary>How often <see cref="CountAsync"/> was begun.</summary>
    [Alias("Begun")]
    Task<int> BegunAsync();

    [Alias("End")]
    Task EndAsync();
}

[GrainType("engine.sequence")]
public sealed class SequenceGrain : Grain, ISequenceGrain
{
    private int _begun;

    public async IAsyncEnumerable<int> CountAsync(int end, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _begun++;
        for (var number = 1; number <= end; number++)
        {
            await Task.Yield();
            yield return number;
        }
    }

    public async IAsyncEnumerable<int> WaitAfterOneAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return 1;
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            Signals.Set(this.GetPrimaryKeyString() + "-cancelled");
        }
    }

    public async IAsyncEnumerable<int> ThrowAtOnceAsync()
    {
        await Task.Yield();
        if (_begun == 0)
        {
            throw new FormatException("at once");
        }

        yield return 1;
    }

    public async Task<int> SumOfAsync(string key, int end)
    {
        var sum = 0;
        await foreach (var number in GrainFactory.GetGrain<ISequenceGrain>(key).CountAsync(end))
        {
            sum += number;
        }

        return sum;
    }

    public Task<int> BegunAsync() => Task.FromResult(_begun);

    public Task EndAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
