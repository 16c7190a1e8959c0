using Orleans.Runtime;

namespace Pythia.Embedded.Runtime;

/// <summary>Runs observers stage by stage: within a stage together, lowest stage first; back in the opposite order.</summary>
internal class LifecycleStages : ILifecycleObservable
{
    private readonly Lock _gate = new();
    private readonly List<Member> _members = [];

    /// <summary>The highest stage whose start was begun; nothing above it is stopped.</summary>
    private int? _reached;

    public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        var member = new Member(this, stage, observer);
        lock (_gate)
        {
            _members.Add(member);
        }

        return member;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var stage in Stages().Order())
        {
            cancellationToken.ThrowIfCancellationRequested();
            _reached = stage;
            await Task.WhenAll(At(stage).Select(member => member.Observer.OnStart(cancellationToken)));
            Started(stage);
        }
    }

    /// <summary>Stops every stage that was reached, the failing ones too; throws what failed at the end.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        List<Exception>? failures = null;
        foreach (var stage in Stages().OrderDescending().Where(stage => stage <= _reached))
        {
            try
            {
                await Task.WhenAll(At(stage).Select(member => member.Observer.OnStop(cancellationToken)));
            }
            catch (Exception exception)
            {
                (failures ??= []).Add(exception);
            }

            Stopped(stage);
        }

        if (failures is not null)
        {
            throw new AggregateException(failures);
        }
    }

    protected virtual void Started(int stage)
    {
    }

    protected virtual void Stopped(int stage)
    {
    }

    private int[] Stages()
    {
        lock (_gate)
        {
            return [.. _members.Select(member => member.Stage).Distinct()];
        }
    }

    private Member[] At(int stage)
    {
        lock (_gate)
        {
            return [.. _members.Where(member => member.Stage == stage)];
        }
    }

    private sealed record Member(LifecycleStages Owner, int Stage, ILifecycleObserver Observer) : IDisposable
    {
        public void Dispose()
        {
            lock (Owner._gate)
            {
                Owner._members.RemoveAll(member => ReferenceEquals(member, this));
            }
        }
    }
}

/// <summary>Of an activation.</summary>
internal sealed class GrainLifecycle : LifecycleStages, IGrainLifecycle
{
    public void AddMigrationParticipant(IGrainMigrationParticipant participant)
    {
    }

    public void RemoveMigrationParticipant(IGrainMigrationParticipant participant)
    {
    }
}

/// <summary>Of the silo.</summary>
internal sealed class SiloLifecycle : LifecycleStages, ISiloLifecycleSubject
{
    public int HighestCompletedStage { get; private set; } = int.MinValue;

    public int LowestStoppedStage { get; private set; } = int.MaxValue;

    public Task OnStart(CancellationToken cancellationToken = default) => StartAsync(cancellationToken);

    public Task OnStop(CancellationToken cancellationToken = default) => StopAsync(cancellationToken);

    protected override void Started(int stage) => HighestCompletedStage = stage;

    protected override void Stopped(int stage) => LowestStoppedStage = stage;
}
