using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;
using Orleans.Placement;
using Orleans.Providers;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using Orleans.Serialization.Invocation;
using Pythia.Embedded.References;

namespace Pythia.Embedded.Runtime;

/// <summary>What a silo knows of a grain class: its name, its attributes, and how to make it.</summary>
internal sealed class GrainClass
{
    private readonly PlacementFilterStrategy[] _placementFilters;
    private readonly Func<object?, IInvokable, bool>? _mayInterleave;
    private readonly (ObjectFactory Factory, Func<Activation, object>[] Facets) _make;

    public GrainClass(SiloRuntime silo, Type type)
    {
        Type = type;
        GrainType = type.GetCustomAttributes(inherit: false).OfType<IGrainTypeProviderAttribute>().FirstOrDefault() is { } named
            ? named.GetGrainType(silo.Services, type)
            : GrainType.Create(DefaultName(type));
        var properties = new Dictionary<string, string>();
        foreach (var attribute in type.GetCustomAttributes(inherit: true).OfType<IGrainPropertiesProviderAttribute>())
        {
            attribute.Populate(silo.Services, type, GrainType, properties);
        }

        IsReentrant = properties.ContainsKey(GrainPropertyNames.Reentrant);
        FiltersItsCalls = type.IsAssignableTo(typeof(IIncomingGrainCallFilter));
        MaxLocalWorkers = properties.TryGetValue(GrainPropertyNames.MaxLocalWorkers, out var workers) ? int.Parse(workers, CultureInfo.InvariantCulture) : 0;
        IdleTicks = IdleTicksOf(silo, type, properties);
        _mayInterleave = properties.TryGetValue(GrainPropertyNames.MayInterleave, out var predicate) ? Predicate(type, predicate) : null;
        _placementFilters = [.. type.GetCustomAttributes<PlacementFilterAttribute>().Select(filter => filter.PlacementFilterStrategy).OrderBy(filter => filter.Order)];
        var grainProperties = new GrainProperties(properties.ToImmutableDictionary());
        foreach (var filter in _placementFilters)
        {
            filter.Initialize(grainProperties);
        }

        StorageName = type.GetCustomAttribute<StorageProviderAttribute>()?.ProviderName;
        _make = PersistentStates.FactoryOf(type);
    }

    public Type Type { get; }

    /// <summary>Namespace, name and assembly, as Orleans writes a class.</summary>
    public string FullName => field ??= $"{Type.FullName},{Type.Assembly.GetName().Name}";

    public GrainType GrainType { get; }

    public bool IsReentrant { get; }

    public bool FiltersItsCalls { get; }

    /// <summary>Zero for grains that are no stateless workers.</summary>
    public int MaxLocalWorkers { get; }

    /// <summary>Null for grains that are never idle.</summary>
    public int? IdleTicks { get; }

    /// <summary>The store of a <see cref="Grain{TGrainState}"/>.</summary>
    public string? StorageName { get; }

    /// <summary>In the activation's turn, with its services.</summary>
    public object Create(Activation activation)
        => _make.Factory(activation.ActivationServices, Array.ConvertAll(_make.Facets, facet => facet(activation)));

    /// <summary>What the class's own predicate says; a predicate that throws lets nothing interleave.</summary>
    public bool MayInterleave(Request request)
    {
        try
        {
            return _mayInterleave?.Invoke(request.Target?.Instance, request) ?? false;
        }
        catch (Exception exception)
        {
            request.Target!.Silo.Log.PredicateFailed(request.Target.Name, exception);
            return false;
        }
    }

    /// <exception cref="OrleansException">A filter of the class leaves no silo.</exception>
    public void CheckPlacement(SiloRuntime silo, GrainId grainId)
    {
        foreach (var filter in _placementFilters)
        {
            var director = silo.Services.GetKeyedService<IPlacementFilterDirector>(filter.GetType())
                ?? throw new OrleansConfigurationException($"no director is registered for placement filter {filter.GetType()} of {Type}");
            if (!director.Filter(filter, new PlacementTarget(grainId, null, default, 0), [silo.Details.SiloAddress]).Any())
            {
                throw new OrleansException($"grain '{grainId}' has no silo: {filter.GetType().Name} leaves none");
            }
        }
    }

