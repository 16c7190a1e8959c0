using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Orleans.Diagnostics;
using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Metrics and activities under Orleans' names.</summary>
[Collection(nameof(EngineCollection))]
public sealed class MeasureTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    private ICensusGrain Grain => engine.Client.GetGrain<ICensusGrain>(_key);

    [Fact]
    public async Task Requests_Answered_AreCounted()
    {
        using var meter = new Readings();
        var before = meter.Read("orleans-app-requests-latency-count");
        await Grain.TouchViaAsync(_key + "-other");
        Assert.True(meter.Read("orleans-app-requests-latency-count") >= before + 2);
        Assert.True(meter.Read("orleans-app-requests-latency-bucket") >= before + 2);
    }

    [Fact]
    public async Task Requests_TimedOut_AreCounted()
    {
        using var meter = new Readings();
        await Assert.ThrowsAsync<TimeoutException>(Grain.BriefAsync);
        Signals.Set(_key + "-go");
        Assert.True(meter.Read("orleans-app-requests-timedout") >= 1);
    }

    [Fact]
    public async Task Activations_BegunAndEnded_AreCounted()
    {
        using var meter = new Readings();
        var there = meter.Read("orleans-catalog-activations");
        var grain = engine.Client.GetGrain<IStageGrain>(_key);
        Signals.Set(_key + "-go");
        await Grain.TouchAsync();
        var instance = await grain.EndAndHoldAsync(_key);
        await Signals.WaitAsync($"{_key}-disposed-{instance}");
        Assert.True(meter.Read("orleans-catalog-activation-created") >= 2);
        Assert.True(meter.Read("orleans-catalog-activation-shutdown") >= 1);
        Assert.True(there > 0);
    }

    [Fact]
    public async Task Storage_ReadAndWritten_IsMeasured()
    {
        using var meter = new Readings();
        await engine.Client.GetGrain<ITallyGrain>(_key).AddAsync(1);
        Assert.True(meter.Read("orleans-storage-read-latency") >= 0);
        Assert.True(meter.Has("orleans-storage-read-latency"));
        Assert.True(meter.Has("orleans-storage-write-latency"));
    }

    [Fact]
    public async Task Activity_OfACallBetweenGrains_HangsBelowThatOfTheCaller()
    {
        using var activities = new Activities(ActivitySources.ApplicationGrainActivitySourceName);
        using (var root = new Activity("root").Start())
        {
            await Grain.TouchViaAsync(_key + "-other");
            var mine = await activities.OfAsync(root.TraceId, 3);
            var outer = Assert.Single(mine, activity => activity is { Kind: ActivityKind.Server, OperationName: "ICensusGrain/TouchViaAsync" });
            var leaving = Assert.Single(mine, activity => activity is { Kind: ActivityKind.Client, OperationName: "ICensusGrain/TouchAsync" });
            var inner = Assert.Single(mine, activity => activity is { Kind: ActivityKind.Server, OperationName: "ICensusGrain/TouchAsync" });
            Assert.Equal(outer.SpanId, leaving.ParentSpanId);
            Assert.Equal(leaving.SpanId, inner.ParentSpanId);
            Assert.Equal($"{typeof(ICensusGrain).FullName}/TouchAsync", inner.GetTagItem("rpc.method"));
        }
    }

    [Fact]
    public async Task Activity_OfACallThatThrows_SaysSo()
    {
        using var activities = new Activities(ActivitySources.ApplicationGrainActivitySourceName);
        using var root = new Activity("root").Start();
        await Assert.ThrowsAsync<FormatException>(Grain.ThrowAsync);
        var server = Assert.Single(await activities.OfAsync(root.TraceId, 1), activity => activity.Kind is ActivityKind.Server);
        Assert.Equal(ActivityStatusCode.Error, server.Status);
        Assert.Equal(typeof(FormatException).FullName, server.GetTagItem("exception.type"));
    }

    /// <summary>Sums what the meter shows from now on; of gauges and observed counters, the last.</summary>
    private sealed class Readings : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentDictionary<string, double> _sums = new();
        private ConcurrentDictionary<string, double> _observed = new();

        public Readings()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Microsoft.Orleans")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => Add(instrument, value));
            _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Add(instrument, value));
            _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Add(instrument, value));
            _listener.Start();
        }

        public bool Has(string name) => _sums.ContainsKey(name);

        public double Read(string name)
        {
            _observed = new();
            _listener.RecordObservableInstruments();
            return _sums.GetValueOrDefault(name) + _observed.GetValueOrDefault(name);
        }

        public void Dispose() => _listener.Dispose();

        private void Add(Instrument instrument, double value)
            => (instrument.IsObservable ? _observed : _sums).AddOrUpdate(instrument.Name, value, (_, before) => before + value);
    }

    /// <summary>Activities of one source that have ended.</summary>
    private sealed class Activities : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _ended = new();
        private readonly SemaphoreSlim _more = new(0);
        private readonly ActivityListener _listener;

        public Activities(string source)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = candidate => candidate.Name == source,
                Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = activity =>
                {
                    _ended.Enqueue(activity);
                    _more.Release();
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        /// <summary>The activities of one trace, once there are so many: the last ones end after the caller has its answer.</summary>
        public async Task<List<Activity>> OfAsync(ActivityTraceId trace, int count)
        {
            while (_ended.Count(activity => activity.TraceId == trace) < count)
            {
                Assert.True(await _more.WaitAsync(TimeSpan.FromSeconds(20)), $"{_ended.Count} activities ended, {count} of the trace expected");
            }

            return [.. _ended.Where(activity => activity.TraceId == trace)];
        }

        public void Dispose()
        {
            _listener.Dispose();
            _more.Dispose();
        }
    }
}
