namespace Pythia.Engine.Grains;

/// <summary>An extension that all grains have.</summary>
[Alias("engine.IPulseExtension")]
public interface IPulseExtension : IGrainExtension
{
    /// <summary>Counts its calls for this activation, and names the grain.</summary>
    [Alias("Pulse")]
    Task<string> PulseAsync();
}

/// <summary>An extension that no grain has.</summary>
[Alias("engine.IMissingExtension")]
public interface IMissingExtension : IGrainExtension
{
    [Alias("Touch")]
    Task TouchAsync();
}

public sealed class PulseExtension(IGrainContext context) : IPulseExtension
{
    private int _pulses;

    public Task<string> PulseAsync() => Task.FromResult($"{context.GrainId.Key} {++_pulses}");
}
