using Microsoft.Extensions.DependencyInjection;
using Pythia.Enclave;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Collateral;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Grains;
using Pythia.Grains.Pythia;
using Pythia.Tests.Support;

namespace Pythia.Tests.Pythia;

/// <summary>Two enclaves beside one silo: what becomes of one is said by name and leaves the other alone.</summary>
public sealed class TierTests : IAsyncLifetime
{
    private readonly ShiftedTime _time = new();
    private SimulatedPlatform _platform = null!;
    private QuotingEnclave _one = null!;
    private QuotingEnclave _two = null!;
    private EngineHost _host = null!;
    private Source _source = null!;

    private IPythiaDirectoryGrain Directory => _host.Grains.GetGrain<IPythiaDirectoryGrain>(MirrorWorld.Key("0"));

    public async Task InitializeAsync()
    {
        _platform = SimulatedPlatform.Create(_time);
        (_one, _two, _source) = (new QuotingEnclave("one", _platform), new QuotingEnclave("two", _platform), new Source(_platform));
        var policy = QuotePolicy.Strict with { Trust = QuoteTrust.Of(_platform.RootKey) };
        _host = await EngineHost.StartAsync(silo =>
        {
            silo.Services.AddSingleton<TimeProvider>(_time);
            silo.Services.AddSingleton<IEnclave>(_one);
            silo.Services.AddSingleton<IEnclave>(_two);
            silo.Services.AddSingleton(_ => new AttestationSetup(
                AttestationMode.Simulated, policy, new CollateralStore(_source, policy.Trust, new CollateralOptions(), _time, folder: null)));
            silo.Services.Configure<AttestationOptions>(options => (options.ReportSeconds, options.ReplySeconds) = (1, 1));
            silo.Services.AddPythiaTier();
        });
        await UntilAsync(list => list.Length == 2 && list.All(report => report.State == EnclaveState.Healthy));
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        _platform.Dispose();
    }

    [Fact]
    public async Task List_TwoGoodOnes_BothGetQuestions()
    {
        Assert.Equal(["one", "two"], (await Directory.ListHealthyAsync()).Order(StringComparer.Ordinal));
        Assert.Equal("one"u8.ToArray(), (await Pythia("one").AnswerAsync([1, 2])).Answer.ToArray());
        Assert.Equal("two"u8.ToArray(), (await Pythia("two").AnswerAsync([1, 2])).Answer.ToArray());
        Assert.All(await Directory.ListAsync(), report => Assert.Equal("simulated", report.Attestation));
        Assert.All(await Directory.ListAsync(), report => Assert.True(report.HoldsUntilUnixMs > report.SinceUnixMs));
    }

    [Fact]
    public async Task List_OneDrained_TheOtherAnswersAndTheReasonIsNamedUntilItIsBack()
    {
        _two.Says = QuotingEnclave.Code with { Flags = QuotingEnclave.Code.Flags | SimulatedEnclave.DebugFlag };
        _two.RenewKeys();
        var drained = (await UntilAsync(list => StateOf(list, "two") == EnclaveState.Drained)).Single(report => report.EnclaveId == "two");
        Assert.Equal(["DebugEnabled"], drained.Reasons.Select(reason => reason.Name));
        Assert.Equal("one", Assert.Single(await Directory.ListHealthyAsync()));
        Assert.Equal("one"u8.ToArray(), (await Pythia("one").AnswerAsync([1, 2])).Answer.ToArray());

        _two.Says = QuotingEnclave.Code;
        _two.RenewKeys();
        await UntilAsync(list => StateOf(list, "two") == EnclaveState.Healthy);
    }

    [Fact]
    public async Task List_CollateralEnds_BothAreDrainedByNameAndBackWhenRefreshed()
    {
        _source.Fails = true;
        _time.Shift = TimeSpan.FromDays(31);
        var drained = await UntilAsync(list => list.Length == 2 && list.All(report => report.State == EnclaveState.Drained && report.Reasons[0].Name == "CollateralExpired"));
        Assert.Empty(await Directory.ListHealthyAsync());
        Assert.All(drained, report => Assert.Contains("no such platform", report.Reasons[0].Detail));

        _source.Fails = false;
        _time.Shift += TimeSpan.FromMinutes(6);
        await UntilAsync(list => list.Length == 2 && list.All(report => report.State == EnclaveState.Healthy));
    }

