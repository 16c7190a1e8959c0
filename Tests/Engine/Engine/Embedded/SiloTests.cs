using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Storage;
using Pythia.Embedded;
using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Start, stop and restart of a silo of our own.</summary>
public sealed class SiloTests : IDisposable
{
    private readonly string _key = Keys.New();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pythia-silo-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Call_BeforeTheStart_IsRefused()
    {
        using var host = Build();
        await Assert.ThrowsAsync<SiloUnavailableException>(() => Client(host).GetGrain<ILifeGrain>(_key).InstanceAsync());
    }

    [Fact]
    public async Task Stop_WhileCallsRunAndWait_BringsThemToTheirEnd()
    {
        using var host = Build();
        await host.StartAsync();
        var grain = Client(host).GetGrain<ITurnGrain>(_key);
        var running = grain.HoldAsync(_key + "1");
        await Signals.WaitAsync(_key + "1-begun");
        var waiting = grain.CountAsync();
        var idle = Client(host).GetGrain<ILifeGrain>(_key);
        var instance = await idle.InstanceAsync();

        var stop = host.StopAsync();
        Assert.Equal(nameof(DeactivationReasonCode.ShuttingDown), await Signals.WaitAsync($"{_key}-ended-{instance}"));
        Assert.False(stop.IsCompleted);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => grain.CountAsync());
        Signals.Set(_key + "1-go");
        await running;
        Assert.Equal(1, await waiting);
        await stop;
    }

    [Fact]
    public async Task Stop_GrainsThatStillCallEachOther_MayDoSo()
    {
        using var host = Build();
        await host.StartAsync();
        var held = Client(host).GetGrain<ITurnGrain>(_key).HoldInterleavedAsync(_key + "1");
        await Signals.WaitAsync(_key + "1-begun");
        var walk = Client(host).GetGrain<IChainGrain>(_key).WalkAsync([_key, _key + "-via", _key], [Door.Open, Door.Shut], 0);
        var stop = host.StopAsync();
        Assert.Equal($"end at {_key}", await walk);
        Signals.Set(_key + "1-go");
        await Task.WhenAll(held, stop);
    }

    [Fact]
    public async Task Start_ParticipantsAndTasks_RunInTheOrderOfTheirStages()
    {
        var order = new List<string>();
        using var host = Build(silo =>
        {
            silo.AddStartupTask((services, _) =>
            {
                order.Add("active");
                return services.GetRequiredService<IGrainFactory>().GetGrain<ILifeGrain>(_key).InstanceAsync();
            });
            silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(new Steps(order));
        });
        await host.StartAsync();
        await host.StopAsync();
        Assert.Equal(["storage", "services", "active", "no services", "no storage"], order);
    }

    [Fact]
    public async Task Start_FailingParticipant_StopsWhatHadStartedAndSaysWhy()
    {
        var order = new List<string>();
        using var host = Build(silo =>
        {
            silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(new Steps(order));
            silo.AddStartupTask((_, _) => throw new InvalidOperationException("no start"));
        });
        Assert.Equal("no start", (await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync())).Message);
        Assert.Equal(["storage", "services", "no services", "no storage"], order);
    }

    [Theory]
    [InlineData(0, 15, "ResponseTimeout")]
    [InlineData(30, 0, "CollectionAge")]
    public async Task Start_SettingThatCantWork_IsRefusedByName(int responseSeconds, int ageMinutes, string named)
    {
        using var host = Build(silo => silo
            .Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(responseSeconds))
            .Configure<GrainCollectionOptions>(options => options.CollectionAge = TimeSpan.FromMinutes(ageMinutes)));
        Assert.Contains(named, (await Assert.ThrowsAsync<OrleansConfigurationException>(() => host.StartAsync())).Message);
    }

    [Fact]
    public async Task Restart_OnTheSameFile_HasStatesAndReminders()
    {
        using (var host = Build())
        {
            await host.StartAsync();
            Assert.Equal(5, await Client(host).GetGrain<ITallyGrain>(_key).AddAsync(5));
            await Client(host).GetGrain<ITickGrain>(_key).RemindAsync();
            await host.StopAsync();
        }

        using var again = Build();
        await again.StartAsync();
        Assert.Equal(7, await Client(again).GetGrain<ITallyGrain>(_key).AddAsync(2));
        Assert.Equal(1, await Client(again).GetGrain<ITickGrain>(_key).RemindersAsync());
        await again.StopAsync();
    }

    [Fact]
    public async Task Observer_NotKeptAlive_IsForgotten()
    {
        using var host = Build();
        await host.StartAsync();
        var grain = Client(host).GetGrain<ICallGrain>(_key);
        var hearer = await SubscribeAndDropAsync(host, grain);

        // A thread that has just run a turn may hold it for a moment in a frame of its own.
        for (var round = 0; hearer.IsAlive && round < 1_000; round++)
        {
            await Task.Run(static () => { });
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(hearer.IsAlive);
        await Assert.ThrowsAsync<ClientNotAvailableException>(() => grain.AskAsync("there?"));
        await host.StopAsync();
    }

    [Fact]
    public async Task Waiting_BeyondTheLimit_IsRefused()
    {
        using var host = Build(silo => silo.Configure<SiloMessagingOptions>(options => options.MaxEnqueuedRequestsHardLimit = 2));
        await host.StartAsync();
        var grain = Client(host).GetGrain<ITurnGrain>(_key);
        var running = grain.HoldAsync(_key);
        await Signals.WaitAsync(_key + "-begun");
        var waiting = new[] { grain.CountAsync(), grain.CountAsync() };
        await Assert.ThrowsAsync<LimitExceededException>(() => grain.CountAsync());
        Signals.Set(_key + "-go");
        await running;
        var counts = await Task.WhenAll(waiting);
        Assert.Equal([1, 2], counts);
        await host.StopAsync();
    }

    /// <summary>Here, since filters would put an async method between, which hides it.</summary>
    [Fact]
    public async Task Call_AfterOneThatLeftAValueInTheContext_DoesNotSeeIt()
    {
        using var host = Build();
        await host.StartAsync();
        var grain = Client(host).GetGrain<ITurnGrain>(_key);
        var held = grain.HoldAsync(_key);
        await Signals.WaitAsync(_key + "-begun");
        var setting = grain.SetFlowingAsync("left behind");
        var reading = grain.FlowingAsync();
        Signals.Set(_key + "-go");
        await Task.WhenAll(held, setting);
        Assert.Equal("none", await reading);
        await host.StopAsync();
    }

    private static IClusterClient Client(IHost host) => host.Services.GetRequiredService<IClusterClient>();

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> SubscribeAndDropAsync(IHost host, ICallGrain grain)
    {
        var hearer = new SilentHearer();
        await grain.SubscribeAsync(Client(host).CreateObjectReference<IHearer>(hearer));
        return new WeakReference(hearer);
    }

    private IHost Build(Action<ISiloBuilder>? more = null)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo =>
        {
            var path = Path.Combine(_folder.FullName, "grains.db");
            silo.Services.AddSingleton<IGrainStorageSerializer, JsonBytes>();
            silo.AddSqliteGrainStorage("pythia", options => options.Path = path).UseSqliteReminderService(options => options.Path = path);
            more?.Invoke(silo);
        });
        return builder.Build();
    }

    private sealed class Steps(List<string> order) : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle)
        {
            Add(lifecycle, ServiceLifecycleStage.ApplicationServices, "services");
            Add(lifecycle, ServiceLifecycleStage.RuntimeStorageServices, "storage");
        }

        private void Add(ISiloLifecycle lifecycle, int stage, string name)
            => lifecycle.Subscribe(name, stage, _ => Note(name), _ => Note("no " + name));

        private Task Note(string what)
        {
            order.Add(what);
            return Task.CompletedTask;
        }
    }

    private sealed class SilentHearer : IHearer
    {
        public void Told(string what)
        {
        }

        public Task<string> AskedAsync(string what) => Task.FromResult(what);
    }

    private sealed class JsonBytes : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T input) => new(JsonSerializer.SerializeToUtf8Bytes(input));

        public T Deserialize<T>(BinaryData input) => JsonSerializer.Deserialize<T>(input)!;
    }
}
