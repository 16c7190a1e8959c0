using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Text.Json.Nodes;
using Pythia.Contracts.JsonRpc;
using Pythia.Ethereum;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Contracts.Tests.JsonRpc;

/// <summary>What the client does when nodes are slow, silent, wrong or refuse.</summary>
public sealed class JsonRpcClientTests : IDisposable
{
    private static readonly RpcRequest BlockNumber = new("eth_blockNumber");

    private readonly ScriptedNodes _nodes = new();
    private readonly HttpClient _http;
    private readonly ManualTimeProvider _time = new();

    public JsonRpcClientTests() => _http = new HttpClient(_nodes, disposeHandler: false);

    public void Dispose()
    {
        _http.Dispose();
        _nodes.Dispose();
    }

    [Fact]
    public async Task CallAsync_ManyKindsOfParameters_AreWrittenAsEthereumWantsThem()
    {
        _nodes.Answer("a", _ => "0x1");
        await Client("a").CallAsync(new RpcRequest("eth_x", 0, 435UL, Address.Zero, new byte[] { 1 }, BlockTag.Number(16), BlockTag.Hash(Hash32.Zero), true, null, new[] { Hash32.Zero }));
        JsonNode.Parse(_nodes.Bodies.Single())!["params"]!.ToJsonString().ShouldBe(
            $"[\"0x0\",\"0x1b3\",\"{Address.Zero}\",\"0x01\",\"0x10\",{{\"blockHash\":\"{Hash32.Zero}\"}},true,null,[\"{Hash32.Zero}\"]]");
    }

    [Fact]
    public async Task CallAsync_NodeRefuses_ThrowsCodeMessageAndDataAndDoesNotRepeat()
    {
        _nodes.Answer("a", _ => new JsonObject { ["code"] = 3, ["message"] = "execution reverted", ["data"] = "0x08c379a0" });
        var error = await Should.ThrowAsync<RpcException>(() => Client("a", "b").CallAsync(BlockNumber));
        error.Code.ShouldBe(3);
        error.NodeMessage.ShouldBe("execution reverted");
        error.RevertData().ShouldBe(Hex.Parse("0x08c379a0"));
        _nodes.Asked.ShouldBe(["a"]);
    }

