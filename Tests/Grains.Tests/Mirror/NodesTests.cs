using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;
using Pythia.Tests.Support;

namespace Pythia.Tests.Mirror;

/// <summary>What the mirror makes of several nodes, and of the words of different clients.</summary>
public sealed class NodesTests : IDisposable
{
    private static readonly SignedTransaction Transaction = new Eip1559Transaction
    {
        ChainId = MirrorWorld.ChainId,
        Nonce = 7,
        MaxFeePerGasWei = 2,
        MaxPriorityFeePerGasWei = 1,
        GasLimit = 21_000,
        To = Address.Zero,
    }.Sign(TestPeople.Key(9));

    private readonly FakeNodes _nodes = new();
    private readonly HttpClient _http;

    public NodesTests() => _http = new HttpClient(_nodes, disposeHandler: false);

    public void Dispose()
    {
        _http.Dispose();
        _nodes.Dispose();
    }

    [Theory]
    [InlineData("geth", "already known", SendVerdict.AlreadyKnown)]
    [InlineData("geth", "nonce too low: next nonce 12, tx nonce 7", SendVerdict.NonceTooLow)]
    [InlineData("geth", "replacement transaction underpriced", SendVerdict.Underpriced)]
    [InlineData("geth", "transaction underpriced: gas tip cap 1, minimum needed 1000000", SendVerdict.Underpriced)]
    [InlineData("geth", "max fee per gas less than block base fee: address 0x71, maxFeePerGas: 1, baseFee: 875000000", SendVerdict.Underpriced)]
    [InlineData("geth", "insufficient funds for gas * price + value: balance 0, tx cost 42000, overshot 42000", SendVerdict.NoFunds)]
    [InlineData("geth", "txpool is full", SendVerdict.PoolFull)]
    [InlineData("geth", "account limit exceeded: pooled 64 txs", SendVerdict.PoolFull)]
    [InlineData("geth", "exceeds block gas limit", SendVerdict.TooBig)]
    [InlineData("geth", "transaction gas limit too high (cap: 16777216, tx: 20000000)", SendVerdict.TooBig)]
    [InlineData("geth", "oversized data: transaction size 131073, limit 131072", SendVerdict.TooBig)]
    [InlineData("geth", "tx fee (1.50 ether) exceeds the configured cap (1.00 ether)", SendVerdict.TooBig)]
    [InlineData("geth", "invalid sender", SendVerdict.Refused)]
    [InlineData("Nethermind", "AlreadyKnown", SendVerdict.AlreadyKnown)]
    [InlineData("Nethermind", "OldNonce, Current nonce: 12, nonce of rejected tx: 7", SendVerdict.NonceTooLow)]
    [InlineData("Nethermind", "FeeTooLowToCompete, FeePerGas needs to be higher than 1", SendVerdict.Underpriced)]
    [InlineData("Nethermind", "ReplacementNotAllowed", SendVerdict.Underpriced)]
    [InlineData("Nethermind", "InsufficientFunds, Account balance: 0, cumulative cost: 42000", SendVerdict.NoFunds)]
    [InlineData("Nethermind", "GasLimitExceeded, Gas limit: 30000000", SendVerdict.TooBig)]
    [InlineData("Nethermind", "NonceGap, Future nonce. Expected nonce: 7", SendVerdict.PoolFull)]
    [InlineData("Nethermind", "node is syncing", SendVerdict.PoolFull)]
    [InlineData("Besu", "Known transaction", SendVerdict.AlreadyKnown)]
    [InlineData("Besu", "Nonce too low", SendVerdict.NonceTooLow)]
    [InlineData("Besu", "Replacement transaction underpriced", SendVerdict.Underpriced)]
    [InlineData("Besu", "Gas price below current base fee", SendVerdict.Underpriced)]
    [InlineData("Besu", "Upfront cost exceeds account balance", SendVerdict.NoFunds)]
    [InlineData("Besu", "Transaction gas limit exceeds block gas limit", SendVerdict.TooBig)]
    [InlineData("Besu", "Transaction nonce is too distant from current sender nonce", SendVerdict.PoolFull)]
    [InlineData("Besu", "An invalid transaction with a lower nonce exists", SendVerdict.PoolFull)]
    [InlineData("Erigon", "existing txn with same hash", SendVerdict.AlreadyKnown)]
    [InlineData("Erigon", "could not replace existing tx", SendVerdict.Underpriced)]
    [InlineData("Erigon", "fee too low", SendVerdict.Underpriced)]
    [InlineData("Erigon", "pending sub-pool is full", SendVerdict.PoolFull)]
    [InlineData("Erigon", "spammer", SendVerdict.PoolFull)]
    [InlineData("Erigon", "gas limit is too high", SendVerdict.TooBig)]
    [InlineData("Erigon", "RLPTooLong", SendVerdict.TooBig)]
    [InlineData("Reth", "already known", SendVerdict.AlreadyKnown)]
    [InlineData("Reth", "nonce too low: next nonce 12, tx nonce 7", SendVerdict.NonceTooLow)]
    [InlineData("Reth", "nonce too high", SendVerdict.PoolFull)]
    [InlineData("Reth", "transaction priority fee below minimum required priority fee 1", SendVerdict.Underpriced)]
    [InlineData("Reth", "insufficient funds for gas * price + value: have 0 want 42000", SendVerdict.NoFunds)]
    [InlineData("Reth", "transaction type not supported", SendVerdict.Refused)]
    [InlineData("anvil", "transaction already imported", SendVerdict.AlreadyKnown)]
    [InlineData("anvil", "intrinsic gas too high", SendVerdict.TooBig)]
    [InlineData("anvil", "Insufficient funds for gas * price + value", SendVerdict.NoFunds)]
    [InlineData("nobody", "", SendVerdict.Refused)]
    public async Task Send_WordsOfAClient_MeanTheSameForAll(string client, string words, SendVerdict expected)
    {
        _nodes.Refuse("a", words);
        var reply = await Node("a").SendAsync(Transaction.Raw.AsMemory(), default);
        Assert.Equal((client, expected), (client, reply.Verdict));
    }

