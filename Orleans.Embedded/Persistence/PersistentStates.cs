using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Core;
using Orleans.Providers;
using Orleans.Runtime;
using Orleans.Storage;
using Pythia.Embedded.Persistence;

namespace Pythia.Embedded.Runtime;

/// <summary>Finds the stores of states, and makes grains whose constructors ask for states.</summary>
internal sealed class PersistentStates : IPersistentStateFactory
{
    private static readonly MethodInfo MakeOf = typeof(PersistentStates).GetMethod(nameof(Make), BindingFlags.NonPublic | BindingFlags.Static)!;
    private static readonly ConcurrentDictionary<Type, (ObjectFactory Factory, Func<Activation, object>[] Facets)> Factories = new();

    public IPersistentState<TState> Create<TState>(IGrainContext context, IPersistentStateConfiguration config)
    {
        var activation = (Activation)context;
        var state = new PersistentState<TState>(activation, config.StateName, Store(activation, config.StorageName));
        activation.ObservableLifecycle.Subscribe(config.StateName, GrainLifecycleStage.SetupState, state.ReadStateAsync);
        return state;
    }

    /// <summary>The state of a <see cref="Grain{TGrainState}"/>, whose name is its class's.</summary>
    public static IStorage<TState> OfGrain<TState>(Activation activation)
        => new PersistentState<TState>(activation, activation.GrainClass.Type.FullName!, Store(activation, activation.GrainClass.StorageName));

    /// <summary>How to make a grain of this class: what its constructor asks of the activation, and of the services. Found once a process.</summary>
    public static (ObjectFactory Factory, Func<Activation, object>[] Facets) FactoryOf(Type type) => Factories.GetOrAdd(type, FindFactory);

    private static (ObjectFactory Factory, Func<Activation, object>[] Facets) FindFactory(Type type)
    {
        var constructors = type.GetConstructors();
        var constructor = constructors.FirstOrDefault(candidate => candidate.IsDefined(typeof(ActivatorUtilitiesConstructorAttribute)))
            ?? constructors.MaxBy(candidate => candidate.GetParameters().Length);
        var facets = (constructor?.GetParameters() ?? [])
            .Select(parameter => (parameter.ParameterType, State: parameter.GetCustomAttribute<PersistentStateAttribute>()))
            .Where(facet => facet.State is not null)
            .ToArray();
        foreach (var facet in facets)
        {
            if (!facet.ParameterType.IsGenericType || facet.ParameterType.GetGenericTypeDefinition() != typeof(IPersistentState<>))
            {
                throw new OrleansConfigurationException(
                    $"{type}: {facet.ParameterType} found for state '{facet.State!.StateName}', expected {typeof(IPersistentState<>)}");
            }
        }

        return (ActivatorUtilities.CreateFactory(type, Array.ConvertAll(facets, facet => facet.ParameterType)),
            Array.ConvertAll(facets, facet => Maker(facet.ParameterType.GenericTypeArguments[0], facet.State!)));
    }

    private static Func<Activation, object> Maker(Type stateType, PersistentStateAttribute asked)
    {
        var make = MakeOf.MakeGenericMethod(stateType).CreateDelegate<Func<Activation, PersistentStateAttribute, object>>();
        return activation => make(activation, asked);
    }

    private static object Make<TState>(Activation activation, PersistentStateAttribute asked)
        => activation.Silo.Services.GetRequiredService<IPersistentStateFactory>().Create<TState>(activation, asked);

    private static IGrainStorage Store(Activation activation, string? name)
        => activation.Silo.Services.GetKeyedService<IGrainStorage>(name ?? ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME)
            ?? throw new BadProviderConfigException(
                $"no store '{name ?? ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME}' is registered, which {activation.GrainClass.Type} asks for");
}

/// <summary>Lets a store that takes part in the silo's start do so.</summary>
internal sealed class StorageStart(IServiceProvider services, string name) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle)
        => (services.GetRequiredKeyedService<IGrainStorage>(name) as ILifecycleParticipant<ISiloLifecycle>)?.Participate(lifecycle);
}
