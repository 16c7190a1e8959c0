using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Hosting;
using Pythia.Contracts.Registries;
using Pythia.Enclave;
using Pythia.Grains;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;
using Pythia.Grains.Storage;
using Pythia.Tests.Support;
using Pythia.Vectors;

namespace Pythia.Tests.Schedules;

/// <summary>A chain, storage that outlives hosts, time that moves when told, and the hosts over them.</summary>
public sealed class ScheduleWorld : IAsyncDisposable
{
    public const ulong ChainId = MirrorWorld.ChainId;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MiddleStep = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongStep = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StepsAreShortFor = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(40);

    private readonly Quiescence _quiescence;
    private readonly Action<MirrorOptions> _configure;
    private readonly List<Task> _ending = [];
    private int _hosts;

    public ScheduleWorld(Quiescence quiescence, Action<MirrorOptions> configure)
    {
        _quiescence = quiescence;
        _quiescence.Enter();
        _configure = configure;
        Trace = new ScheduleTrace(Time);
        Chain = new ScheduleChain(new ContractModel(new ModelRegistries(MirrorWorld.Contracts), ChainId), ChainId, Time);
    }

    /// <summary>The same people in every schedule.</summary>
    public static SchedulePeople People { get; } = new(ChainId, MirrorWorld.Contracts);

    public static KeyLaneSigner Lane { get; } = new(TestPeople.Key(99));

    public ManualTimeProvider Time { get; } = new();

    public ScheduleTrace Trace { get; }

    public ScheduleChain Chain { get; }

    public ScheduleRecords Records { get; } = new();

    public Weather Weather { get; } = new();

    /// <summary>The host that takes calls; null when none does.</summary>
    public RunningHost? Host { get; private set; }

    /// <summary>A host that was replaced before it died: two activations of everything.</summary>
    public RunningHost? Rival { get; private set; }

    public bool HadRival { get; private set; }

    private ReminderRows Reminders { get; } = new();

    public ulong NowUnixSeconds => (ulong)Time.GetUtcNow().ToUnixTimeSeconds();

    public static string Key(object id) => GrainKeys.Of(ChainId, id.ToString()!);

    public async Task StartHostAsync()
    {
        var life = new HostLife(++_hosts, Trace);
        Trace.Add($"host {life.Number} starts");
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(Trace);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.UseOrleans(silo =>
        {
            var services = silo.Services;
            silo.AddReminders();
            services.AddSingleton<IReminderTable>(new ScheduleReminders(life, Reminders));
            services.AddGrainStorage(GrainStorage.Name, (_, _) => new ScheduleStorage(Records, life, new PythiaStateSerializer()));
            services.AddSingleton<TimeProvider>(Time);
            services.AddSingleton<IEnclave>(new ScheduleEnclave(Chain, ChainId, Weather, life));
            services.AddSingleton(new LedgerChain
            {
                ChainId = ChainId,
                Contracts = MirrorWorld.Contracts,
                FirstBlock = 1,
                Node = new ScheduleNode(Chain, Weather, life, Time),
                Lanes = [Lane],
            });
            services.AddPythiaGrains(_configure);
        });
        var host = builder.Build();
        Host = new RunningHost(host, life);
        await host.StartAsync();
    }

    /// <summary>The host stops existing: what it has stored and sent stays, nothing else does.</summary>
    public void Crash()
    {
        if (Host is { } host)
        {
            Trace.Add($"host {host.Life.Number} is killed");
            End(host);
            Host = null;
        }
    }

    /// <summary>Another host takes over while the old one goes on.</summary>
    public async Task ReplaceAsync()
    {
        Trace.Add($"host {Host?.Life.Number} is replaced and goes on");
        EndRival();
        (Rival, HadRival) = (Host, true);
        await StartHostAsync();
    }

    public void EndRival()
    {
        if (Rival is { } rival)
        {
            Trace.Add($"host {rival.Life.Number}, which was replaced, is killed");
            End(rival);
            Rival = null;
        }
    }

    public async Task StopGracefullyAsync()
    {
        if (Host is { } host)
        {
            Trace.Add($"host {host.Life.Number} stops");
            Host = null;
            var stopped = host.StopAsync(CancellationToken.None);
            await MoveUntilAsync(stopped, StopTime);
        }
    }

