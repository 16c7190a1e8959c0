namespace Pythia.Engine.Grains;

/// <summary>A grain to be counted.</summary>
[Alias("engine.ICensusGrain")]
public interface ICensusGrain : IGrainWithStringKey
{
    [Alias("Touch")]
    Task TouchAsync();

    /// <summary>Calls the grain of this key.</summary>
    [Alias("TouchVia")]
    Task TouchViaAsync(string key);

    [Alias("Throw")]
    Task ThrowAsync();

    [Alias("Brief"), ResponseTimeout("00:00:01")]
    Task BriefAsync();
}

[GrainType("engine.census")]
public sealed class CensusGrain : Grain, ICensusGrain
{
    public Task TouchAsync() => Task.CompletedTask;

    public Task TouchViaAsync(string key) => GrainFactory.GetGrain<ICensusGrain>(key).TouchAsync();

    public Task ThrowAsync() => throw new FormatException("counted");

    public Task BriefAsync() => Signals.WaitAsync(this.GetPrimaryKeyString() + "-go");
}
