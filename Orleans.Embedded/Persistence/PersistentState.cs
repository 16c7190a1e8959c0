using Orleans.Diagnostics;
using Orleans.Runtime;
using Orleans.Storage;
using Pythia.Embedded.Diagnostics;
using Pythia.Embedded.Runtime;

namespace Pythia.Embedded.Persistence;

/// <summary>A state of one activation: the copy in memory, and the way to its store. Operations on it come one after the other.</summary>
internal sealed class PersistentState<TState>(Activation activation, string name, IGrainStorage store) : IPersistentState<TState>
{
    private readonly GrainState<TState> _record = new();
    private Task _last = Task.CompletedTask;
    private bool _read;

    public TState State
    {
        get => _record.State!;
        set => _record.State = value;
    }

    public string? Etag => _record.ETag;

    public bool RecordExists
        => _read ? _record.RecordExists : throw new InvalidOperationException($"state '{name}' of '{activation.GrainId}' was used before it was read");

    public Task ReadStateAsync() => ReadStateAsync(CancellationToken.None);

    public Task ReadStateAsync(CancellationToken cancellationToken)
        => Queue("read", token => store.ReadStateAsync(name, activation.GrainId, _record, token), cancellationToken);

    public Task WriteStateAsync() => WriteStateAsync(CancellationToken.None);

    public Task WriteStateAsync(CancellationToken cancellationToken)
        => Queue("write", token => store.WriteStateAsync(name, activation.GrainId, _record, token), cancellationToken);

    public Task ClearStateAsync() => ClearStateAsync(CancellationToken.None);

    public Task ClearStateAsync(CancellationToken cancellationToken)
        => Queue("clear", token => store.ClearStateAsync(name, activation.GrainId, _record, token), cancellationToken);

    private Task Queue(string operation, Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        if (!ReferenceEquals(GrainContexts.Current, activation))
        {
            throw new InvalidOperationException(
                $"state '{name}' of '{activation.GrainId}' was to be {operation} outside of the activation's turns; an await with ConfigureAwait(false) leaves them");
        }

        return _last = RunAsync(_last, operation, run, cancellationToken);
    }

    private async Task RunAsync(Task before, string operation, Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        using var activity = ActivitySources.Storage.StartActivity(operation + " storage");
        activity?.SetTag("orleans.storage.state.name", name);
        var from = activation.Silo.GrainTime.GetTimestamp();
        try
        {
            await run(cancellationToken);
            Measure(operation, from, failed: false);
            _read = true;
            if (_record.State is null)
            {
                _record.State = NewState();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            Measure(operation, from, failed: true);
            if (activity is not null)
            {
                CallActivity.Fail(activity, exception);
            }

            activation.Silo.Log.StorageFailed(name, activation.Name, operation, exception);
            if (exception is OrleansException)
            {
                throw;
            }

            throw new OrleansException($"state '{name}' of '{activation.GrainId}': {operation} failed in {store.GetType().Name}: {exception.Message}", exception);
        }
    }

    private void Measure(string operation, long from, bool failed)
        => activation.Silo.Instruments.Stored(
            operation, activation.Silo.GrainTime.GetElapsedTime(from), failed, store.GetType().Name, name, typeof(TState).Name);

    private static TState? NewState()
        => typeof(TState) == typeof(string) || typeof(TState).IsArray ? default : Activator.CreateInstance<TState>();
}
