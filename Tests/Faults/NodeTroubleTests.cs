using System.Net;
using System.Runtime.InteropServices;

namespace Pythia.Faults;

/// <summary>A node that stops, hangs, refuses, talks nonsense or forgets: nothing is lost or doubled, health says what is wrong, and all is
/// well again after it.</summary>
public sealed partial class NodeTroubleTests(TroubledSilo troubled) : IClassFixture<TroubledSilo>
{
    private const int SigStop = 19;
    private const int SigCont = 18;

    private static readonly TimeSpan StoppedFor = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Node_StoppedForHalfAMinute_LosesNothing()
    {
        var process = troubled.Chain.FindNodeProcess();
        var stopped = Task.CompletedTask;
        await troubled.SurviveAsync(
            () =>
            {
                Assert.Equal(0, Kill(process, SigStop));
                stopped = Task.Delay(StoppedFor);
                return Task.CompletedTask;
            },
            async () =>
            {
                await stopped;
                Assert.Equal(0, Kill(process, SigCont));
            },
            "node-too-late");
    }

    [Fact]
    public Task Node_RefusesConnections_LosesNothing()
        => troubled.SurviveAsync(troubled.Node.CloseAsync, troubled.Node.OpenAsync, "node-not-reached");

    [Fact]
    public Task Node_Hangs_LosesNothing() => SurviveAsync(FaultProxy.HangAsync, "node-too-late");

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    public Task Node_AnswersWithAStatus_LosesNothing(HttpStatusCode status) => SurviveAsync(FaultProxy.Status(status), "node-http-status", "node-limit-exceeded");

    [Fact]
    public Task Node_CutsItsAnswers_LosesNothing() => SurviveAsync(FaultProxy.TruncateAsync, "node-not-json-rpc");

    [Fact]
    public Task Node_TakesAndForgets_LosesNothing() => SurviveAsync(FaultProxy.ForgetAsync, "lane-forgotten-by-node");

    [Theory]
    // geth
    [InlineData(-32000, "exceeds block gas limit", "lane-refused-by-node")]
    // Nethermind
    [InlineData(-32010, "FeeTooLow, FeePerGas needs to be higher than 1 to be added to the TxPool.", "")]
    // Besu
    [InlineData(-32004, "Upfront cost exceeds account balance", "lane-out-of-funds")]
    [InlineData(-32001, "Nonce too low", "")]
    // Erigon
    [InlineData(-32000, "replacement transaction underpriced", "")]
    [InlineData(-32000, "already known", "lane-forgotten-by-node")]
    // Reth
    [InlineData(-32003, "transaction type not supported", "lane-refused-by-node")]
    public Task Node_RefusesEachTransactionInAClientsWords_LosesNothing(int code, string message, string health)
        => SurviveAsync(FaultProxy.Refuse(code, message), health.Length > 0 ? [health] : []);

    [Fact]
    public async Task SecondNode_LagsTenBlocks_IsSetAsideAndNothingIsLost()
    {
        await using var second = await FaultProxy.StartAsync(troubled.Chain.Anvil.Address);
        using var series = await FaultSeries.PrepareAsync(troubled.Chain, "lagging");
        second.Fault = FaultProxy.Lag(10);
        await using var silo = series.Start(null, [troubled.Node.Url, second.Url]);
        Assert.True(await silo.IsUpAsync(), silo.Errors);
        await series.SubmitAsync(silo, await series.NextIntentsAsync(22));
        await troubled.UntilHealthAsync(silo, found => found.Contains("node-lags"), "node-lags");
        await series.SettleAsync(silo);
        Assert.Empty(await series.FindViolationsAsync());

        second.Fault = null;
        await troubled.UntilHealthAsync(silo, found => found.Count == 0, "none");
        await silo.StopAsync();
    }

    private Task SurviveAsync(NodeFault fault, params string[] codes) => troubled.SurviveAsync(
        () =>
        {
            troubled.Node.Fault = fault;
            return Task.CompletedTask;
        },
        () =>
        {
            troubled.Node.Fault = null;
            return Task.CompletedTask;
        },
        codes);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
