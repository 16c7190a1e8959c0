using System.Collections.Concurrent;
using System.Text.Json;
using Orleans.Storage;
using Pythia.Contracts.JsonRpc;
using Pythia.Grains.Storage;

namespace Pythia.Benchmarks.Intents;

/// <summary>Counts what a run did: a noisy machine changes the seconds, not the work.</summary>
internal sealed class WorkCounts
{
    private readonly ConcurrentDictionary<string, (long Times, long Bytes)> _done = new(StringComparer.Ordinal);

    public IReadOnlyList<(string What, long Times, long Bytes)> Done
        => [.. _done.Select(d => (d.Key, d.Value.Times, d.Value.Bytes)).OrderBy(d => d.Key, StringComparer.Ordinal)];

    public void Count(string what, long bytes)
        => _done.AddOrUpdate(what, _ => (1, bytes), (_, before) => (before.Times + 1, before.Bytes + bytes));

    public void Clear() => _done.Clear();
}

/// <summary>Counts states as they are written.</summary>
internal sealed class CountingSerializer(WorkCounts counts) : IGrainStorageSerializer
{
    private readonly PythiaStateSerializer _serializer = new();

    public BinaryData Serialize<T>(T input)
    {
        var data = _serializer.Serialize(input);
        counts.Count($"write {typeof(T).Name}", data.ToMemory().Length);
        return data;
    }

    public T Deserialize<T>(BinaryData input) => _serializer.Deserialize<T>(input);
}

/// <summary>Counts calls of nodes.</summary>
internal sealed class CountingRpc(IJsonRpc rpc, WorkCounts counts) : IJsonRpc
{
    public Task<JsonElement> CallAsync(RpcRequest request, CancellationToken cancellationToken = default)
    {
        counts.Count($"call {request.Method}", 0);
        return rpc.CallAsync(request, cancellationToken);
    }

    public Task<IReadOnlyList<RpcAnswer>> BatchAsync(IReadOnlyList<RpcRequest> requests, CancellationToken cancellationToken = default)
    {
        counts.Count("call of many", 0);
        return rpc.BatchAsync(requests, cancellationToken);
    }
}
