using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Serialization;

namespace Pythia.Embedded.Serialization;

/// <summary>The serializer and the copier as services, under the names that Orleans gives them.</summary>
public static class SerializationServices
{
    public static IServiceCollection AddMessageSerialization(this IServiceCollection services)
    {
        services.TryAddSingleton(_ => new Serializer());
        services.TryAddSingleton(_ => new DeepCopier());
        return services;
    }
}
