using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Pythia.Engine.Grains;

/// <summary>A grain that has a silo only if its key begins with "here".</summary>
[Alias("engine.IPlacedGrain")]
public interface IPlacedGrain : IGrainWithStringKey
{
    [Alias("Touch")]
    Task<string> TouchAsync();
}

[OnlyHere, RandomPlacement, GrainType("engine.placed")]
public sealed class PlacedGrain : Grain, IPlacedGrain
{
    public Task<string> TouchAsync() => Task.FromResult("here");
}

[AttributeUsage(AttributeTargets.Class)]
public sealed class OnlyHereAttribute() : PlacementFilterAttribute(new OnlyHereStrategy());

public sealed class OnlyHereStrategy() : PlacementFilterStrategy(0);

public sealed class OnlyHereDirector : IPlacementFilterDirector
{
    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos)
        => target.GrainIdentity.Key.ToString()!.StartsWith("here", StringComparison.Ordinal) ? silos : [];
}
