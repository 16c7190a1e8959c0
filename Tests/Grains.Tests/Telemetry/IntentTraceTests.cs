using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Pythia.Contracts.Registries;
using Pythia.Grains.Mirror;
using Pythia.Tests.DevChain;
using Pythia.Tests.Support;

namespace Pythia.Tests.Telemetry;

/// <summary>One intent's way is one trace from its acceptance to its outcome, over a restart too, and says nothing of anybody.</summary>
public sealed class IntentTraceTests : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public IntentTraceTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Pythia.Mirror",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Submit_CarriedOut_IsOneTraceOfThreeSpans()
    {
        await using var world = await MirrorWorld.StartAsync();
        var device = await world.ClaimedDeviceAsync(world.People.Alice);
        var act = EndConsents(world, device);
        await world.CarryOutAsync(act, world.People.Alice);
        await SentAsync(world, act);

        var digest = act.Digest(MirrorWorld.ChainId).ToString();
        var accept = Assert.Single(_ended, s => s.OperationName == "intent accept" && Tag(s, "pythia.intent.digest") == digest);
        var trace = _ended.Where(s => s.TraceId == accept.TraceId).ToArray();
        Assert.Equal("accepted", Tag(accept, "pythia.intent.verdict"));
        var send = Assert.Single(trace, s => s.OperationName == "intent send");
        Assert.Equal((accept.SpanId, "accepted"), (send.ParentSpanId, Tag(send, "pythia.send.verdict")));
        var settle = Assert.Single(trace, s => s.OperationName == "intent settle");
        Assert.Equal((accept.SpanId, "mined", digest), (settle.ParentSpanId, Tag(settle, "pythia.intent.stage"), Tag(settle, "pythia.intent.digest")));
    }

    [Fact]
    public async Task Restart_BetweenAcceptedAndMined_GoesOnInTheSameTrace()
    {
        await using var world = await MirrorWorld.StartAsync();
        var device = await world.ClaimedDeviceAsync(world.People.Alice);
        world.Chain.MinesAtOnce = false;
        var act = EndConsents(world, device);
        await world.SubmitAsync(act, world.People.Alice);
        await world.UntilAsync(act, IntentStage.AcceptedByNode);
        await world.RestartAsync();
        world.Chain.MinesAtOnce = true;
        world.Chain.MinePool();
        await world.UntilAsync(act, IntentStage.Mined);
        await world.FollowedAsync();

        var digest = act.Digest(MirrorWorld.ChainId).ToString();
        var accept = Assert.Single(_ended, s => s.OperationName == "intent accept" && Tag(s, "pythia.intent.digest") == digest);
        Assert.Contains(_ended, s => s.OperationName == "intent settle" && s.TraceId == accept.TraceId);
    }

    [Fact]
    public async Task Submit_ManyInOneTransaction_EachTraceHasItsSendWithALink()
    {
        await using var world = await MirrorWorld.StartAsync(o => o.BatchesUnderWay = 1);
        world.Chain.MinesAtOnce = false;
        var acts = Enumerable.Range(0, 4).Select(i => new PublishAct(world.People.Header(world.People.Alice, RegistryKind.PolicyRegistry), [.. Encoding.UTF8.GetBytes($"traced {i}")])).ToArray();
        await world.SubmitAsync(acts[0], world.People.Alice);
        await world.UntilAsync(acts[0], IntentStage.AcceptedByNode);
        foreach (var act in acts[1..])
        {
            await world.SubmitAsync(act, world.People.Alice);
        }

        world.Chain.MinesAtOnce = true;
        world.Chain.MinePool();
        foreach (var act in acts)
        {
            await world.UntilAsync(act, IntentStage.Mined);
        }

        await SentAsync(world, acts[1..]);
        var sends = acts[1..].Select(act =>
        {
            var accept = Assert.Single(_ended, s => s.OperationName == "intent accept" && Tag(s, "pythia.intent.digest") == act.Digest(MirrorWorld.ChainId).ToString());
            return Assert.Single(_ended, s => s.OperationName == "intent send" && s.TraceId == accept.TraceId);
        }).ToArray();
        var own = Assert.Single(sends, s => !s.Links.Any());
        Assert.All(sends.Where(s => s != own), s => Assert.Equal(own.SpanId, Assert.Single(s.Links).Context.SpanId));
    }

    [Fact]
    public async Task Spans_Attributes_NameNobody()
    {
        await using var world = await MirrorWorld.StartAsync();
        var device = await world.ClaimedDeviceAsync(world.People.Alice);
        await world.CarryOutAsync(EndConsents(world, device), world.People.Alice);

        string[] personal = [device.Id.ToString(), world.People.Alice.Address.ToString(), world.People.Manufacturer.Address.ToString()];
        Assert.NotEmpty(_ended);
        Assert.All(_ended, s => Assert.All(s.TagObjects, t => Assert.DoesNotContain(personal, p => t.Value?.ToString()?.Contains(p, StringComparison.OrdinalIgnoreCase) ?? false)));
    }

    // An intent can be seen to be mined before its spans have ended: the follower has told all, and each has a send that ended.
    private async Task SentAsync(MirrorWorld world, params SignedAct[] acts)
    {
        await world.FollowedAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!acts.All(a => HasSent(a.Digest(MirrorWorld.ChainId).ToString())))
        {
            Assert.False(patience.IsCancellationRequested, "awaited: a send of each intent that has ended");
            await Task.Delay(20);
        }
    }

    private bool HasSent(string digest)
        => _ended.FirstOrDefault(s => s.OperationName == "intent accept" && Tag(s, "pythia.intent.digest") == digest) is { } accept
            && _ended.Any(s => s.OperationName == "intent send" && s.TraceId == accept.TraceId);

    private static string? Tag(Activity span, string name) => span.GetTagItem(name)?.ToString();

    private static EndConsentsAct EndConsents(MirrorWorld world, TestDevice device)
        => new EndConsentsAct(world.People.Header(world.People.Alice, RegistryKind.DeviceRegistry), device.Id);
}
