using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Pythia.Contracts.Registries;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Telemetry;
using Pythia.Tests.Support;

namespace Pythia.Tests.Telemetry;

/// <summary>The figures of mirror and follower count what happened, once.</summary>
public sealed class MirrorMetricsTests
{
    [Fact]
    public async Task Submit_OneCarriedOutAndOneRefused_AreCountedByVerdictAndOutcome()
    {
        await using var world = await MirrorWorld.StartAsync();
        using var figures = new Figures(world.Services);
        var act = Publish(world, "counted");
        await world.CarryOutAsync(act, world.People.Alice);
        await world.SubmitAsync(act, world.People.Alice); // again
        await world.Policy(act.PolicyId).SubmitAsync(new SignedIntent("{}", [1])); // nonsense

        // Each is counted after it can be seen.
        await world.FollowedAsync();
        await figures.UntilAsync(() => figures.Sum("pythia.mirror.sends", "accepted") == 1);
        Assert.Equal(1, figures.Sum("pythia.mirror.intents.judged", "accepted"));
        Assert.Equal(1, figures.Sum("pythia.mirror.intents.judged", "already-accepted"));
        Assert.Equal(1, figures.Sum("pythia.mirror.intents.judged", "malformed"));
        Assert.Equal(1, figures.Sum("pythia.mirror.intents.settled", "mined"));
        Assert.Equal(0, figures.Sum("pythia.mirror.intents.settled", "failed"));
        Assert.Equal(1, figures.Count("pythia.mirror.intent.duration"));
    }

    [Fact]
    public async Task Lane_NodeSaysNoFunds_SaysTheCodeSinceWhenAndRecovers()
    {
        await using var world = await MirrorWorld.StartAsync();
        using var figures = new Figures(world.Services);
        world.Chain.OnSend = _ => new SendReply(SendVerdict.NoFunds, "insufficient funds for gas * price + value");
        var act = Publish(world, "poor");
        await world.SubmitAsync(act, world.People.Alice);
        var lane = await UntilAsync(world, l => l.TroubleCode == LaneTrouble.OutOfFunds);
        Assert.Contains("insufficient funds", lane.Trouble);
        Assert.True(lane.TroubleSinceUnixMs > 0);
        await figures.UntilAsync(() => figures.Observe("pythia.mirror.lane.trouble", "out-of-funds") == 1);
        Assert.Equal(1, figures.Observe("pythia.mirror.lane.under_way"));

        world.Chain.OnSend = _ => null;
        await world.UntilAsync(act, IntentStage.Mined);
        lane = await UntilAsync(world, l => l.TroubleCode == LaneTrouble.None);
        Assert.Equal(("", 0L), (lane.Trouble, lane.TroubleSinceUnixMs));
        await figures.UntilAsync(() => figures.Observe("pythia.mirror.lane.trouble", "out-of-funds") == 0);
    }

    [Fact]
    public async Task Lane_NodeRefusesAgainAndAgain_KeepsTheBeginning()
    {
        await using var world = await MirrorWorld.StartAsync();
        var asked = 0;
        world.Chain.OnSend = _ => new SendReply(SendVerdict.Refused, $"computer says no {Interlocked.Increment(ref asked)}");
        await world.SubmitAsync(Publish(world, "refused"), world.People.Alice);
        var first = await UntilAsync(world, l => l.TroubleCode == LaneTrouble.RefusedByNode);
        var later = await UntilAsync(world, l => l.Trouble != first.Trouble && l.TroubleCode == LaneTrouble.RefusedByNode);
        Assert.Equal(first.TroubleSinceUnixMs, later.TroubleSinceUnixMs);
    }

    [Fact]
    public async Task Lane_NodeForgetsWhatItTook_SaysSo()
    {
        await using var world = await MirrorWorld.StartAsync();
        world.Chain.MinesAtOnce = false;
        var act = Publish(world, "forgotten");
        await world.SubmitAsync(act, world.People.Alice);
        await world.UntilAsync(act, IntentStage.AcceptedByNode);
        world.Chain.ForgetPool();
        await UntilAsync(world, l => l.TroubleCode == LaneTrouble.ForgottenByNode);
        world.Chain.MinesAtOnce = true;
        world.Chain.MinePool();
        await world.UntilAsync(act, IntentStage.Mined);
    }

    [Fact]
    public async Task Follower_Reorganised_CountsItOnceByItsDepth()
    {
        await using var world = await MirrorWorld.StartAsync();
        using var figures = new Figures(world.Services);
        for (var i = 0; i < 5; i++)
        {
            world.Chain.Mine();
        }

        await world.FollowedAsync();
        world.Chain.Reorganise(3);
        world.Chain.Mine();
        await world.FollowedAsync();

        Assert.Equal(3, figures.Sum("pythia.ledger.reorg.depth"));
        Assert.Equal(1, figures.Count("pythia.ledger.reorg.depth"));
        Assert.Equal((long)world.Chain.Head, figures.Observe("pythia.ledger.cursor"));
        Assert.Equal(0, figures.Observe("pythia.ledger.lag.blocks"));
    }

    [Fact]
    public void Names_OfEveryEnum_AreStableLabels()
    {
        Assert.Equal("no-node-answers", TelemetryNames.Of(LaneTrouble.NoNodeAnswers));
        Assert.Equal("accepted-by-node", TelemetryNames.Of(IntentStage.AcceptedByNode));
        Assert.Equal("unknown", TelemetryNames.Of((LedgerTrouble)99));
    }

    private static async Task<LaneView> UntilAsync(MirrorWorld world, Func<LaneView, bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var lane = await world.Relay.GetAsync();
            if (holds(lane))
            {
                return lane;
            }

            Assert.False(patience.IsCancellationRequested, $"lane: {lane}");
            await Task.Delay(20);
        }
    }

    private static PublishAct Publish(MirrorWorld world, string text)
        => new(world.People.Header(world.People.Alice, RegistryKind.PolicyRegistry), [.. System.Text.Encoding.UTF8.GetBytes(text)]);

    /// <summary>What the meters of one silo measured.</summary>
    private sealed class Figures : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentQueue<(string Name, double Value, string[] Tags)> _measured = new();

        public Figures(IServiceProvider services)
        {
            var meters = services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == meters)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((i, v, t, _) => Take(i.Name, v, t));
            _listener.SetMeasurementEventCallback<int>((i, v, t, _) => Take(i.Name, v, t));
            _listener.SetMeasurementEventCallback<double>((i, v, t, _) => Take(i.Name, v, t));
            _listener.Start();
        }

        public double Sum(string name, string? tag = null) => _measured.Where(m => m.Name == name && (tag is null || m.Tags.Contains(tag))).Sum(m => m.Value);

        public int Count(string name) => _measured.Count(m => m.Name == name);

        /// <summary>Asks again until it fits, for at most 20 seconds: nothing tells when something was measured.</summary>
        public async Task UntilAsync(Func<bool> fits, [CallerArgumentExpression(nameof(fits))] string what = "")
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            while (!fits())
            {
                Assert.False(patience.IsCancellationRequested, $"awaited: {what}");
                await Task.Delay(20);
            }
        }

        public double Observe(string name, string? tag = null)
        {
            _measured.Clear();
            _listener.RecordObservableInstruments();
            return _measured.Single(m => m.Name == name && (tag is null || m.Tags.Contains(tag))).Value;
        }

        public void Dispose() => _listener.Dispose();

        private void Take(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var texts = new List<string>();
            foreach (var tag in tags)
            {
                texts.Add(tag.Value?.ToString() ?? "");
            }

            _measured.Enqueue((name, value, [.. texts]));
        }
    }
}