    [Fact]
    public async Task List_EvidenceEndsBeforeItsSiloSaysSo_IsDrainedAtOnce()
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        await Directory.ReportAsync(new EnclaveReport("three", EnclaveState.Healthy, "gramine", [], now, now - 1, []));
        Assert.DoesNotContain("three", await Directory.ListHealthyAsync());
        var ended = (await Directory.ListAsync()).Single(report => report.EnclaveId == "three");
        Assert.Equal((EnclaveState.Drained, "EvidenceEnded", now - 1), (ended.State, ended.Reasons[0].Name, ended.SinceUnixMs));
    }

    [Fact]
    public async Task Answer_EnclaveGone_FailsSoThatAnotherIsAskedAndIsSaid()
    {
        Assert.Equal("two"u8.ToArray(), (await Pythia("two").AnswerAsync([1, 2])).Answer.ToArray());
        _two.IsGone = true;
        var error = await Assert.ThrowsAsync<OrleansException>(() => Pythia("two").AnswerAsync([1, 2]));
        Assert.Contains("pythia two: its process is not there", error.Message);
        var gone = (await UntilAsync(list => StateOf(list, "two") == EnclaveState.Silent)).Single(report => report.EnclaveId == "two");
        Assert.Equal(["Gone"], gone.Reasons.Select(reason => reason.Name));
        Assert.Equal("one"u8.ToArray(), (await Pythia("one").AnswerAsync([1, 2])).Answer.ToArray());

        _two.IsGone = false;
        _two.RenewKeys();
        await UntilAsync(list => StateOf(list, "two") == EnclaveState.Healthy);
        Assert.Equal("two"u8.ToArray(), (await Pythia("two").AnswerAsync([1, 2])).Answer.ToArray());
    }

    [Fact]
    public async Task List_EnclaveHangs_IsSilentUntilItAnswersAgain()
    {
        _two.Hangs = true;
        var hanging = (await UntilAsync(list => StateOf(list, "two") == EnclaveState.Silent)).Single(report => report.EnclaveId == "two");
        Assert.Equal(["Gone: no reply within 1 s"], hanging.Reasons.Select(reason => $"{reason.Name}: {reason.Detail}"));
        Assert.Equal("one", Assert.Single(await Directory.ListHealthyAsync()));

        _two.Hangs = false;
        await UntilAsync(list => StateOf(list, "two") == EnclaveState.Healthy);
    }

    [Fact]
    public async Task Answer_EnclaveGoneBeforeTheFirstQuestion_FailsTheSameWay()
    {
        _two.IsGone = true;
        var error = await Assert.ThrowsAsync<OrleansException>(() => Pythia("two").AnswerAsync([1, 2]));
        Assert.Contains("pythia two: No enclave two for chain 31337 beside this silo; one is gone: its process is not there", error.Message);
    }

    [Fact]
    public async Task Attest_EnclaveClosed_IsGoneByName()
    {
        Assert.Equal("two"u8.ToArray(), (await Pythia("two").AnswerAsync([1, 2])).Answer.ToArray());
        _two.IsClosed = true;
        Assert.StartsWith("Gone: ", (await Pythia("two").AttestAsync([], [])).Trouble);
    }

    [Fact]
    public async Task GetAsync_FirstEnclaveGone_GivesTheNext()
    {
        _one.IsGone = true;
        var directory = _host.Services.GetRequiredService<EnclaveDirectory>();
        Assert.Same(_two, (await directory.WaitForHeadAsync(MirrorWorld.ChainId, 0, [], CancellationToken.None)).Enclave);
        Assert.Same(_two, await directory.GetAsync(MirrorWorld.ChainId, "two", CancellationToken.None));
        await Assert.ThrowsAsync<InvalidOperationException>(() => directory.GetAsync(MirrorWorld.ChainId, "one", CancellationToken.None));
    }

    [Fact]
    public async Task WaitForHeadAsync_FirstEnclaveStandsOrHangs_FollowsTheOther()
    {
        // The follower waits at the first one's head; the first one never has a newer one.
        var directory = _host.Services.GetRequiredService<EnclaveDirectory>();
        var waiting = directory.WaitForHeadAsync(MirrorWorld.ChainId, 1, [], CancellationToken.None);
        _two.Mine();
        var (enclave, head) = await waiting.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Same(_two, enclave);
        Assert.Equal(2UL, head.Block);

        _one.Hangs = true;
        Assert.Same(_two, (await directory.WaitForHeadAsync(MirrorWorld.ChainId, 0, [], CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30))).Enclave);
    }

    [Fact]
    public async Task WaitForHeadAsync_OtherChainOrNobody_IsRefusedWithWhatEachSaid()
    {
        var directory = _host.Services.GetRequiredService<EnclaveDirectory>();
        Assert.Equal("No enclave for chain 5 beside this silo", (await Assert.ThrowsAsync<InvalidOperationException>(() => directory.WaitForHeadAsync(5, 0, [], CancellationToken.None))).Message);
        _one.IsGone = _two.IsGone = true;
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => directory.WaitForHeadAsync(MirrorWorld.ChainId, 0, [], CancellationToken.None));
        Assert.Equal("No enclave for chain 31337 beside this silo; one is gone: its process is not there; one is gone: its process is not there", error.Message);
        using var stop = new CancellationTokenSource();
        _one.IsGone = false;
        var waiting = directory.WaitForHeadAsync(MirrorWorld.ChainId, 9, [], stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private IPythiaGrain Pythia(string enclave) => _host.Grains.GetGrain<IPythiaGrain>(MirrorWorld.Key(enclave));

    private static EnclaveState? StateOf(IEnumerable<EnclaveReport> list, string id) => list.FirstOrDefault(report => report.EnclaveId == id)?.State;

    private async Task<EnclaveReport[]> UntilAsync(Func<EnclaveReport[], bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            EnclaveReport[] list = [.. await Directory.ListAsync()];
            if (holds(list)) return list;
            if (patience.IsCancellationRequested) throw new TimeoutException($"found after 30 s: {string.Join("; ", list.Select(r => $"{r.EnclaveId} {r.State} {string.Join(',', r.Reasons)}"))}");
            await Task.Delay(50);
        }
    }

    private sealed class Source(SimulatedPlatform platform) : ICollateralSource
    {
        public bool Fails { get; set; }

        public ValueTask<QuoteCollateral> GetAsync(CollateralKey key, CancellationToken cancellationToken = default)
            => Fails ? throw new CollateralException(CollateralTroubleKind.Unknown, "no such platform") : new SimulatedCollateralSource(platform).GetAsync(key, cancellationToken);
    }
}
