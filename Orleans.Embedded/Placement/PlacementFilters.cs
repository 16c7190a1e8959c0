using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using Pythia.Embedded.Runtime;

namespace Orleans.Runtime.Placement
{
    /// <summary>The grain that is to be placed.</summary>
    public readonly struct PlacementTarget(
        GrainId grainIdentity, Dictionary<string, object>? requestContextData, GrainInterfaceType interfaceType, ushort interfaceVersion)
    {
        public GrainId GrainIdentity { get; } = grainIdentity;

        public GrainInterfaceType InterfaceType { get; } = interfaceType;

        public ushort InterfaceVersion { get; } = interfaceVersion;

        public Dictionary<string, object>? RequestContextData { get; } = requestContextData;
    }
}

namespace Orleans.Placement
{
    /// <summary>Base of the attributes that narrow the silos which may hold a grain.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
    public abstract class PlacementFilterAttribute : Attribute, IGrainPropertiesProviderAttribute
    {
        protected PlacementFilterAttribute(PlacementFilterStrategy placement) => PlacementFilterStrategy = placement;

        public PlacementFilterStrategy PlacementFilterStrategy { get; }

        /// <inheritdoc/>
        public virtual void Populate(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties)
            => PlacementFilterStrategy.PopulateGrainProperties(services, grainClass, grainType, properties);
    }

    /// <summary>The settings of a filter; what it does is in its <see cref="IPlacementFilterDirector"/>.</summary>
    public abstract class PlacementFilterStrategy
    {
        protected PlacementFilterStrategy(int order) => Order = order;

        /// <summary>Filters run in this order, which no two filters of a grain class may share.</summary>
        public int Order { get; private set; }

        public void Initialize(GrainProperties properties)
        {
            Order = int.TryParse(GetPlacementFilterGrainProperty("order", properties), CultureInfo.InvariantCulture, out var order)
                ? order
                : throw new ArgumentException($"{GetType().Name}: no number found as order", nameof(properties));
            AdditionalInitialize(properties);
        }

        public virtual void AdditionalInitialize(GrainProperties properties)
        {
        }

        public void PopulateGrainProperties(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties)
        {
            var name = GetType().Name;
            properties[GrainPropertyNames.PlacementFilter] =
                properties.TryGetValue(GrainPropertyNames.PlacementFilter, out var others) ? $"{others},{name}" : name;
            properties[$"{GrainPropertyNames.PlacementFilter}.{name}.order"] = Order.ToString(CultureInfo.InvariantCulture);
            foreach (var (key, value) in GetAdditionalGrainProperties(services, grainClass, grainType, properties))
            {
                properties[$"{GrainPropertyNames.PlacementFilter}.{name}.{key}"] = value;
            }
        }

        protected string? GetPlacementFilterGrainProperty(string key, GrainProperties properties)
            => properties.Properties.GetValueOrDefault($"{GrainPropertyNames.PlacementFilter}.{GetType().Name}.{key}");

        protected virtual IEnumerable<KeyValuePair<string, string>> GetAdditionalGrainProperties(
            IServiceProvider services, Type grainClass, GrainType grainType, IReadOnlyDictionary<string, string> existingProperties)
            => [];
    }

    /// <summary>Narrows the silos that may hold a grain.</summary>
    public interface IPlacementFilterDirector
    {
        IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos);
    }

    /// <summary>Registers filters.</summary>
    public static class PlacementFilterExtensions
    {
        public static IServiceCollection AddPlacementFilter<TFilter, TDirector>(this IServiceCollection services, ServiceLifetime strategyLifetime)
            where TFilter : PlacementFilterStrategy
            where TDirector : class, IPlacementFilterDirector
            => services.AddKeyedSingleton<IPlacementFilterDirector, TDirector>(typeof(TFilter));
    }
}
