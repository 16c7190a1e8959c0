namespace Pythia.Tests.Schedules;

/// <summary>Knows when nothing moves any more: each schedule waits here, and the thread pool has nothing to run. Only then is a second of
/// the model's time worth a second, since a host can do in no time whatever it can do. Schedules go on in lockstep.</summary>
/// <remarks>It looks at the pool of the whole process, so nothing else may run beside (<see cref="AloneCollection"/>).</remarks>
public sealed class Quiescence : IDisposable
{
    private const int LooksBeforeQuiet = 2;

    // The test host holds some of the pool's threads for good; what it is that long and waits for nothing is one of those.
    private const int HeldForGoodMs = 300;

    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _allWait = new();
    private readonly Thread _watcher;
    private List<TaskCompletionSource> _waiting = [];
    private int _schedules;
    private int _alwaysBusy;
    private volatile bool _ended;

    public Quiescence()
    {
        _watcher = new Thread(Watch) { IsBackground = true, Name = nameof(Quiescence) };
        _watcher.Start();
    }

    public void Enter()
    {
        lock (_gate)
        {
            _schedules++;
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            _schedules--;
            SetIfAllWait();
        }
    }

    /// <summary>Completes when all schedules wait here and nothing runs.</summary>
    public Task QuietAsync()
    {
        var quiet = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Add(quiet);
            SetIfAllWait();
        }

        return quiet.Task;
    }

    public void Dispose()
    {
        _ended = true;
        _allWait.Set();
        _watcher.Join();
        _allWait.Dispose();
    }

    private void SetIfAllWait()
    {
        if (_schedules > 0 && _waiting.Count == _schedules)
        {
            _allWait.Set();
        }
    }

    private void Watch()
    {
        while (true)
        {
            _allWait.Wait();
            if (_ended)
            {
                return;
            }

            _allWait.Reset();
            WaitUntilIdle();
            List<TaskCompletionSource> waiting;
            lock (_gate)
            {
                (waiting, _waiting) = (_waiting, []);
            }

            waiting.ForEach(w => w.SetResult());
        }
    }

    private void WaitUntilIdle()
    {
        ThreadPool.GetMaxThreads(out var most, out _);
        var (spinner, quietLooks, busyBefore, since) = (default(SpinWait), 0, -1, Environment.TickCount64);
        while (quietLooks < LooksBeforeQuiet)
        {
            ThreadPool.GetAvailableThreads(out var idle, out _);
            var busy = most - idle;
            var (isStill, now) = (ThreadPool.PendingWorkItemCount == 0, Environment.TickCount64);
            if (busy != busyBefore || !isStill)
            {
                (busyBefore, since) = (busy, now);
            }

            _alwaysBusy = busy < _alwaysBusy || now - since > HeldForGoodMs ? busy : _alwaysBusy;
            quietLooks = isStill && busy <= _alwaysBusy ? quietLooks + 1 : 0;
            spinner.SpinOnce(sleep1Threshold: 200);
        }
    }
}

/// <summary>Tests that need the process for themselves.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