    [Fact]
    public async Task CallAsync_FirstNodeFails_AsksTheNextAtOnce()
    {
        _nodes.Fail("a");
        _nodes.Answer("b", _ => "0x7");
        (await Client("a", "b").BlockNumberAsync()).ShouldBe(7UL);
        _nodes.Asked.ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task CallAsync_FirstNodeIsSlow_HedgesAfterTheDelayAndTakesTheFirstAnswer()
    {
        var never = new TaskCompletionSource();
        _nodes.AnswerAfter("a", never.Task, _ => "0x1");
        _nodes.Answer("b", _ => "0x2");
        var call = Client("a", "b").BlockNumberAsync();
        (await _nodes.NextArrivalAsync()).ShouldBe("a");
        _time.Advance(TimeSpan.FromMilliseconds(499));
        _nodes.Asked.Count.ShouldBe(1);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        (await call).ShouldBe(2UL);
        _nodes.Asked.ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task CallAsync_NoAnswerInTime_IsUnavailableAndSaysSo()
    {
        _nodes.AnswerAfter("a", new TaskCompletionSource().Task, _ => "0x1");
        var call = Client(o => o with { Retries = 0 }, "a").CallAsync(BlockNumber);
        await _nodes.NextArrivalAsync();
        _time.Advance(TimeSpan.FromSeconds(11));
        (await Should.ThrowAsync<RpcUnavailableException>(() => call)).Reason.ShouldContain("no answer within 10000 ms");
    }

    [Fact]
    public async Task CallAsync_AllNodesFail_RepeatsWithPausesThenGivesUp()
    {
        _nodes.Fail("a");
        var call = Client(o => o with { Retries = 2, BreakAfterAttempts = 100 }, "a").CallAsync(BlockNumber);
        for (var asked = 0; asked < 3; asked++)
        {
            await _nodes.NextArrivalAsync();
            while (!call.IsCompleted && _nodes.Asked.Count == asked + 1)
            {
                _time.Advance(TimeSpan.FromMilliseconds(50));
                await Task.Yield();
            }
        }

        (await Should.ThrowAsync<RpcUnavailableException>(() => call)).Reason.ShouldContain("not reached");
        _nodes.Asked.Count.ShouldBe(3);
    }

    [Fact]
    public async Task CallAsync_ActingCallFails_IsSentOnceOnly()
    {
        _nodes.Fail("a");
        _nodes.Answer("b", _ => "0x1");
        await Should.ThrowAsync<RpcUnavailableException>(() => Client("a", "b").CallAsync(new RpcRequest("eth_sendRawTransaction", "0x02")));
        _nodes.Asked.ShouldBe(["a"]);
    }

    [Fact]
    public async Task CallAsync_NodeFailsAgainAndAgain_OpensItsCircuitUntilTheBreakIsOver()
    {
        _nodes.Fail("a");
        _nodes.Answer("b", _ => "0x5");
        var client = Client(o => o with { BreakAfterAttempts = 3 }, "a", "b");
        for (var i = 0; i < 3; i++) (await client.BlockNumberAsync()).ShouldBe(5UL);

        client.Nodes[0].WhyNotAsked().ShouldBe("circuit open after failures");
        _nodes.Asked.Clear();
        await client.BlockNumberAsync();
        _nodes.Asked.ShouldBe(["b"]);

        _nodes.Answer("a", _ => "0x7");
        _time.Advance(TimeSpan.FromMilliseconds(5_000));
        (await client.BlockNumberAsync()).ShouldBe(7UL);
    }

    [Fact]
    public async Task CallAsync_OnlyNodeWasAwayUntilItsCircuitOpened_IsAskedAgainWhenTheBreakIsOver()
    {
        _nodes.Fail("a");
        var client = Client(o => o with { BreakAfterAttempts = 2, Retries = 0 }, "a");
        for (var i = 0; i < 3; i++) await Should.ThrowAsync<RpcUnavailableException>(() => client.BlockNumberAsync());
        client.Nodes[0].WhyNotAsked().ShouldBe("circuit open after failures");

        _nodes.Answer("a", _ => "0x7");
        _time.Advance(TimeSpan.FromMilliseconds(5_000));
        client.Nodes[0].WhyNotAsked().ShouldBeNull();
        (await client.BlockNumberAsync()).ShouldBe(7UL);
        client.Nodes[0].Trouble.ShouldBeNull();
    }

    [Fact]
    public async Task CallAsync_NodeSetAside_IsNotAskedUntilItsTimeIsOver()
    {
        _nodes.Answer("a", _ => "0x1");
        _nodes.Answer("b", _ => "0x2");
        var client = Client("a", "b");
        client.SetAside(client.Nodes[0], "forged a proof", TimeSpan.FromMinutes(1));
        client.Nodes[0].WhyNotAsked().ShouldBe("forged a proof");
        (await client.BlockNumberAsync()).ShouldBe(2UL);
        _time.Advance(TimeSpan.FromMinutes(1));
        (await client.BlockNumberAsync()).ShouldBe(1UL);
    }

    [Fact]
    public async Task CallAsync_NodeSetAsideThatNobodyPrefers_IsInNoTroubleWhenItsTimeIsOver()
    {
        _nodes.Answer("a", _ => "0x1");
        _nodes.Answer("b", _ => "0x2");
        var client = Client("a", "b");
        client.SetAside(client.Nodes[1], "lags", TimeSpan.FromMinutes(1));
        await client.CallAsync(client.Nodes[1], new RpcRequest("eth_blockNumber"));
        client.Nodes[1].Trouble.ShouldNotBeNull();
        _time.Advance(TimeSpan.FromMinutes(1));
        await client.CallAsync(client.Nodes[1], new RpcRequest("eth_blockNumber"));
        client.Nodes[1].Trouble.ShouldBeNull();
    }

    [Fact]
    public async Task CallAsync_EveryNodeSetAside_NamesEachReason()
    {
        var client = Client(o => o with { Retries = 0 }, "a", "b");
        client.SetAside(client.Nodes[0], "lags", TimeSpan.FromMinutes(1));
        client.SetAside(client.Nodes[1], "lies", TimeSpan.FromMinutes(1));
        var error = await Should.ThrowAsync<RpcUnavailableException>(() => client.CallAsync(BlockNumber));
        error.Message.ShouldContain("a:8545 lags");
        error.Message.ShouldContain("b:8545 lies");
    }

    [Fact]
    public async Task CheckNodesAsync_OtherChainAndLaggard_AreSetAside()
    {
        _nodes.Answer("a", Chain("0x7a69", "0x64"));
        _nodes.Answer("b", Chain("0x1", "0xffff"));
        _nodes.Answer("c", Chain("0x7a69", "0x65"));
        _nodes.Answer("d", Chain("0x7a69", "0x5e"));
        var client = Client("a", "b", "c", "d");
        (await client.CheckNodesAsync(31337, maxLagBlocks: 5, TimeSpan.FromMinutes(1))).Select(n => n.Name).ShouldBe(["b:8545", "d:8545"]);
        client.Nodes[1].WhyNotAsked().ShouldBe("chain id 1 found, 31337 expected");
        client.Nodes[3].WhyNotAsked().ShouldBe("block 94 found, 100 is the middle of all nodes");
    }

    [Fact]
    public async Task CheckNodesAsync_OneNodeClaimsToBeFarAhead_LeavesTheOthersInUse()
    {
        _nodes.Answer("a", Chain("0x7a69", "0x64"));
        _nodes.Answer("b", Chain("0x7a69", "0xffffffffffffffff"));
        _nodes.Answer("c", Chain("0x7a69", "0x65"));
        (await Client("a", "b", "c").CheckNodesAsync(31337, maxLagBlocks: 5, TimeSpan.FromMinutes(1))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, "")]
    [InlineData(HttpStatusCode.OK, "<html>")]
    [InlineData(HttpStatusCode.OK, "[]")]
    [InlineData(HttpStatusCode.OK, "{}")]
    [InlineData(HttpStatusCode.OK, "7")]
    [InlineData(HttpStatusCode.OK, """{"jsonrpc":"2.0","id":2,"result":"0x1"}""")]
    [InlineData(HttpStatusCode.OK, """{"jsonrpc":"2.0","id":null,"result":"0x1"}""")]
    [InlineData(HttpStatusCode.OK, """{"jsonrpc":"2.0","id":1}""")]
    [InlineData(HttpStatusCode.OK, """{"jsonrpc":"2.0","id":1,"error":{"message":"no code"}}""")]
    [InlineData(HttpStatusCode.OK, """{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"limit"}}""")]
    [InlineData(HttpStatusCode.NotFound, "not here")]
    [InlineData(HttpStatusCode.TooManyRequests, """{"jsonrpc":"2.0","id":1,"result":"0x1"}""")]
    [InlineData(HttpStatusCode.BadGateway, """{"jsonrpc":"2.0","id":1,"result":"0x1"}""")]
    public async Task CallAsync_AnswerIsNone_IsUnavailable(HttpStatusCode status, string body)
    {
        _nodes.Raw("a", status, body);
        await Should.ThrowAsync<RpcUnavailableException>(() => Client(o => o with { Retries = 0 }, "a").CallAsync(BlockNumber));
    }

    [Fact]
    public async Task CallAsync_AnswerOfTheWrongType_IsUnavailable()
    {
        _nodes.Answer("a", _ => "0x10000000000000000");
        (await Should.ThrowAsync<RpcUnavailableException>(() => Client("a").BlockNumberAsync())).Reason.ShouldContain("64 bits expected");
    }

    [Fact]
    public async Task CallAsync_AnswerTooLong_IsNotRead()
    {
        _nodes.Answer("a", _ => new string('f', 5000));
        var error = await Should.ThrowAsync<RpcUnavailableException>(() => Client(o => o with { Retries = 0, MaxResponseBytes = 4096 }, "a").CallAsync(BlockNumber));
        error.Reason.ShouldContain("at most 4096 expected");
    }

    [Fact]
    public async Task CallAsync_EndlessAnswer_IsCutOff()
    {
        using var endless = new EndlessStream();
        _nodes.Body("a", () => endless);
        var error = await Should.ThrowAsync<RpcUnavailableException>(() => Client(o => o with { Retries = 0, MaxResponseBytes = 4096 }, "a").CallAsync(BlockNumber));
        error.Reason.ShouldContain("at most 4096 expected");
        endless.Given.ShouldBeLessThan(1 << 20);
    }

    [Fact]
    public async Task BatchAsync_MoreThanFitsOneBody_IsDividedAndKeepsTheOrder()
    {
        _nodes.Answer("a", call => call["params"]![0]!.GetValue<string>().Length > 1000 ? new JsonObject { ["code"] = -1, ["message"] = "no" } : call["params"]![0]!.DeepClone());
        var requests = Enumerable.Range(0, 250).Select(i => new RpcRequest("eth_echo", i == 17 ? new byte[600] : i)).ToList();
        var answers = await Client(o => o with { MaxRequestBytes = 4096, MaxBatch = 100 }, "a").BatchAsync(requests);
        answers.Count.ShouldBe(250);
        answers[17].Error!.Code.ShouldBe(-1);
        for (var i = 0; i < 250; i++)
        {
            if (i != 17) RpcJson.UInt64(answers[i].Result).ShouldBe((ulong)i);
        }

        _nodes.Bodies.ShouldAllBe(b => b.Length <= 4096);
        _nodes.Bodies.Count.ShouldBeGreaterThan(3);
    }

    [Fact]
    public async Task CallAsync_RequestTooLong_ThrowsBeforeAnythingIsSent()
    {
        await Should.ThrowAsync<ArgumentException>(() => Client(o => o with { MaxRequestBytes = 1024 }, "a").CallAsync(new RpcRequest("eth_x", new byte[2000])));
        _nodes.Asked.ShouldBeEmpty();
    }

    [Fact]
    public void Name_AddressWithSecrets_ShowsHostAndPortOnly()
    {
        var client = new JsonRpcClient(_http, new JsonRpcOptions { Nodes = [new Uri("https://user:secret@node.example:444/v3/key")] }, _time);
        client.Nodes[0].Name.ShouldBe("node.example:444");
    }

    [Fact]
    public void Constructor_OptionOutOfRange_NamesIt()
    {
        Should.Throw<ValidationException>(() => Client(o => o with { Retries = 11 }, "a")).Message.ShouldContain("Retries");
        Should.Throw<ValidationException>(() => new JsonRpcClient(_http, new JsonRpcOptions(), _time)).Message.ShouldContain("Nodes");
        Should.Throw<ValidationException>(() => new JsonRpcClient(_http, new JsonRpcOptions { Nodes = [new Uri("ftp://a")] }, _time)).Message.ShouldContain("ftp://a");
    }

    private JsonRpcClient Client(params string[] hosts) => Client(o => o, hosts);

    private JsonRpcClient Client(Func<JsonRpcOptions, JsonRpcOptions> change, params string[] hosts)
        => new(_http, change(new JsonRpcOptions { Nodes = [.. hosts.Select(h => new Uri($"http://{h}:8545/"))] }), _time);

    private static Func<JsonObject, JsonNode?> Chain(string chainId, string height)
        => call => call["method"]!.GetValue<string>() == "eth_chainId" ? chainId : height;
}
