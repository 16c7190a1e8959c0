// The serializer and the copier as services, under the names that Orleans gives them.
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Orleans.Serialization;

/// <summary>What is said of the serializer while services are gathered.</summary>
public interface ISerializerBuilder
{
    IServiceCollection Services { get; }
}

public static class ServiceCollectionExtensions
{
    /// <summary>Adds <see cref="Serializer"/> and <see cref="DeepCopier"/>; a silo has them by itself.</summary>
    public static IServiceCollection AddSerializer(this IServiceCollection services, Action<ISerializerBuilder>? configure = null)
    {
        services.TryAddSingleton(_ => new Serializer());
        services.TryAddSingleton(_ => new DeepCopier());
        configure?.Invoke(new SerializerBuilder(services));
        return services;
    }

    private sealed class SerializerBuilder(IServiceCollection services) : ISerializerBuilder
    {
        public IServiceCollection Services { get; } = services;
    }
}

public static class SerializerBuilderExtensions
{
    /// <summary>Makes the codecs of an assembly known by their names before anything of it was used.</summary>
    public static ISerializerBuilder AddAssembly(this ISerializerBuilder builder, Assembly assembly)
    {
        RuntimeHelpers.RunModuleConstructor(assembly.ManifestModule.ModuleHandle);
        return builder;
    }
}
