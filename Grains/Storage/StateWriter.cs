using Orleans.Storage;

namespace Pythia.Grains.Storage;

/// <summary>
/// Stores a grain's state so that memory follows storage: <see cref="Current"/> is what was last stored, and a failed write leaves it
/// as it was, or, where the write was taken and nobody heard, as a fresh read finds it. In a reentrant grain, changes that come while a write is under way go together with the next one (group commit).
/// </summary>
/// <remarks>For use on the grain's own scheduler only, where one thing runs at a time; it takes no locks.</remarks>
public sealed class StateWriter<TState>(IPersistentState<TState> stored, Action deactivate)
    where TState : class
{
    private readonly List<Change> _waiting = [];
    private bool _writing;
    private bool _isUnsure;

    /// <summary>The state as it is stored.</summary>
    public TState Current { get; private set; } = stored.State;

    /// <summary>Applies <paramref name="change"/> to what is then current, and completes when the result is stored.</summary>
    /// <param name="change">Pure; returns the same object when there is nothing to store.</param>
    /// <exception cref="OrleansException">Storage did not say that it took it: <see cref="Current"/> is what was read after that.</exception>
    public Task ApplyAsync(Func<TState, TState> change)
    {
        var entry = new Change(change);
        _waiting.Add(entry);
        if (!_writing)
        {
            _writing = true;
            _ = DrainAsync();
        }

        return entry.Done.Task;
    }

    /// <summary>Stores <paramref name="next"/>, which was made from <paramref name="basis"/>.</summary>
    /// <exception cref="OrleansException">As of <see cref="ApplyAsync"/>; or what is stored has turned out to be something else than the basis.</exception>
    public Task ReplaceAsync(TState basis, TState next) => ApplyAsync(s => ReferenceEquals(s, basis)
        ? next
        : throw new OrleansException($"{typeof(TState).Name} is stored differently than it was known; look again"));

    /// <summary>Reads what is stored, where another activation may have written unseen: one that was taken for dead and went on. Does nothing
    /// while a write is under way, which finds that out by itself.</summary>
    public async Task RefreshAsync()
    {
        if (_writing)
        {
            return;
        }

        _writing = true;
        try
        {
            await ReadAsync();
        }
        finally
        {
            _ = DrainAsync();
        }
    }

    private async Task DrainAsync()
    {
        try
        {
            while (_waiting.Count > 0)
            {
                var batch = _waiting.ToArray();
                _waiting.Clear();
                await WriteAsync(batch);
            }
        }
        finally
        {
            _writing = false;
        }
    }

    private async Task WriteAsync(Change[] batch)
    {
        try
        {
            if (_isUnsure)
            {
                await ReadAsync();
            }

            var next = Current;
            foreach (var change in batch)
            {
                next = change.Apply(next);
            }

            if (!ReferenceEquals(next, Current))
            {
                await StoreAsync(next);
            }

            foreach (var change in batch)
            {
                change.Done.SetResult();
            }
        }
        catch (Exception e)
        {
            foreach (var change in batch)
            {
                change.Done.SetException(e);
            }
        }
    }

    private async Task StoreAsync(TState next)
    {
        stored.State = next;
        try
        {
            await stored.WriteStateAsync(CancellationToken.None);
            Current = next;
        }
        catch (Exception e)
        {
            stored.State = Current;
            if (e is InconsistentStateException)
            {
                // Another activation: only a fresh start tells what else has changed.
                deactivate();
            }
            else
            {
                // It may have been taken all the same. What can't be read now is read before the next write.
                _isUnsure = true;
                await TryReadAsync();
            }

            throw;
        }
    }

    private async Task TryReadAsync()
    {
        try
        {
            await ReadAsync();
        }
        catch (Exception) when (_isUnsure)
        {
            // The writer's own exception goes to whoever waits.
        }
    }

    private async Task ReadAsync()
    {
        await stored.ReadStateAsync(CancellationToken.None);
        Current = stored.State;
        _isUnsure = false;
    }

    private sealed record Change(Func<TState, TState> Apply)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
