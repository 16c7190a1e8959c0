using Orleans.Metadata;
using Orleans.Runtime;
using Pythia.Embedded.Runtime;

namespace Orleans.Metadata
{
    /// <summary>An attribute of a grain class that says something about it by name.</summary>
    public interface IGrainPropertiesProviderAttribute
    {
        void Populate(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties);
    }

    /// <summary>An attribute that names a grain class.</summary>
    public interface IGrainTypeProviderAttribute
    {
        GrainType GetGrainType(IServiceProvider services, Type type);
    }

    /// <summary>What the attributes of a grain class say about it, by name.</summary>
    public sealed class GrainProperties(System.Collections.Immutable.ImmutableDictionary<string, string> values)
    {
        public System.Collections.Immutable.ImmutableDictionary<string, string> Properties { get; } = values;
    }
}

namespace Orleans
{
    /// <summary>Pins the name of a grain class, so that the class can be renamed and its state still be found.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
    public sealed class GrainTypeAttribute(string grainType) : Attribute, IGrainTypeProviderAttribute
    {
        private readonly GrainType _grainType = GrainType.Create(grainType);

        /// <inheritdoc/>
        public GrainType GetGrainType(IServiceProvider services, Type type) => _grainType;
    }

    /// <summary>How long activations of this class may be idle before they are collected: at least a minute.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
    public class CollectionAgeLimitAttribute : Attribute, IGrainPropertiesProviderAttribute
    {
        public static readonly TimeSpan MinAgeLimit = TimeSpan.FromMinutes(1);
        private readonly TimeSpan? _given;

        public CollectionAgeLimitAttribute()
        {
        }

        public CollectionAgeLimitAttribute(string inactivityPeriod)
            => _given = TimeSpan.Parse(inactivityPeriod, System.Globalization.CultureInfo.InvariantCulture);

        public double Days { get; set; }

        public double Hours { get; set; }

        public double Minutes { get; set; }

        public bool AlwaysActive { get; set; }

        public TimeSpan AgeLimit
        {
            get
            {
                var limit = _given ?? (TimeSpan.FromDays(Days) + TimeSpan.FromHours(Hours) + TimeSpan.FromMinutes(Minutes));
                return AlwaysActive ? TimeSpan.FromDays(short.MaxValue) : limit < MinAgeLimit ? MinAgeLimit : limit;
            }
        }

        /// <inheritdoc/>
        public void Populate(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties)
            => properties[GrainPropertyNames.IdleAge] = AlwaysActive ? GrainPropertyNames.NeverIdle : AgeLimit.ToString("c");
    }

    /// <summary>Activations of this class are never collected as idle.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
    public class KeepAliveAttribute : Attribute, IGrainPropertiesProviderAttribute
    {
        /// <inheritdoc/>
        public void Populate(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties)
            => properties[GrainPropertyNames.IdleAge] = GrainPropertyNames.NeverIdle;
    }

    /// <summary>How long the caller of this method, or of any of this interface, waits for the answer.</summary>
    [AttributeUsage(AttributeTargets.Method | AttributeTargets.Interface)]
    public sealed class ResponseTimeoutAttribute(string timeout) : Attribute
    {
        public TimeSpan? Timeout { get; } = TimeSpan.Parse(timeout, System.Globalization.CultureInfo.InvariantCulture);
    }
}

namespace Orleans.Providers
{
    /// <summary>Names the store of a <see cref="Grain{TGrainState}"/>.</summary>
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class StorageProviderAttribute : Attribute
    {
        public string ProviderName { get; set; } = ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME;
    }

    /// <summary>Names of providers that are meant when none is given.</summary>
    public static class ProviderConstants
    {
        public const string DEFAULT_STORAGE_PROVIDER_NAME = "Default";
    }
}
