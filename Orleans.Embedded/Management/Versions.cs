using Orleans.Runtime;
using Orleans.Versions.Compatibility;
using Orleans.Versions.Selector;

namespace Orleans.Versions.Compatibility
{
    /// <summary>Which versions of an interface understand each other. One silo has one version of each.</summary>
    public abstract class CompatibilityStrategy;
}

namespace Orleans.Versions.Selector
{
    /// <summary>Which version of an interface a new activation gets. One silo has one version of each.</summary>
    public abstract class VersionSelectorStrategy;
}

namespace Orleans
{
    /// <summary>Rules for interfaces of several versions in one cluster.</summary>
    public interface IVersionManager
    {
        Task SetCompatibilityStrategy(CompatibilityStrategy strategy);

        Task SetCompatibilityStrategy(CompatibilityStrategy strategy, CancellationToken cancellationToken) => SetCompatibilityStrategy(strategy);

        Task SetCompatibilityStrategy(GrainInterfaceType interfaceType, CompatibilityStrategy strategy);

        Task SetCompatibilityStrategy(GrainInterfaceType interfaceType, CompatibilityStrategy strategy, CancellationToken cancellationToken)
            => SetCompatibilityStrategy(interfaceType, strategy);

        Task SetSelectorStrategy(VersionSelectorStrategy strategy);

        Task SetSelectorStrategy(VersionSelectorStrategy strategy, CancellationToken cancellationToken) => SetSelectorStrategy(strategy);

        Task SetSelectorStrategy(GrainInterfaceType interfaceType, VersionSelectorStrategy strategy);

        Task SetSelectorStrategy(GrainInterfaceType interfaceType, VersionSelectorStrategy strategy, CancellationToken cancellationToken)
            => SetSelectorStrategy(interfaceType, strategy);
    }
}
