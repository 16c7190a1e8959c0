using Microsoft.Extensions.DependencyInjection;
using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace Pythia.Grains.Pythia;

/// <summary>The grain lives on a silo that has an enclave beside it: for <see cref="IPythiaGrain"/> the one that its key names. Silos say
/// so in their metadata: <c>enclave</c> is the enclave's id; of several, their ids with commas between.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class BesideEnclaveAttribute() : PlacementFilterAttribute(new BesideEnclaveStrategy());

/// <summary>Marks the filter; it has no settings.</summary>
public sealed class BesideEnclaveStrategy() : PlacementFilterStrategy(0);

/// <summary>Keeps the silos whose metadata fits. The built-in filters compare with the silo that places, which may have no enclave.</summary>
public sealed class BesideEnclaveDirector(ISiloMetadataCache silosMetadata) : IPlacementFilterDirector
{
    private const string MetadataKey = "enclave";

    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos)
    {
        var (_, rest) = GrainKeys.Split(target.GrainIdentity.Key.ToString()!);
        var isPythia = target.GrainIdentity.Type.ToString() == "pythia";
        return silos.Where(s => silosMetadata.GetSiloMetadata(s).Metadata.GetValueOrDefault(MetadataKey) is { Length: > 0 } enclaves
            && (!isPythia || enclaves.Split(',').Contains(rest, StringComparer.Ordinal)));
    }
}

/// <summary>Registers what only the cluster engine needs.</summary>
internal static class EngineServices
{
    public static IServiceCollection AddGrainEngine(this IServiceCollection services)
        => services.AddPlacementFilter<BesideEnclaveStrategy, BesideEnclaveDirector>(ServiceLifetime.Singleton);
}
