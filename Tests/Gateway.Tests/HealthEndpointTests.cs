using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pythia.Gateway.Health;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Pythia;
using Shouldly;

namespace Pythia.Gateway.Tests;

/// <summary>What the health pages say, to whom, and when it is a 503.</summary>
public sealed class HealthEndpointTests : IAsyncLifetime
{
    private readonly StubPart _stub = new();
    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GatewayFixture.StartAsync(services => services.AddSingleton<IHealthPart>(_stub));
        Enclaves("one");
        Ledger(new LedgerView(4, "0x", 0, 5, 4, 0, 0, ""));
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Live_WithoutAnySilo_IsLive() => ((string?)(await ReadAsync("/health/live", 200))["status"]).ShouldBe("live");

    [Fact]
    public async Task Ready_AllIsWell_IsReadyWithoutReasons()
    {
        var page = await ReadAsync("/health/ready", 200);
        ((string?)page["status"]).ShouldBe("ready");
        page["reasons"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Ready_NoEnclaveAtAll_IsNotReady()
    {
        Enclaves();
        var page = await ReadAsync("/health/ready", 503);
        ((string?)page["status"]).ShouldBe("not-ready");
        page["reasons"]!.AsArray().Single()!.ToJsonString().ShouldBe("""{"code":"no-enclave","level":"not-ready","part":"enclave","chain":31337}""");
    }

    [Fact]
    public async Task Ready_FollowerStands_IsDegradedAndThePublicPageKeepsTheWords()
    {
        Ledger(new LedgerView(4, "0x", 0, 5, 4, 0, 0, "node secret.example lies", LedgerTrouble.NodesDisagree, 1_800_000_000_000));
        var page = await ReadAsync("/health/ready", 200);
        ((string?)page["status"]).ShouldBe("degraded");
        page["reasons"]!.AsArray().Single()!.ToJsonString().ShouldBe("""{"code":"follower-nodes-disagree","level":"degraded","part":"follower","chain":31337}""");
    }

    [Fact]
    public async Task Ready_FollowerFarBehind_SaysSo()
    {
        Ledger(new LedgerView(4, "0x", 0, 37, 4, 0, 0, ""));
        Codes(await ReadAsync("/health/ready", 200)).ShouldBe(["follower-lags"]);
    }

    [Fact]
    public async Task Ready_FollowerAtTheLimit_SaysNothing()
    {
        Ledger(new LedgerView(4, "0x", 0, 36, 4, 0, 0, ""));
        Codes(await ReadAsync("/health/ready", 200)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Ready_EnclaveDrained_IsDegradedAndTheReasonIsForOperators()
    {
        _gateway.Grains.On<IPythiaDirectoryGrain>("ListAsync", _ => Task.FromResult<ImmutableArray<EnclaveReport>>(
        [
            new("two", EnclaveState.Drained, "gramine", [new("CollateralExpired", "collateral sgx-1: ended")], 1_800_000_000_000, 0, []),
        ]));
        var page = await ReadAsync("/health/ready", 200);
        Codes(page).ShouldBe(["enclave-drained"]);
        page.ToJsonString().ShouldNotContain("CollateralExpired");

        using var http = new HttpClient { BaseAddress = _gateway.OperationsUrl };
        var reason = JsonNode.Parse(await http.GetStringAsync("/health/ready"))!["reasons"]!.AsArray().Single()!;
        ((string?)reason["name"]).ShouldBe("two");
        ((string?)reason["detail"]).ShouldBe("enclave two (gramine): CollateralExpired, collateral sgx-1: ended");
        ((string?)reason["since"]).ShouldBe("2027-01-15T08:00:00Z");
    }

    [Fact]
    public async Task Ready_NextKeysWillBeRefused_IsDegradedAheadOfTime()
    {
        _gateway.Grains.On<IPythiaDirectoryGrain>("ListAsync", _ => Task.FromResult<ImmutableArray<EnclaveReport>>(
            [new("two", EnclaveState.Healthy, "gramine", [], 1_800_000_000_000, 0, [new("QuoteFailed", "no device")])]));
        Codes(await ReadAsync("/health/ready", 200)).ShouldBe(["enclave-next-keys"]);

        using var http = new HttpClient { BaseAddress = _gateway.OperationsUrl };
        var reason = JsonNode.Parse(await http.GetStringAsync("/health/ready"))!["reasons"]!.AsArray().Single()!;
        ((string?)reason["detail"]).ShouldBe("enclave two (gramine): QuoteFailed, no device");
    }

    [Fact]
    public async Task Ready_EnclaveSilentBesideAnother_IsDegraded()
    {
        _gateway.Grains.On<IPythiaDirectoryGrain>("ListAsync", _ => Task.FromResult<ImmutableArray<EnclaveReport>>([new("two", EnclaveState.Silent, "gramine", [new("Gone", "x")], 1, 0, [])]));
        Codes(await ReadAsync("/health/ready", 200)).ShouldBe(["enclave-silent"]);
    }

    [Fact]
    public async Task Ready_EnclaveSilentAndNoOther_IsNotReadyForThatAlone()
    {
        Enclaves();
        _gateway.Grains.On<IPythiaDirectoryGrain>("ListAsync", _ => Task.FromResult<ImmutableArray<EnclaveReport>>([new("two", EnclaveState.Silent, "gramine", [new("Gone", "x")], 1, 0, [])]));
        Codes(await ReadAsync("/health/ready", 503)).ShouldBe(["no-enclave"]);
    }

    [Fact]
    public async Task Ready_SilosGone_IsNotReady()
    {
        _gateway.Grains.On<IPythiaDirectoryGrain>("ListHealthyAsync", _ => throw new OrleansException("silo 10.0.0.7 is gone"));
        var page = await ReadAsync("/health/ready", 503);
        Codes(page).ShouldBe(["silos-silent"]);
        page.ToJsonString().ShouldNotContain("10.0.0.7");
    }

    [Fact]
    public async Task Ready_AskedToStop_IsNotReadyAtOnce()
    {
        (await ReadAsync("/health/ready", 200)).ShouldNotBeNull(); // what was found before must not be told any more
        _gateway.BeginStop();
        Codes(await ReadAsync("/health/ready", 503)).ShouldBe(["stopping"]);
    }

    [Fact]
    public async Task Ready_PartThatNeverAnswers_IsNamedAndTheOthersAreHeard()
    {
        _stub.Find = _ => new(new TaskCompletionSource<IReadOnlyList<HealthReason>>().Task);
        Ledger(new LedgerView(4, "0x", 0, 5, 4, 0, 0, "x", LedgerTrouble.ReorgTooDeep, 1));
        Codes(await ReadAsync("/health/ready", 200)).ShouldBe(["part-silent", "follower-reorg-too-deep"], ignoreOrder: true);
    }

    [Fact]
    public async Task Ready_PartThatThrows_IsNamed()
    {
        _stub.Find = _ => throw new InvalidOperationException("broken");
        Codes(await ReadAsync("/health/ready", 200)).ShouldBe(["part-silent"]);
    }

    [Fact]
    public async Task Ready_ManyAskAtOnce_EachPartIsAskedOnce()
    {
        var gate = new TaskCompletionSource<IReadOnlyList<HealthReason>>();
        _stub.Find = _ => new(gate.Task);
        var pages = Enumerable.Range(0, 20).Select(_ => ReadAsync("/health/ready", 200)).ToList();
        await _stub.FirstAsked;
        gate.SetResult([]);
        await Task.WhenAll(pages);
        _stub.Asked.ShouldBe(1);
    }

    [Fact]
    public async Task OperatorsPage_Degraded_SaysWhichWhySinceWhen()
    {
        _stub.Find = _ => new([new(HealthCodes.NodeTooLate, 31337, "node:8545", "node node:8545: no answer within 10000 ms", DateTimeOffset.FromUnixTimeSeconds(1_800_000_000))]);
        using var http = new HttpClient { BaseAddress = _gateway.OperationsUrl };
        var page = JsonNode.Parse(await http.GetStringAsync("/health/ready"))!;
        page["reasons"]!.AsArray().Single()!.ToJsonString().ShouldBe(
            """{"code":"node-too-late","level":"degraded","part":"nodes","chain":31337,"name":"node:8545","detail":"node node:8545: no answer within 10000 ms","since":"2027-01-15T08:00:00Z"}""");
    }

    [Fact]
    public void Codes_Each_IsInTheTableOnceAndOfTheStableForm()
    {
        HealthCodes.All.Select(c => c.Code).ShouldBeUnique();
        HealthCodes.All.ShouldAllBe(c => System.Text.RegularExpressions.Regex.IsMatch(c.Code, "^[a-z]+(-[a-z]+)*$"));
        typeof(HealthCodes).GetFields().Select(f => f.GetValue(null)).ShouldBe(HealthCodes.All, ignoreOrder: true);
    }

    [Fact]
    public void Codes_EveryTroubleOfGrains_HasACodeOfItsOwn()
    {
        Enum.GetValues<LedgerTrouble>().Where(t => t != LedgerTrouble.None).Select(HealthCodes.Of).ShouldBeUnique();
        Enum.GetValues<LaneTrouble>().Where(t => t != LaneTrouble.None).Select(HealthCodes.Of).ShouldBeUnique();
    }

    private static IEnumerable<string> Codes(JsonObject page) => page["reasons"]!.AsArray().Select(r => (string)r!["code"]!);

    private void Enclaves(params string[] ids)
        => _gateway.Grains.On<IPythiaDirectoryGrain>("ListHealthyAsync", _ => Task.FromResult(ImmutableArray.Create(ids)));

    private void Ledger(LedgerView view) => _gateway.Grains.On<ILedgerGrain>("GetAsync", _ => Task.FromResult(view));

    private async Task<JsonObject> ReadAsync(string path, int status)
    {
        using var response = await _gateway.Client.GetAsync(path);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe((HttpStatusCode)status, text);
        return (JsonObject)JsonNode.Parse(text)!;
    }

    private sealed class StubPart : IHealthPart
    {
        private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _asked;

        public string Name => "stub";

        public int Asked => _asked;

        public Task FirstAsked => _first.Task;

        public Func<CancellationToken, ValueTask<IReadOnlyList<HealthReason>>> Find { get; set; } = _ => new([]);

        public ValueTask<IReadOnlyList<HealthReason>> FindAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            _first.TrySetResult();
            return Find(cancellationToken);
        }
    }
}