    // The name that Orleans gives: without the suffix, in lower case.
    private static string DefaultName(Type type)
    {
        const string suffix = "grain";
        var name = type.Name.ToLowerInvariant();
        return name.EndsWith(suffix, StringComparison.Ordinal) && name.Length > suffix.Length ? name[..^suffix.Length] : name;
    }

    private static int? IdleTicksOf(SiloRuntime silo, Type type, Dictionary<string, string> properties)
    {
        if (silo.Collection.ClassSpecificCollectionAge.TryGetValue(type.FullName!, out var age))
        {
            return silo.Clock.Ticks(age);
        }

        age = silo.Collection.CollectionAge;
        if (properties.TryGetValue(GrainPropertyNames.IdleAge, out var own))
        {
            if (own == GrainPropertyNames.NeverIdle)
            {
                return null;
            }

            age = TimeSpan.ParseExact(own, "c", CultureInfo.InvariantCulture);
        }

        return silo.Clock.Ticks(age);
    }

    private static Func<object?, IInvokable, bool> Predicate(Type type, string name)
    {
        var method = type.GetMethod(name, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance, [typeof(IInvokable)]);
        if (method is null || method.ReturnType != typeof(bool))
        {
            throw new OrleansConfigurationException($"{type}.{name}: no method bool {name}({nameof(IInvokable)}) found, which its attribute names");
        }

        return method.IsStatic
            ? (_, request) => (bool)method.Invoke(null, [request])!
            : (instance, request) => instance is not null && (bool)method.Invoke(instance, [request])!;
    }
}

/// <summary>The grain classes of a silo, by name and by interface.</summary>
internal sealed class GrainClasses
{
    private readonly Lazy<Dictionary<GrainType, GrainClass>> _byType;

    public GrainClasses(SiloRuntime silo)
        => _byType = new(() =>
        {
            var byType = new Dictionary<GrainType, GrainClass>();
            foreach (var type in GrainModules.Classes())
            {
                var grainClass = new GrainClass(silo, type);
                if (!byType.TryAdd(grainClass.GrainType, grainClass))
                {
                    throw new OrleansConfigurationException(
                        $"grain type '{grainClass.GrainType}' is the name of {byType[grainClass.GrainType].Type} and of {type}, expected one class");
                }
            }

            return byType;
        });

    public int Count => _byType.Value.Count;

    public GrainClass Get(GrainType type)
        => _byType.Value.TryGetValue(type, out var grainClass) ? grainClass : throw new ArgumentException($"no grain class is named '{type}'", nameof(type));

    /// <summary>The class that implements an interface.</summary>
    /// <param name="interfaceType">The grain interface.</param>
    /// <param name="prefix">What the class's full name begins with, where several implement it.</param>
    /// <exception cref="ArgumentException">None does, or several do and none is the one meant.</exception>
    public GrainClass Implementing(Type interfaceType, string? prefix)
    {
        var all = _byType.Value.Values.Where(grainClass => grainClass.Type.IsAssignableTo(interfaceType)).ToArray();
        var fitting = string.IsNullOrEmpty(prefix)
            ? all
            : Array.FindAll(all, grainClass => grainClass.Type.FullName!.StartsWith(prefix, StringComparison.Ordinal));
        if (fitting.Length > 1)
        {
            var byConvention = interfaceType.Name.StartsWith('I') ? interfaceType.Name[1..] : interfaceType.Name;
            fitting = Array.FindAll(fitting, grainClass => grainClass.Type.Name == byConvention);
        }

        return fitting.Length == 1
            ? fitting[0]
            : throw new ArgumentException(
                $"{interfaceType}: {(all.Length == 0 ? "no grain class" : string.Join(", ", all.Select(grainClass => grainClass.Type)))} found"
                + $"{(string.IsNullOrEmpty(prefix) ? "" : $" with prefix '{prefix}'")}, expected one that implements it",
                nameof(interfaceType));
    }
}
