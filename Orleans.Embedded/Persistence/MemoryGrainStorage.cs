using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Storage;
using Pythia.Embedded.Serialization;

namespace Pythia.Embedded.Runtime;

/// <summary>Keeps states as bytes if a serializer is named for it, else as copies.</summary>
internal sealed class MemoryGrainStorage(string name, IGrainStorageSerializer? serializer) : IGrainStorage
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string State, GrainId Grain), Record> _records = [];
    private long _lastEtag;

    public static MemoryGrainStorage Create(IServiceProvider services, string name)
        => new(name, services.GetRequiredService<IOptionsMonitor<MemoryGrainStorageOptions>>().Get(name).GrainStorageSerializer
            ?? services.GetKeyedService<IGrainStorageSerializer>(name)
            ?? services.GetService<IGrainStorageSerializer>());

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Record? record;
        lock (_gate)
        {
            _records.TryGetValue((stateName, grainId), out record);
        }

        grainState.RecordExists = record is not null;
        grainState.ETag = record?.Etag;
        grainState.State = record is null ? default : Thaw<T>(record.Value);
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var value = Freeze(grainState.State);
        lock (_gate)
        {
            Check(stateName, grainId, grainState.ETag);
            grainState.ETag = (++_lastEtag).ToString(CultureInfo.InvariantCulture);
            _records[(stateName, grainId)] = new Record(grainState.ETag, value);
        }

        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        lock (_gate)
        {
            Check(stateName, grainId, grainState.ETag);
            _records.Remove((stateName, grainId));
        }

        grainState.ETag = null;
        grainState.RecordExists = false;
        grainState.State = default;
        return Task.CompletedTask;
    }

    private void Check(string stateName, GrainId grainId, string? held)
    {
        var stored = _records.GetValueOrDefault((stateName, grainId))?.Etag;
        if (stored != held)
        {
            throw new InconsistentStateException(
                $"state '{stateName}' of '{grainId}' in '{name}': etag {held ?? "none"} found, {stored ?? "none"} expected", stored, held);
        }
    }

    private object? Freeze<T>(T? value) => serializer is null ? MessageCopier.Copy<object?>(value) : serializer.Serialize(value!);

    private T? Thaw<T>(object? value)
        => serializer is null ? (T?)MessageCopier.Copy(value) : serializer.Deserialize<T>((BinaryData)value!);

    private sealed record Record(string Etag, object? Value);
}
