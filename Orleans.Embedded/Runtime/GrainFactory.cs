using System.Collections.Concurrent;
using Orleans.Runtime;
using Pythia.Embedded.References;

namespace Pythia.Embedded.Runtime;

/// <summary>Makes references, inside of grains and outside.</summary>
internal sealed class GrainFactory(SiloRuntime silo) : IClusterClient
{
    private readonly ConcurrentDictionary<(Type Interface, string Prefix), Maker> _byClass = new();
    private readonly ConcurrentDictionary<Type, Maker> _byInterface = new();
    private readonly Lazy<Dictionary<Type, GrainInterface>> _interfaces = new(() =>
    {
        GrainModules.AddInterface(typeof(IRemindable), "Orleans.IRemindable", static (shared, key) => new RemindableReference(shared, key));
        ManagementReference.Register();
        return GrainModules.Interfaces().ToDictionary(known => known.Type);
    });

    public IServiceProvider ServiceProvider => silo.Services;

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidKey
        => Make<TGrainInterface>(GrainIdKeyExtensions.CreateGuidKey(primaryKey), grainClassNamePrefix);

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerKey
        => Make<TGrainInterface>(GrainIdKeyExtensions.CreateIntegerKey(primaryKey), grainClassNamePrefix);

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey
        => Make<TGrainInterface>(StringKey(primaryKey), grainClassNamePrefix);

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidCompoundKey
        => Make<TGrainInterface>(GrainIdKeyExtensions.CreateGuidKey(primaryKey, Extension(keyExtension)), grainClassNamePrefix);

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerCompoundKey
        => Make<TGrainInterface>(GrainIdKeyExtensions.CreateIntegerKey(primaryKey, Extension(keyExtension)), grainClassNamePrefix);

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey)
        => (IGrain)GetGrain(grainInterfaceType, GrainIdKeyExtensions.CreateGuidKey(grainPrimaryKey));

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey)
        => (IGrain)GetGrain(grainInterfaceType, GrainIdKeyExtensions.CreateIntegerKey(grainPrimaryKey));

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey)
        => (IGrain)GetGrain(grainInterfaceType, StringKey(grainPrimaryKey));

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey, string keyExtension)
        => (IGrain)GetGrain(grainInterfaceType, GrainIdKeyExtensions.CreateGuidKey(grainPrimaryKey, Extension(keyExtension)));

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey, string keyExtension)
        => (IGrain)GetGrain(grainInterfaceType, GrainIdKeyExtensions.CreateIntegerKey(grainPrimaryKey, Extension(keyExtension)));

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey) => MakerOf(interfaceType, null).Make(grainKey);

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey, string grainClassNamePrefix)
        => MakerOf(interfaceType, grainClassNamePrefix).Make(grainKey);

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable
        => (TGrainInterface)(object)GetReference(typeof(TGrainInterface), grainId);

    public IAddressable GetGrain(GrainId grainId) => new UntypedReference(new GrainReferenceShared(silo, grainId.Type, default), grainId.Key);

    public IAddressable GetGrain(GrainId grainId, GrainInterfaceType interfaceType)
    {
        var known = _interfaces.Value.Values.FirstOrDefault(candidate => candidate.Id == interfaceType)
            ?? throw new ArgumentException($"no grain interface is named '{interfaceType}'", nameof(interfaceType));
        return GetReference(known.Type, grainId);
    }

    /// <summary>A reference to this grain by this interface.</summary>
    public GrainReference GetReference(Type interfaceType, GrainId grainId)
    {
        var known = Interface(interfaceType);
        return known.Create(new GrainReferenceShared(silo, grainId.Type, known.Id), grainId.Key);
    }

    public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver
    {
        ArgumentNullException.ThrowIfNull(obj);
        if (obj is Grain)
        {
            throw new ArgumentException($"'{obj.GetType()}' found, expected an object that is no grain", nameof(obj));
        }

        if (obj is GrainReference || obj is not TGrainObserverInterface)
        {
            throw new ArgumentException($"'{obj.GetType()}' found, expected an object that implements {typeof(TGrainObserverInterface)}", nameof(obj));
        }

        var target = new ObserverTarget(silo, obj);
        var reference = GetReference(typeof(TGrainObserverInterface), target.GrainId);
        silo.Add(target);
        return (TGrainObserverInterface)(object)reference;
    }

    public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver
        => silo.RemoveObserver(obj is GrainReference reference
            ? reference.GrainId
            : throw new ArgumentException($"'{obj?.GetType()}' found, expected the reference that {nameof(CreateObjectReference)} returned", nameof(obj)));

    private static IdSpan StringKey(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return IdSpan.Create(key);
    }

    private static string Extension(string extension)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(extension);
        return extension;
    }

    private TGrainInterface Make<TGrainInterface>(IdSpan key, string? prefix)
        => (TGrainInterface)(object)MakerOf(typeof(TGrainInterface), prefix).Make(key);

    private Maker MakerOf(Type interfaceType, string? prefix)
        => prefix is null
            ? _byInterface.TryGetValue(interfaceType, out var maker) ? maker : _byInterface.GetOrAdd(interfaceType, type => NewMaker(type, null))
            : _byClass.GetOrAdd((interfaceType, prefix), asked => NewMaker(asked.Interface, asked.Prefix));

    private Maker NewMaker(Type interfaceType, string? prefix)
    {
        var known = Interface(interfaceType);
        var grainType = interfaceType == typeof(IManagementGrain) ? ManagementReference.Type : silo.Classes.Implementing(interfaceType, prefix).GrainType;
        return new Maker(known.Create, new GrainReferenceShared(silo, grainType, known.Id));
    }

    private GrainInterface Interface(Type type)
        => _interfaces.Value.TryGetValue(type, out var known)
            ? known
            : throw new ArgumentException(
                $"{type} found, expected a grain or observer interface of a project that is built with the reference generator", nameof(type));

    private sealed record Maker(Func<GrainReferenceShared, IdSpan, GrainReference> Create, GrainReferenceShared Shared)
    {
        public GrainReference Make(IdSpan key) => Create(Shared, key);
    }
}
