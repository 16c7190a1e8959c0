using System.Collections.Concurrent;
using Orleans.Storage;

namespace Pythia.Engine.Grains;

/// <summary>Two handles on one state.</summary>
[Alias("engine.ITwinGrain")]
public interface ITwinGrain : IGrainWithStringKey
{
    /// <summary>Writes by the first handle; what the second has before and after it reads.</summary>
    [Alias("WriteAndRead")]
    Task<(int Before, int After)> WriteAndReadAsync(int count);

    /// <summary>The etags before the first write, after it, and after a second.</summary>
    [Alias("Etags")]
    Task<(string? None, string? First, string? Second)> EtagsAsync();

    /// <summary>Clears by one handle, and writes by the other, which knows nothing of it.</summary>
    [Alias("WriteAfterClear")]
    Task WriteAfterClearAsync();

    /// <summary>A conflict that the grain catches.</summary>
    [Alias("CatchConflict")]
    Task<int> CatchConflictAsync();

    [Alias("Get")]
    Task<(int Count, bool Exists, int Instance)> GetAsync();
}

[GrainType("engine.twin")]
public sealed class TwinGrain(
    [PersistentState("twin", "pythia")] IPersistentState<TallyState> one,
    [PersistentState("twin", "pythia")] IPersistentState<TallyState> two) : Grain, ITwinGrain
{
    private static int s_instances;
    private readonly int _instance = Interlocked.Increment(ref s_instances);

    public async Task<(int Before, int After)> WriteAndReadAsync(int count)
    {
        one.State = new TallyState { Count = count };
        await one.WriteStateAsync();
        var before = two.State.Count;
        await two.ReadStateAsync();
        return (before, two.State.Count);
    }

    public async Task<(string? None, string? First, string? Second)> EtagsAsync()
    {
        var none = one.Etag;
        await one.WriteStateAsync();
        var first = one.Etag;
        await one.WriteStateAsync();
        return (none, first, one.Etag);
    }

    public async Task WriteAfterClearAsync()
    {
        await one.WriteStateAsync();
        await two.ReadStateAsync();
        await one.ClearStateAsync();
        two.State = new TallyState { Count = 5 };
        await two.WriteStateAsync();
    }

    public async Task<int> CatchConflictAsync()
    {
        await one.WriteStateAsync();
        await Assert.ThrowsAsync<InconsistentStateException>(two.WriteStateAsync);
        return _instance;
    }

    public Task<(int Count, bool Exists, int Instance)> GetAsync() => Task.FromResult((one.State.Count, one.RecordExists, _instance));
}

/// <summary>A state in a store that fails when it is told to.</summary>
[Alias("engine.IFragileStateGrain")]
public interface IFragileStateGrain : IGrainWithStringKey
{
    [Alias("Set")]
    Task SetAsync(int count);

    [Alias("Get")]
    Task<(int Count, int Instance)> GetAsync();

    [Alias("End")]
    Task EndAsync();
}

[GrainType("engine.fragilestate")]
public sealed class FragileStateGrain([PersistentState("count", "fragile")] IPersistentState<TallyState> state) : Grain, IFragileStateGrain
{
    private static int s_instances;
    private readonly int _instance = Interlocked.Increment(ref s_instances);

    public Task SetAsync(int count)
    {
        state.State = new TallyState { Count = count };
        return state.WriteStateAsync();
    }

    public Task<(int Count, int Instance)> GetAsync() => Task.FromResult((state.State.Count, _instance));

    public Task EndAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

/// <summary>Keeps counts in memory. A grain's read or write fails while its key is in <see cref="Failing"/>.</summary>
public sealed class FragileStorage : IGrainStorage
{
    private static readonly ConcurrentDictionary<string, object> Stored = new();

    public static ConcurrentDictionary<string, bool> Failing { get; } = new();

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Check(grainId);
        if (Stored.TryGetValue(grainId.ToString(), out var state))
        {
            (grainState.State, grainState.RecordExists, grainState.ETag) = ((T)state, true, "1");
        }

        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Check(grainId);
        Stored[grainId.ToString()] = grainState.State!;
        (grainState.RecordExists, grainState.ETag) = (true, "1");
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Check(grainId);
        Stored.TryRemove(grainId.ToString(), out _);
        (grainState.RecordExists, grainState.ETag) = (false, null!);
        return Task.CompletedTask;
    }

    private static void Check(GrainId grainId)
    {
        if (Failing.ContainsKey(grainId.Key.ToString()!))
        {
            throw new IOException($"no disk for {grainId}");
        }
    }
}
