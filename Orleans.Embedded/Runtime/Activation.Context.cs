using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Pythia.Embedded.References;

namespace Pythia.Embedded.Runtime;

/// <summary>This part is what the grain and its services see of the activation.</summary>
internal sealed partial class Activation : IGrainContext, IGrainExtensionBinder
{
    private Dictionary<Type, object>? _components;
    private GrainReference? _reference;

    public object? GrainInstance => _instance;

    public GrainReference GrainReference
        => _reference ??= new UntypedReference(new GrainReferenceShared(Silo, GrainId.Type, default), GrainId.Key);

    public ActivationId ActivationId
    {
        get
        {
            lock (Gate)
            {
                if (field.IsDefault)
                {
                    field = ActivationId.NewId();
                }

                return field;
            }
        }
    }

    public GrainAddress Address => new() { GrainId = GrainId, ActivationId = ActivationId, SiloAddress = Silo.Details.SiloAddress };

    public IServiceProvider ActivationServices => _scope?.ServiceProvider ?? Silo.Services;

    public IGrainLifecycle ObservableLifecycle => _lifecycle ??= new GrainLifecycle();

    public IWorkItemScheduler Scheduler => this;

    public object? GetTarget() => _instance;

    public object? GetComponent(Type componentType)
        => _components is not null && _components.TryGetValue(componentType, out var component) ? component
            : componentType.IsInstanceOfType(_instance) ? _instance
            : componentType.IsInstanceOfType(this) ? this
            : null;

    public void SetComponent<TComponent>(TComponent? value)
        where TComponent : class
    {
        if (value is null)
        {
            _components?.Remove(typeof(TComponent));
        }
        else
        {
            (_components ??= [])[typeof(TComponent)] = value;
        }
    }

    public TExtensionInterface GetExtension<TExtensionInterface>()
        where TExtensionInterface : class, IGrainExtension
        => (TExtensionInterface)GetExtension(typeof(TExtensionInterface));

    /// <summary>The extension that was set, else a new one of the class that was registered.</summary>
    public object GetExtension(Type extensionInterface)
    {
        if (GetComponent(extensionInterface) is { } known)
        {
            return known;
        }

        var extension = ActivationServices.GetKeyedService<IGrainExtension>(extensionInterface)
            ?? throw new GrainExtensionNotInstalledException($"grain '{GrainId}' has no extension {extensionInterface}, and no class is registered for it");
        (_components ??= [])[extensionInterface] = extension;
        return extension;
    }

    public (TExtension, TExtensionInterface) GetOrSetExtension<TExtension, TExtensionInterface>(Func<TExtension> newExtensionFunc)
        where TExtension : class, TExtensionInterface
        where TExtensionInterface : class, IGrainExtension
    {
        if (GetComponent(typeof(TExtensionInterface)) is not TExtension extension)
        {
            extension = newExtensionFunc();
            SetComponent<TExtensionInterface>(extension);
        }

        return (extension, extension);
    }

    public void ReceiveMessage(object message)
    {
        var request = message as Request ?? throw new ArgumentException($"'{message.GetType()}' found, expected a request of this engine", nameof(message));
        if (!TryPost(request))
        {
            Silo.SendOn(request, GrainId);
        }
    }

    public void Activate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default)
    {
        lock (Gate)
        {
            if (_stage is not Stage.Created)
            {
                return;
            }

            _stage = Stage.Starting;
        }

        StartOwn(StartAsync);
    }

    public void Rehydrate(IRehydrationContext context)
    {
    }

    public void Migrate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default)
        => Deactivate(new DeactivationReason(DeactivationReasonCode.Migrating, "Migration was asked for."), cancellationToken);

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);
}
