using Orleans.Serialization.Invocation;

namespace Orleans.Runtime
{
    /// <summary>One activation of a grain: its identity, its instance, its services and its end.</summary>
    public interface IGrainContext : ITargetHolder, IEquatable<IGrainContext>
    {
        GrainReference GrainReference { get; }

        GrainId GrainId { get; }

        /// <summary>The grain; null until it has been constructed.</summary>
        object? GrainInstance { get; }

        ActivationId ActivationId { get; }

        GrainAddress Address { get; }

        /// <summary>Services of this activation alone; disposed when it ends.</summary>
        IServiceProvider ActivationServices { get; }

        IGrainLifecycle ObservableLifecycle { get; }

        IWorkItemScheduler Scheduler { get; }

        /// <summary>Done when the activation has ended.</summary>
        Task Deactivated { get; }

        void SetComponent<TComponent>(TComponent? value)
            where TComponent : class;

        /// <summary>Queues a call. Only the engine's own request objects are known.</summary>
        void ReceiveMessage(object message);

        void Activate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default);

        /// <summary>Begins the end of this activation; <see cref="Deactivated"/> tells when it has come.</summary>
        void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);

        /// <summary>Nothing to take over from: there is one silo.</summary>
        void Rehydrate(IRehydrationContext context);

        /// <summary>The same as <see cref="Deactivate"/>: there is no other silo to move to.</summary>
        void Migrate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default);
    }

    /// <summary>The activation whose turn the calling code runs in.</summary>
    public interface IGrainContextAccessor
    {
        /// <exception cref="InvalidOperationException">The calling code runs in no activation's turn.</exception>
        IGrainContext GrainContext { get; }
    }

    /// <summary>Runs work in an activation's turns.</summary>
    public interface IWorkItemScheduler
    {
        void QueueAction(Action action);

        void QueueAction(Action<object?> action, object? state);

        void QueueTask(Task task);
    }

    /// <summary>Finds and sets the extensions of an activation.</summary>
    public interface IGrainExtensionBinder
    {
        TExtensionInterface GetExtension<TExtensionInterface>()
            where TExtensionInterface : class, IGrainExtension;

        (TExtension, TExtensionInterface) GetOrSetExtension<TExtension, TExtensionInterface>(Func<TExtension> newExtensionFunc)
            where TExtension : class, TExtensionInterface
            where TExtensionInterface : class, IGrainExtension;
    }

    /// <summary>What a leaving activation takes along to another silo.</summary>
    public interface IDehydrationContext
    {
        IEnumerable<string> Keys { get; }

        void AddBytes(string key, ReadOnlySpan<byte> value);

        void AddBytes<T>(string key, Action<T, System.Buffers.IBufferWriter<byte>> valueWriter, T value);

        bool TryAddValue<T>(string key, T? value);
    }

    /// <summary>What an arriving activation was given along.</summary>
    public interface IRehydrationContext
    {
        IEnumerable<string> Keys { get; }

        bool TryGetBytes(string key, out System.Buffers.ReadOnlySequence<byte> value);

        bool TryGetValue<T>(string key, out T? value);
    }

    /// <summary>Takes part in a move from silo to silo. There is one silo, so it is never called.</summary>
    public interface IGrainMigrationParticipant
    {
        void OnDehydrate(IDehydrationContext dehydrationContext);

        void OnRehydrate(IRehydrationContext rehydrationContext);
    }

    /// <summary>Ends an activation and waits for its end.</summary>
    public static class GrainContextExtensions
    {
        public static Task DeactivateAsync(this IGrainContext grainContext, DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
        {
            grainContext.Deactivate(deactivationReason, cancellationToken);
            return grainContext.Deactivated;
        }
    }
}

namespace Orleans.Core.Internal
{
    /// <summary>Told when a call chain may come back to this activation, and when no longer.</summary>
    public interface ICallChainReentrantGrainContext
    {
        void OnEnterReentrantSection(Guid reentrancyId);

        void OnExitReentrantSection(Guid reentrancyId);
    }
}
