using System.Collections.Immutable;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;

namespace Orleans.Runtime.MembershipService.SiloMetadata;

/// <summary>What a silo says about itself, by name.</summary>
public record SiloMetadata
{
    public static SiloMetadata Empty { get; } = new();

    public ImmutableDictionary<string, string> Metadata { get; private init; } = ImmutableDictionary<string, string>.Empty;

    internal static SiloMetadata Of(IEnumerable<KeyValuePair<string, string>> pairs) => new() { Metadata = pairs.ToImmutableDictionary() };
}

/// <summary>Tells what a silo says about itself.</summary>
public interface ISiloMetadataCache
{
    /// <summary><see cref="SiloMetadata.Empty"/> for a silo that says nothing.</summary>
    SiloMetadata GetSiloMetadata(SiloAddress siloAddress);
}

/// <summary>Sets what this silo says about itself.</summary>
public static class SiloMetadataHostingExtensions
{
    /// <summary>From the configuration section <c>Orleans:Metadata</c>.</summary>
    public static ISiloBuilder UseSiloMetadata(this ISiloBuilder builder) => builder.UseSiloMetadata(builder.Configuration);

    /// <summary>From the section <c>Orleans:Metadata</c> of this configuration.</summary>
    public static ISiloBuilder UseSiloMetadata(this ISiloBuilder builder, IConfiguration configuration)
        => builder.UseSiloMetadata(configuration.GetSection("Orleans").GetSection("Metadata"));

    /// <summary>From the values of this section.</summary>
    public static ISiloBuilder UseSiloMetadata(this ISiloBuilder builder, IConfigurationSection configurationSection)
        => builder.UseSiloMetadata(configurationSection.GetChildren()
            .Where(child => child.Value is not null)
            .ToDictionary(child => child.Key, child => child.Value!));

    public static ISiloBuilder UseSiloMetadata(this ISiloBuilder builder, Dictionary<string, string> metadata)
    {
        builder.Services.AddSingleton<ISiloMetadataCache>(services
            => new OwnMetadata(services.GetRequiredService<ILocalSiloDetails>().SiloAddress, SiloMetadata.Of(metadata)));
        return builder;
    }

    private sealed class OwnMetadata(SiloAddress silo, SiloMetadata metadata) : ISiloMetadataCache
    {
        public SiloMetadata GetSiloMetadata(SiloAddress siloAddress) => silo.Equals(siloAddress) ? metadata : SiloMetadata.Empty;
    }
}
