using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Storage;
namespace Pythia.Embedded.Runtime;
internal interface ICallTarget;
internal sealed class SiloRuntime { public GrainFactory Factory => throw new NotSupportedException(); }
internal sealed class GrainFactory { public IAddressable GetReference(Type t, GrainId id) => throw new NotSupportedException(); }
internal abstract class Activation : TaskScheduler, IGrainContext
{
    public abstract GrainReference GrainReference { get; }
    public abstract GrainId GrainId { get; }
    public abstract object? GrainInstance { get; }
    public abstract ActivationId ActivationId { get; }
    public abstract GrainAddress Address { get; }
    public abstract IServiceProvider ActivationServices { get; }
    public abstract IGrainLifecycle ObservableLifecycle { get; }
    public abstract IWorkItemScheduler Scheduler { get; }
    public abstract Task Deactivated { get; }
    public abstract void Activate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default);
    public abstract void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);
    public abstract bool Equals(IGrainContext? other);
    public abstract object? GetComponent(Type componentType);
    public abstract object? GetTarget();
    public abstract void Migrate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default);
    public abstract void ReceiveMessage(object message);
    public abstract void Rehydrate(IRehydrationContext context);
    public abstract void SetComponent<TComponent>(TComponent? value) where TComponent : class;
}
internal static class SiloServices { public static void Add(IServiceCollection services) => throw new NotSupportedException(); public static void AddReminders(IServiceCollection services) => throw new NotSupportedException(); }
internal sealed class StorageStart(IServiceProvider s, string n) : ILifecycleParticipant<ISiloLifecycle> { public void Participate(ISiloLifecycle lifecycle) => throw new NotSupportedException(n + s); }
internal abstract class MemoryGrainStorage : IGrainStorage
{
    public static MemoryGrainStorage Create(IServiceProvider s, string n) => throw new NotSupportedException(n + s);
    public abstract Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);
    public abstract Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);
    public abstract Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);
}
internal sealed class MemoryReminderTable : IReminderTable
{
    public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName) => throw new NotSupportedException();
    public Task<ReminderTableData> ReadRows(GrainId grainId) => throw new NotSupportedException();
    public Task<ReminderTableData> ReadRows(uint begin, uint end) => throw new NotSupportedException();
    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag) => throw new NotSupportedException();
    public Task StartAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
    public Task StopAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
    public Task TestOnlyClearTable() => throw new NotSupportedException();
    public Task<string?> UpsertRow(ReminderEntry entry) => throw new NotSupportedException();
}
