using System.Diagnostics;
using Orleans.Diagnostics;
using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>A silo whose only filters tell of calls: they are left out while nobody listens, and back as soon as somebody does.</summary>
[Collection(nameof(EngineCollection))]
public sealed class UnheardTests
{
    [Fact]
    public async Task Activity_SomebodyBeginsToListen_IsToldOfTheNextCall()
    {
        var key = Keys.New();
        using var host = await TestHosts.StartBareAsync(silo => silo.AddActivityPropagation());
        var grain = host.Client().GetGrain<ICensusGrain>(key);
        await grain.TouchAsync();

        using var root = new Activity("root").Start();
        var heard = new TaskCompletionSource<Activity>(TaskCreationOptions.RunContinuationsAsynchronously);
        using (var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ActivitySources.ApplicationGrainActivitySourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.Kind is ActivityKind.Server && activity.TraceId == root.TraceId)
                {
                    heard.TrySetResult(activity);
                }
            },
        })
        {
            ActivitySource.AddActivityListener(listener);
            await grain.TouchAsync();
            Assert.Equal("ICensusGrain/TouchAsync", (await heard.Task.WaitAsync(TimeSpan.FromSeconds(20))).OperationName);
        }

        await grain.TouchAsync();
        await host.StopAsync();
    }

    [Fact]
    public async Task OneWay_CalleeThrowsBeforeItsCallerIsBack_IsNotHeard()
    {
        using var host = await TestHosts.StartBareAsync(static _ => { });
        var grain = host.Client().GetGrain<IThrowingGrain>(Keys.New());
        for (var call = 0; call < 2_000; call++)
        {
            await grain.ThrowUnheardAsync();
        }

        await host.StopAsync();
    }
}