    [Fact]
    public async Task Send_SeveralNodes_AllAreHandedTheTransactionAndOneThatTakesItDoes()
    {
        _nodes.Refuse("a", "txpool is full");
        _nodes.Answer("b", Transaction.Hash.ToString());
        _nodes.Fail("c");

        Assert.Equal(SendVerdict.Accepted, (await Node("a", "b", "c").SendAsync(Transaction.Raw.AsMemory(), default)).Verdict);
        Assert.Equal(["a", "b", "c"], _nodes.Asked.Order());
    }

    [Fact]
    public async Task Send_OneNodeHangs_DoesNotWaitForItWhenAnotherTookIt()
    {
        _nodes.Hang("a");
        _nodes.Answer("b", Transaction.Hash.ToString());

        var reply = await Node("a", "b").SendAsync(Transaction.Raw.AsMemory(), default).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(SendVerdict.Accepted, reply.Verdict);
    }

    [Fact]
    public async Task Send_NodeThatNamesAnotherHash_IsSetAsideAndCountsForNothing()
    {
        _nodes.Answer("a", Hash32.Zero.ToString());
        _nodes.Refuse("b", "insufficient funds");
        var client = Client("a", "b");

        Assert.Equal(SendVerdict.NoFunds, (await new ChainNode(client).SendAsync(Transaction.Raw.AsMemory(), default)).Verdict);
        Assert.Contains("under another hash", client.Nodes[0].WhyNotAsked(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_NoNodeAnswers_SaysSoInsteadOfGuessing()
    {
        _nodes.Fail("a");
        _nodes.Fail("b");
        await Assert.ThrowsAsync<RpcUnavailableException>(() => Node("a", "b").SendAsync(Transaction.Raw.AsMemory(), default));
    }

    [Theory]
    [InlineData(new[] { "0x9", "0x7" }, 9)]          // one lags
    [InlineData(new[] { "0x9", "0xffff", "0x9" }, 9)] // one lies
    [InlineData(new[] { "0x9", "0x0", "0x9" }, 9)]
    [InlineData(new[] { "0x9", "bad", "0x9" }, 9)]
    public async Task GetMinedNonce_NodesThatDisagree_TheMiddleOneCounts(string[] answers, ulong expected)
    {
        string[] names = ["a", "b", "c"];
        foreach (var (name, answer) in names.Zip(answers))
        {
            _nodes.Answer(name, answer);
        }

        Assert.Equal(expected, await Node(names[..answers.Length]).GetMinedNonceAsync(Address.Zero, null, default));
    }

    [Fact]
    public async Task GetMinedNonce_OneOfTwoNamesMoreThanOurTransactionsExplain_IsSetAsideAndTheOtherCounts()
    {
        _nodes.Answer("a", "0xffff");
        _nodes.Answer("b", "0x9");
        var client = Client("a", "b");

        Assert.Equal(9UL, await new ChainNode(client).GetMinedNonceAsync(Address.Zero, 10, default));
        Assert.Contains("nonce 65535 of account", client.Nodes[0].WhyNotAsked(), StringComparison.Ordinal);
        Assert.Null(client.Nodes[1].WhyNotAsked());
    }

    [Theory]
    [InlineData(null)] // nothing is known of the account's own transactions
    [InlineData(8UL)] // somebody else used its key: all say so
    public async Task GetMinedNonce_NobodyNamesWhatOurTransactionsExplain_TheMiddleOneCountsAndNobodyIsSetAside(ulong? explained)
    {
        _nodes.Answer("a", "0xa");
        _nodes.Answer("b", "0x9");
        var client = Client("a", "b");

        Assert.Equal(10UL, await new ChainNode(client).GetMinedNonceAsync(Address.Zero, explained, default));
        Assert.All(client.Nodes, n => Assert.Null(n.WhyNotAsked()));
    }

    [Fact]
    public async Task Find_OneNodeSaysMinedAndTwoKnowItWaits_IsNotMined()
    {
        _nodes.Answer("a", new JsonObject { ["blockNumber"] = "0x5" });
        _nodes.Answer("b", new JsonObject { ["blockNumber"] = null });
        _nodes.Answer("c", new JsonObject { ["blockNumber"] = null });
        Assert.Equal(new TransactionHint(true, null), await Node("a", "b", "c").FindAsync(Transaction.Hash, default));
    }

    [Fact]
    public async Task Find_OneNodeForgot_IsKnownAsLongAsAnotherHasIt()
    {
        _nodes.Answer("a", null);
        _nodes.Answer("b", new JsonObject { ["blockNumber"] = null });
        Assert.Equal(new TransactionHint(true, null), await Node("a", "b").FindAsync(Transaction.Hash, default));

        _nodes.Answer("b", null);
        Assert.Equal(new TransactionHint(false, null), await Node("a", "b").FindAsync(Transaction.Hash, default));
    }

    private ChainNode Node(params string[] names) => new(Client(names));

    private JsonRpcClient Client(params string[] names) => new(
        _http,
        new JsonRpcOptions { Nodes = [.. names.Select(n => new Uri($"http://{n}:8545/"))], Retries = 0, HedgeAfterMs = 60_000 },
        TimeProvider.System);

    /// <summary>Nodes that answer as they are told, by host name.</summary>
    private sealed class FakeNodes : HttpMessageHandler
    {
        private readonly Dictionary<string, Func<CancellationToken, Task<JsonObject>>> _answers = [];
        private readonly Lock _gate = new();
        private readonly List<string> _asked = [];

        public IReadOnlyList<string> Asked
        {
            get
            {
                lock (_gate)
                {
                    return [.. _asked];
                }
            }
        }

        public void Answer(string node, JsonNode? result) => _answers[node] = _ => Task.FromResult(new JsonObject { ["result"] = result?.DeepClone() });

        public void Refuse(string node, string words)
            => _answers[node] = _ => Task.FromResult(new JsonObject { ["error"] = new JsonObject { ["code"] = -32_000, ["message"] = words } });

        public void Fail(string node) => _answers[node] = _ => throw new HttpRequestException("connection refused");

        public void Hang(string node) => _answers[node] = async token =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return [];
        };

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            lock (_gate)
            {
                _asked.Add(request.RequestUri!.Host);
            }

            var asked = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
            var answer = await _answers[request.RequestUri!.Host](cancellationToken);
            answer["jsonrpc"] = "2.0";
            answer["id"] = asked["id"]!.DeepClone();
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(answer.ToJsonString(), Encoding.UTF8, "application/json") };
        }
    }
}
