using System.Collections.Concurrent;
using Orleans.Storage;

namespace Pythia.Tests.Support;

/// <summary>Grain storage that outlives a host, keeps bytes and etags as a real one does, and fails when told to.</summary>
public sealed class TestStorage(IGrainStorageSerializer serializer) : IGrainStorage
{
    private readonly ConcurrentDictionary<string, (byte[] Bytes, string Etag)> _records = new();
    private long _etags;

    /// <summary>Throws instead of writing, where it says so: (state name, grain id).</summary>
    public Func<string, GrainId, bool> FailsOn { get; set; } = (_, _) => false;

    /// <summary>Stored states by "name/grain id".</summary>
    public IReadOnlyDictionary<string, byte[]> Records => _records.ToDictionary(r => r.Key, r => r.Value.Bytes);

    /// <summary>Loses everything whose "name/grain id" begins so.</summary>
    public void Wipe(string prefix = "")
    {
        foreach (var key in _records.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)))
        {
            _records.TryRemove(key, out _);
        }
    }

    /// <summary>Loses what was stored, as a crash before its write does.</summary>
    public void Forget(Func<string, bool> named)
    {
        foreach (var key in _records.Keys.Where(named))
        {
            _records.TryRemove(key, out _);
        }
    }

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_records.TryGetValue(Key(stateName, grainId), out var record))
        {
            grainState.State = serializer.Deserialize<T>(new BinaryData(record.Bytes));
            grainState.ETag = record.Etag;
            grainState.RecordExists = true;
        }

        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (FailsOn(stateName, grainId))
        {
            throw new OrleansException($"{stateName} of {grainId} was not stored: told to fail");
        }

        var key = Key(stateName, grainId);
        var stored = _records.TryGetValue(key, out var record) ? record.Etag : null;
        if (stored != grainState.ETag)
        {
            throw new InconsistentStateException($"etag {grainState.ETag} found for {key}, {stored} expected");
        }

        var etag = $"{Interlocked.Increment(ref _etags)}";
        _records[key] = (serializer.Serialize(grainState.State!).ToArray(), etag);
        grainState.ETag = etag;
        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _records.TryRemove(Key(stateName, grainId), out _);
        grainState.ETag = null;
        grainState.RecordExists = false;
        return Task.CompletedTask;
    }

    private static string Key(string stateName, GrainId grainId) => $"{stateName}/{grainId}";
}
