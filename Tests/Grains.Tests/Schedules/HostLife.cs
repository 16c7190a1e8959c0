using Orleans.Storage;

namespace Pythia.Tests.Schedules;

/// <summary>Whether a host still lives. Whatever it stores or asks goes through here, so that it can die before or after any of it.</summary>
public sealed class HostLife(int number, ScheduleTrace trace)
{
    private readonly Lock _gate = new();
    private int _left = int.MaxValue;
    private bool _doesTheLast;

    public int Number => number;

    public bool IsDead { get; private set; }

    /// <summary>Dies at the <paramref name="count"/>-th step from now: before it, or after it was done and before anybody heard.</summary>
    public void DieAt(int count, bool doesTheLast)
    {
        lock (_gate)
        {
            (_left, _doesTheLast) = (count, doesTheLast);
        }
    }

    public void Die()
    {
        lock (_gate)
        {
            IsDead = true;
        }
    }

    /// <summary>Takes a step, unless the host is dead or dies before it. What the host does not live to hear is thrown away.</summary>
    public T Step<T>(string what, Func<T> step)
    {
        lock (_gate)
        {
            Refuse(what);
            var isLast = --_left == 0;
            IsDead = isLast;
            if (isLast && !_doesTheLast)
            {
                trace.Add(number, $"dies before {what}");
                Refuse(what);
            }

            var result = step();
            trace.Add(number, what, result);
            if (isLast)
            {
                trace.Add(number, $"dies after {what}");
                Refuse(what);
            }

            return result;
        }
    }

    /// <exception cref="OrleansException">The host is dead.</exception>
    public void Refuse(string what)
    {
        if (IsDead)
        {
            throw new OrleansException($"host {number} is dead: {what}");
        }
    }
}

/// <summary>Grain storage that outlives hosts: bytes and etags, as a real one.</summary>
public sealed class ScheduleRecords
{
    private readonly Dictionary<string, (byte[] Bytes, long Etag)> _records = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private long _etags;

    /// <summary>Writes that fail from now on; of each, whether it is done all the same is told by the second.</summary>
    public Func<string, StorageTrouble> Trouble { get; set; } = _ => StorageTrouble.None;

    public (byte[] Bytes, long Etag)? Read(string key)
    {
        lock (_gate)
        {
            return _records.TryGetValue(key, out var record) ? record : null;
        }
    }

    public long Write(string key, string? etag, byte[]? bytes)
    {
        lock (_gate)
        {
            var stored = _records.TryGetValue(key, out var record) ? $"{record.Etag}" : null;
            if (stored != etag)
            {
                throw new InconsistentStateException($"etag {etag} found for {key}, {stored} expected");
            }

            if (bytes is null)
            {
                _records.Remove(key);
                return 0;
            }

            _records[key] = (bytes, ++_etags);
            return _etags;
        }
    }
}

public enum StorageTrouble
{
    None,

    /// <summary>Throws and stores nothing.</summary>
    Fails,

    /// <summary>Stores and throws.</summary>
    FailsAfter,
}

/// <summary>One host's way to the records.</summary>
public sealed class ScheduleStorage(ScheduleRecords records, HostLife life, IGrainStorageSerializer serializer) : IGrainStorage
{
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await Task.Yield();
        life.Refuse(stateName);
        var record = records.Read($"{stateName}/{grainId}");
        grainState.State = record is null ? default! : serializer.Deserialize<T>(new BinaryData(record.Value.Bytes));
        grainState.ETag = record is null ? null : $"{record.Value.Etag}";
        grainState.RecordExists = record is not null;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        => StoreAsync(stateName, grainId, grainState, serializer.Serialize(grainState.State!).ToArray());

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => StoreAsync(stateName, grainId, grainState, null);

    private async Task StoreAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, byte[]? bytes)
    {
        await Task.Yield();
        var key = $"{stateName}/{grainId}";
        var trouble = records.Trouble(stateName);
        if (trouble is StorageTrouble.Fails)
        {
            throw new OrleansException($"{key} was not stored: the disk is full");
        }

        var etag = life.Step($"store {key}", () => records.Write(key, grainState.ETag, bytes));
        await Task.Yield();
        life.Refuse(key);
        if (trouble is StorageTrouble.FailsAfter)
        {
            throw new OrleansException($"{key} was stored, and nobody heard of it");
        }

        grainState.ETag = bytes is null ? null : $"{etag}";
        grainState.RecordExists = bytes is not null;
    }
}

/// <summary>Reminders that outlive hosts.</summary>
public sealed class ScheduleReminders(HostLife life, ReminderRows rows) : IReminderTable
{
    public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task<ReminderTableData> ReadRows(GrainId grainId) => Task.FromResult(new ReminderTableData(rows.All.Where(r => r.GrainId == grainId)));

    public Task<ReminderTableData> ReadRows(uint begin, uint end) => Task.FromResult(new ReminderTableData(rows.All));

    public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName)
        => Task.FromResult(rows.All.FirstOrDefault(r => r.GrainId == grainId && r.ReminderName == reminderName));

    public async Task<string?> UpsertRow(ReminderEntry entry)
    {
        await Task.Yield();
        return life.Step($"remind {entry.GrainId}", () => rows.Upsert(entry));
    }

    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag)
        => Task.FromResult(life.Step($"forget {grainId}", () => rows.Remove(grainId, reminderName)));

    public Task TestOnlyClearTable() => Task.CompletedTask;
}

/// <summary>The rows of <see cref="ScheduleReminders"/>.</summary>
public sealed class ReminderRows
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<(GrainId, string), ReminderEntry> _rows = new();
    private int _etags;

    public ICollection<ReminderEntry> All => _rows.Values;

    public string Upsert(ReminderEntry entry)
    {
        entry.ETag = $"{Interlocked.Increment(ref _etags)}";
        _rows[(entry.GrainId, entry.ReminderName)] = entry;
        return entry.ETag;
    }

    public bool Remove(GrainId grainId, string reminderName) => _rows.TryRemove((grainId, reminderName), out _);
}