    /// <summary>What the task gives; time moves on until it does.</summary>
    /// <exception cref="TimeoutException">It was not done in so long a time.</exception>
    public async Task<T> AnswerAsync<T>(Task<T> task, TimeSpan atMost)
    {
        await MoveUntilAsync(task, atMost);
        return task.IsCompleted ? await task : throw new TimeoutException($"no answer within {atMost} of the model's time");
    }

    /// <summary>Moves time until the task has ended, however, or this long.</summary>
    public async Task MoveUntilAsync(Task task, TimeSpan atMost)
    {
        await QuietAsync();
        for (var left = atMost; left > TimeSpan.Zero && !task.IsCompleted; left -= MiddleStep)
        {
            Time.Advance(MiddleStep);
            await QuietAsync();
        }
    }

    /// <summary>Moves time on in steps: short ones first, then longer ones, in which hosts are as slow as the step is long.</summary>
    public async Task MoveAsync(TimeSpan by)
    {
        var step = Second;
        for (var left = by; left > TimeSpan.Zero; left -= step)
        {
            step = by - left < StepsAreShortFor ? Second : LongStep;
            Time.Advance(left < step ? left : step);
            await QuietAsync();
        }
    }

    /// <summary>Lets the hosts do what they can without time moving on.</summary>
    public Task QuietAsync() => _quiescence.QuietAsync();

    public Task<IntentReceipt> SubmitAsync(RunningHost host, SignedAct act, SignedIntent intent)
    {
        Chain.Expect(MirrorWorld.CallOf(act, intent), act);
        return SubjectOf(host.Grains, act).SubmitAsync(intent);
    }

    public static IIntentGrain Intent(IGrainFactory grains, SignedAct act) => grains.GetGrain<IIntentGrain>(Key(act.Digest(ChainId)));

    public async ValueTask DisposeAsync()
    {
        Crash();
        EndRival();
        foreach (var ending in _ending)
        {
            await MoveUntilAsync(ending, StopTime);
        }

        _quiescence.Leave();
    }

    private void End(RunningHost host)
    {
        host.Life.Die();
        _ending.Add(Task.Run(() => host.StopAsync(new CancellationToken(canceled: true))));
    }

    private ISubjectGrain SubjectOf(IGrainFactory grains, SignedAct act) => act switch
    {
        RegisterBatchAct => grains.GetGrain<IManufacturerGrain>(Key(act.Signer)),
        ClaimAct a => grains.GetGrain<IDeviceGrain>(Key(a.DeviceId)),
        TransferAct a => grains.GetGrain<IDeviceGrain>(Key(a.DeviceId)),
        FreezeAct a => grains.GetGrain<IDeviceGrain>(Key(a.DeviceId)),
        UnfreezeAct a => grains.GetGrain<IDeviceGrain>(Key(a.DeviceId)),
        RetireAct a => grains.GetGrain<IDeviceGrain>(Key(a.DeviceId)),
        EndConsentsAct a => grains.GetGrain<IDeviceGrain>(Key(a.DeviceId)),
        GrantAct a => grains.GetGrain<IConsentGrain>(Key(a.ConsentId)),
        AcceptAct a => grains.GetGrain<IConsentGrain>(Key(a.ConsentId)),
        RevokeAct a => grains.GetGrain<IConsentGrain>(Key(RegistryIds.ConsentId(a.DeviceId, Chain.Head.State.Device(a.DeviceId)?.Epoch ?? 0, a.Grantee, a.Scope))),
        PublishAct a => grains.GetGrain<IPolicyGrain>(Key(a.PolicyId)),
        DeprecateAct a => grains.GetGrain<IPolicyGrain>(Key(a.PolicyId)),
        _ => grains.GetGrain<IOwnerGrain>(Key(act.Signer)),
    };
}

/// <summary>A host and its life.</summary>
public sealed class RunningHost(IHost host, HostLife life)
{
    public HostLife Life => life;

    public IGrainFactory Grains { get; } = host.Services.GetRequiredService<IGrainFactory>();

    public async Task StopAsync(CancellationToken atOnce)
    {
        await host.StopAsync(atOnce).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        host.Dispose();
    }
}
