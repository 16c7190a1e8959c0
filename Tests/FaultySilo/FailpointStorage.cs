using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Orleans.Storage;
using Pythia.Grains.Storage;

namespace Pythia.FaultySilo;

/// <summary>Grain storage with a failpoint before and after each write, named by what the write changes.</summary>
public sealed class FailpointStorage(IGrainStorage inner, Failpoints failpoints) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    private readonly PythiaStateSerializer _serializer = new();
    private readonly ConcurrentDictionary<string, JsonObject> _known = new(StringComparer.Ordinal);

    public void Participate(ISiloLifecycle observer) => (inner as ILifecycleParticipant<ISiloLifecycle>)?.Participate(observer);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        => ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        => WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        => ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        await inner.ReadStateAsync(stateName, grainId, grainState, cancellationToken);
        if (grainState.RecordExists)
        {
            _known[$"{stateName}/{grainId}"] = Json(grainState.State);
        }
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var key = $"{stateName}/{grainId}";
        var next = Json(grainState.State);
        var names = StoreNames.Of(stateName, _known.GetValueOrDefault(key), next);
        return failpoints.PassAsync(names, async () =>
        {
            await inner.WriteStateAsync(stateName, grainId, grainState, cancellationToken);
            _known[key] = next;
            return true;
        });
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
        => failpoints.PassAsync([$"clear {stateName}"], async () =>
        {
            await inner.ClearStateAsync(stateName, grainId, grainState, cancellationToken);
            _known.TryRemove($"{stateName}/{grainId}", out _);
            return true;
        });

    private JsonObject Json<T>(T state) => JsonNode.Parse(_serializer.Serialize(state).ToMemory().Span)!.AsObject();
}
