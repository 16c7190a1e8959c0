using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Statistics;
using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Activations are ended when memory runs short.</summary>
public sealed class SheddingTests
{
    private readonly string _key = Keys.New();

    [Fact]
    public async Task Memory_BeyondTheLimit_EndsAsManyIdleOnesAsTheTargetAsksFor()
    {
        var memory = new Memory(usedPercent: 10);
        using var host = await StartAsync(memory);
        var busy = Grain(host, "busy").HoldAsync();
        await Signals.WaitAsync(_key + "busy-held");
        await Grain(host, "kept").KeepAsync(Keep.Delay);
        for (var number = 0; number < 10; number++)
        {
            await Grain(host, number.ToString()).KeepAsync(Keep.Nothing);
        }

        // 12 activations at 90 %, of which 75 % shall be left: 10.
        await memory.MeasureOnceAsync(usedPercent: 90);
        var ended = Enumerable.Range(0, 10).Where(number => Signals.IsSet($"{_key}{number}-ended")).ToList();
        Assert.Equal(2, ended.Count);
        Assert.Equal(nameof(DeactivationReasonCode.HighMemoryPressure), await Signals.WaitAsync($"{_key}{ended[0]}-ended"));
        Assert.False(Signals.IsSet(_key + "busy-ended"));
        Assert.False(Signals.IsSet(_key + "kept-ended"));
        Signals.Set(_key + "busy-go");
        await busy;
        await host.StopAsync();
    }

    [Fact]
    public async Task Memory_FarBeyondTheLimit_LeavesTheBusyAndWhatAskedToBeKept()
    {
        var memory = new Memory(usedPercent: 10);
        using var host = await StartAsync(memory, targetPercent: 1);
        var busy = Grain(host, "busy").HoldAsync();
        await Signals.WaitAsync(_key + "busy-held");
        await Grain(host, "kept").KeepAsync(Keep.Delay);
        await Grain(host, "idle").KeepAsync(Keep.Nothing);
        await memory.MeasureOnceAsync(usedPercent: 99);
        Assert.True(Signals.IsSet(_key + "idle-ended"));
        Assert.False(Signals.IsSet(_key + "kept-ended"));
        Assert.False(Signals.IsSet(_key + "busy-ended"));
        Signals.Set(_key + "busy-go");
        await busy;
        await host.StopAsync();
    }

    [Fact]
    public async Task Memory_BelowTheLimit_EndsNone()
    {
        var memory = new Memory(usedPercent: 10);
        using var host = await StartAsync(memory);
        await Grain(host, "idle").KeepAsync(Keep.Nothing);
        await memory.MeasureOnceAsync(usedPercent: 80);
        Assert.False(Signals.IsSet(_key + "idle-ended"));
        await host.StopAsync();
    }

    [Theory]
    [InlineData(0, 75, "MemoryUsageLimitPercentage")]
    [InlineData(101, 75, "MemoryUsageLimitPercentage")]
    [InlineData(80, 80, "MemoryUsageTargetPercentage")]
    [InlineData(80, -1, "MemoryUsageTargetPercentage")]
    public async Task Start_PercentageThatCantWork_IsRefusedByName(double limit, double target, string named)
        => Assert.Contains(named, (await Assert.ThrowsAsync<OrleansConfigurationException>(() => TestHosts.StartAsync(silo => silo.Configure<GrainCollectionOptions>(options =>
        {
            options.MemoryUsageLimitPercentage = limit;
            options.MemoryUsageTargetPercentage = target;
        })))).Message);

    private static Task<Microsoft.Extensions.Hosting.IHost> StartAsync(Memory memory, double targetPercent = 75)
        => TestHosts.StartAsync(silo =>
        {
            silo.Services.AddSingleton<IEnvironmentStatisticsProvider>(memory);
            silo.Configure<GrainCollectionOptions>(options =>
            {
                options.EnableActivationSheddingOnMemoryPressure = true;
                options.MemoryUsageTargetPercentage = targetPercent;
                options.MemoryUsagePollingPeriod = TimeSpan.FromMilliseconds(10);
                options.ClassSpecificCollectionAge[typeof(IdleGrain).FullName!] = TimeSpan.FromHours(1);
            });
        });

    private IIdleGrain Grain(Microsoft.Extensions.Hosting.IHost host, string name) => host.Client().GetGrain<IIdleGrain>(_key + name, typeof(IdleGrain).FullName);

    /// <summary>Says what the test says, for one measurement; else that there is enough.</summary>
    private sealed class Memory(int usedPercent) : IEnvironmentStatisticsProvider
    {
        private readonly Lock _gate = new();
        private (int UsedPercent, TaskCompletionSource Done)? _next;
        private TaskCompletionSource? _shown;

        /// <summary>Done at the measurement after the one that showed this: by then all that it led to has ended.</summary>
        public Task MeasureOnceAsync(int usedPercent)
        {
            lock (_gate)
            {
                _next = (usedPercent, new(TaskCreationOptions.RunContinuationsAsynchronously));
                return _next.Value.Done.Task.WaitAsync(TimeSpan.FromSeconds(20));
            }
        }

        public EnvironmentStatistics GetEnvironmentStatistics()
        {
            lock (_gate)
            {
                _shown?.SetResult();
                _shown = _next?.Done;
                var percent = _next?.UsedPercent ?? usedPercent;
                _next = null;

                // Only the engine makes these: nobody else measures in real life.
                return (EnvironmentStatistics)Activator.CreateInstance(
                    typeof(EnvironmentStatistics), BindingFlags.Instance | BindingFlags.NonPublic, null, [percent * 1_000L, 100_000L, 0f], null)!;
            }
        }
    }
}
