using Orleans.Concurrency;

namespace Pythia.Engine.Grains;

/// <summary>Calls that wait longer than their callers.</summary>
[Alias("engine.IPatienceGrain")]
public interface IPatienceGrain : IGrainWithStringKey
{
    /// <summary>Notes and signals {name}-begun, waits for {name}-go, notes and signals {name}-ended.</summary>
    [Alias("Hold")]
    Task<string> HoldAsync(string name);

    [Alias("HoldBriefly"), ResponseTimeout("00:00:01")]
    Task<string> HoldBrieflyAsync(string name);

    /// <summary>Calls <see cref="HoldBrieflyAsync"/> of the grain with this key.</summary>
    [Alias("HoldBrieflyVia")]
    Task<string> HoldBrieflyViaAsync(string key, string name);

    [Alias("Echo")]
    Task<string> EchoAsync(string text);

    [Alias("Notes"), AlwaysInterleave]
    Task<IReadOnlyList<string>> NotesAsync();
}

[GrainType("engine.patience")]
public sealed class PatienceGrain : Grain, IPatienceGrain
{
    private readonly List<string> _notes = [];

    public Task<string> HoldAsync(string name) => Hold(name);

    public Task<string> HoldBrieflyAsync(string name) => Hold(name);

    public Task<string> HoldBrieflyViaAsync(string key, string name) => GrainFactory.GetGrain<IPatienceGrain>(key).HoldBrieflyAsync(name);

    public Task<string> EchoAsync(string text) => Task.FromResult(text);

    public Task<IReadOnlyList<string>> NotesAsync() => Task.FromResult<IReadOnlyList<string>>([.. _notes]);

    private async Task<string> Hold(string name)
    {
        _notes.Add(name + "-begun");
        Signals.Set(name + "-begun");
        await Signals.WaitAsync(name + "-go");
        _notes.Add(name + "-ended");
        Signals.Set(name + "-ended");
        return name;
    }
}
