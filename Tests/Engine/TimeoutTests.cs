using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Callers that get no answer in time.</summary>
[Collection(nameof(WaitingCollection))]
public sealed class TimeoutTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    private IPatienceGrain Grain => engine.Client.GetGrain<IPatienceGrain>(_key);

    [Fact]
    public async Task ResponseTimeout_OfTheMethod_GoesBeforeThatOfTheSilo()
    {
        var other = engine.Client.GetGrain<IPatienceGrain>(_key + "-other");
        var patient = other.HoldAsync(_key + "patient");
        await Signals.WaitAsync(_key + "patient-begun");
        var brief = Grain.HoldBrieflyAsync(_key + "brief");
        Assert.Same(brief, await Task.WhenAny(patient, brief));
        await Assert.ThrowsAsync<TimeoutException>(() => brief);
        Signals.Set(_key + "patient-go");
        Signals.Set(_key + "brief-go");
        Assert.Equal(_key + "patient", await patient);
    }

    [Fact]
    public async Task Timeout_OfTheSilo_EndsTheWaiting()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => Grain.HoldAsync(_key));
        Signals.Set(_key + "-go");
    }

    [Fact]
    public async Task Timeout_WhileTheCallRuns_LetsItComeToItsEnd()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => Grain.HoldBrieflyAsync(_key));
        Assert.Equal([_key + "-begun"], await Grain.NotesAsync());
        Signals.Set(_key + "-go");
        await Signals.WaitAsync(_key + "-ended");
    }

    [Fact]
    public async Task Timeout_WhileTheCallWaits_IsNotBegunLater()
    {
        var held = Grain.HoldAsync(_key + "held");
        await Signals.WaitAsync(_key + "held-begun");
        await Assert.ThrowsAsync<TimeoutException>(() => Grain.HoldBrieflyAsync(_key + "late"));
        Signals.Set(_key + "held-go");
        await held;
        Assert.Equal("after", await Grain.EchoAsync("after"));
        Assert.Equal([_key + "held-begun", _key + "held-ended"], await Grain.NotesAsync());
    }

    [Fact]
    public async Task Timeout_LateAnswer_GoesToNobodyElse()
    {
        var late = Grain.HoldBrieflyAsync(_key);
        await Assert.ThrowsAsync<TimeoutException>(() => late);
        var next = Grain.EchoAsync("mine");
        Signals.Set(_key + "-go");
        Assert.Equal("mine", await next);
        await Assert.ThrowsAsync<TimeoutException>(() => late);
    }

    [Fact]
    public async Task Timeout_OfACalledGrain_ReachesTheFirstCallerAsSuch()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => engine.Client.GetGrain<IPatienceGrain>(_key + "-first").HoldBrieflyViaAsync(_key, _key));
        Signals.Set(_key + "-go");
    }
}
