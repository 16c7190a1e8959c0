using System.Diagnostics;
using System.Text.Json;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;
using Pythia.Tests.DevChain;
using Shouldly;

namespace Pythia.Contracts.Tests.DevChain;

/// <summary>Calls and transactions against a live chain.</summary>
public sealed class AnvilTests(AnvilFixture chain) : IClassFixture<AnvilFixture>
{
    // Creates a contract that returns its call data's first word, and reverts with it when it is zero:
    // PUSH1 0 CALLDATALOAD DUP1 PUSH1 0 MSTORE PUSH1 0x0f JUMPI PUSH1 32 PUSH1 0 REVERT JUMPDEST PUSH1 32 PUSH1 0 RETURN
    private static readonly byte[] EchoCode = Hex.Parse("0x60003580600052600f5760206000fd5b60206000f3");

    [Fact]
    public async Task SendAsync_SignedTransaction_IsMinedUnderTheHashWeComputed()
    {
        using var key = await chain.FundedKeyAsync("sender");
        var before = await chain.Rpc.TransactionCountAsync(key.Address, BlockTag.Latest);
        var signed = new Eip1559Transaction
        {
            ChainId = chain.ChainId,
            Nonce = before,
            MaxPriorityFeePerGasWei = FeePolicy.Gwei(1),
            MaxFeePerGasWei = FeePolicy.Gwei(10),
            GasLimit = 21_000,
            To = Address.Parse("0x00000000000000000000000000000000000000aa"),
            ValueWei = 123,
        }.Sign(key);
        await chain.Rpc.SendAsync(signed);

        var receipt = await chain.ReceiptAsync(signed.Hash);
        receipt.TransactionHash.ShouldBe(signed.Hash);
        receipt.Succeeded.ShouldBeTrue();
        receipt.GasUsed.ShouldBe(21_000UL);
        receipt.Type.ShouldBe((byte)2);
        (await chain.Rpc.BalanceAsync(signed.Transaction.To!.Value, BlockTag.Latest)).ShouldBe(123);
        (await chain.Rpc.TransactionCountAsync(key.Address, BlockTag.Latest)).ShouldBe(before + 1);
        (await chain.Rpc.TransactionAsync(signed.Hash))!.Value.GetProperty("from").GetString().ShouldBe(key.Address.ToString());

        // The same nonce again is refused by the node, with its code and words.
        var error = await Should.ThrowAsync<RpcException>(() => chain.Rpc.SendAsync(signed));
        error.NodeMessage.ShouldContain("nonce too low");
    }

    [Fact]
    public async Task SendAsync_CreatesContract_AtTheAddressWeComputed()
    {
        using var key = await chain.FundedKeyAsync("deployer");
        var nonce = await chain.Rpc.TransactionCountAsync(key.Address, BlockTag.Latest);
        var receipt = await chain.SendAsync(key, to: null, DeployCode(EchoCode));
        receipt.Succeeded.ShouldBeTrue();
        receipt.ContractAddress.ShouldBe(Address.OfCreatedContract(key.Address, nonce));
        (await chain.Rpc.CodeAsync(receipt.ContractAddress!.Value, BlockTag.Latest)).ShouldBe(EchoCode);

        var word = Hash32.FromUInt64(77);
        var call = new RpcCall { To = receipt.ContractAddress, Data = word.ToArray() };
        (await chain.Rpc.CallContractAsync(call, BlockTag.Latest)).ShouldBe(word.ToArray());
        (await chain.Rpc.EstimateGasAsync(call)).ShouldBeGreaterThan(21_000UL);
    }

    [Fact]
    public async Task CallContractAsync_ContractReverts_GivesItsData()
    {
        using var key = await chain.FundedKeyAsync("reverter");
        var receipt = await chain.SendAsync(key, to: null, DeployCode(EchoCode));
        var error = await Should.ThrowAsync<RpcException>(
            () => chain.Rpc.CallContractAsync(new RpcCall { To = receipt.ContractAddress, Data = new byte[32] }, BlockTag.Latest));
        error.Code.ShouldBe(3);
        error.RevertData().ShouldBe(new byte[32]);
    }

    [Fact]
    public async Task BlockAsync_ByTagNumberAndHash_IsTheSameBlock()
    {
        await chain.Rpc.MineAsync(3);
        var latest = (await chain.Rpc.BlockAsync(BlockTag.Latest))!;
        (await chain.Rpc.BlockAsync(BlockTag.Number(latest.Number)))!.Hash.ShouldBe(latest.Hash);
        var byHash = (await chain.Rpc.BlockAsync(BlockTag.Hash(latest.Hash)))!;
        byHash.Number.ShouldBe(latest.Number);
        byHash.StateRoot.ShouldBe(latest.StateRoot);
        (await chain.Rpc.BlockAsync(BlockTag.Finalized))!.Number.ShouldBe(latest.Number - 2);
        (await chain.Rpc.BlockAsync(BlockTag.Number(latest.Number + 1000))).ShouldBeNull();
        (await chain.Rpc.BlockAsync(BlockTag.Hash(Hash32.FromUInt64(1)))).ShouldBeNull();
    }

    [Fact]
    public async Task BlockReceiptsAsync_BlockWithATransaction_HoldsItsReceipt()
    {
        using var key = await chain.FundedKeyAsync("receipts");
        var receipt = await chain.SendAsync(key, Address.Zero, ReadOnlyMemory<byte>.Empty, 30_000);
        var all = (await chain.Rpc.BlockReceiptsAsync(BlockTag.Number(receipt.BlockNumber)))!.Value;
        all.ShouldHaveSingleItem().TransactionHash.ShouldBe(receipt.TransactionHash);
        all[0].LogsBloom.Length.ShouldBe(256);
    }

    [Fact]
    public async Task ProofAsync_Account_NamesTheStateRootByItsFirstNode()
    {
        using var key = await chain.FundedKeyAsync("proven");
        await chain.Rpc.MineAsync();
        var block = (await chain.Rpc.BlockAsync(BlockTag.Latest))!;
        var proof = await chain.Rpc.ProofAsync(key.Address, [Hash32.Zero, Hash32.FromUInt64(5)], BlockTag.Number(block.Number));
        Keccak256.HashData(proof.AccountProof[0].AsSpan()).ShouldBe(block.StateRoot);
        proof.StorageProofs.Select(s => s.Key).ShouldBe([Hash32.Zero, Hash32.FromUInt64(5)]);
        proof.CodeHash.ShouldBe(Keccak256.HashData([]));
    }

    [Fact]
    public async Task FeeHistoryAsync_LastBlocks_LetsThePolicyQuote()
    {
        await chain.Rpc.MineAsync(5);
        var history = await chain.Rpc.FeeHistoryAsync(4, [10, 50]);
        history.BaseFeesPerGasWei.Length.ShouldBe(5);
        history.PriorityFeesWei.ShouldAllBe(f => f.Length == 2);
        new FeePolicy().TryQuote(history.NextBaseFeePerGasWei, await chain.Rpc.MaxPriorityFeeAsync(), out var quote).ShouldBe(FeeVerdict.Offered);
        quote.MaxFeePerGasWei.ShouldBeGreaterThan(history.NextBaseFeePerGasWei);
    }

    [Fact]
    public async Task LogsAsync_NoneThere_IsEmpty()
        => (await chain.Rpc.LogsAsync(new RpcLogFilter { From = BlockTag.Earliest, To = BlockTag.Latest, Addresses = [Address.Zero], Topics = [[Hash32.Zero], [], [Hash32.Zero, Hash32.FromUInt64(1)]] }))
            .ShouldBeEmpty();

    [Fact]
    public async Task CheckNodesAsync_LiveNode_IsOfThisChain()
    {
        (await chain.Rpc.ChainIdAsync()).ShouldBe(31337UL);
        var client = chain.NewClient();
        (await client.CheckNodesAsync(31337, 5, TimeSpan.FromMinutes(1))).ShouldBeEmpty();
        (await client.CheckNodesAsync(1, 5, TimeSpan.FromMinutes(1))).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task BatchAsync_HundredsOfCalls_AreAnsweredInOrder()
    {
        var answers = await chain.Rpc.BatchAsync([.. Enumerable.Range(0, 250).Select(i => i % 2 == 0 ? new RpcRequest("eth_chainId") : new RpcRequest("eth_unknown"))]);
        answers.Count.ShouldBe(250);
        for (var i = 0; i < answers.Count; i++)
        {
            if (i % 2 == 0) RpcJson.UInt64(answers[i].Result).ShouldBe(31337UL);
            else answers[i].Error!.Code.ShouldBe(-32601);
        }
    }

    [Fact]
    public async Task CallContractAsync_P256Verify_ExistsUnderOsaka()
    {
        // EIP-7951: an invalid signature of the right length gives empty output, as an account without code would; a valid one gives 1.
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var hash = Keccak256.HashData("statement"u8).ToArray();
        var point = key.ExportParameters(false).Q;
        byte[] input = [.. hash, .. key.SignHash(hash), .. point.X!, .. point.Y!];
        var precompile = Address.Parse("0x0000000000000000000000000000000000000100");
        (await chain.Rpc.CallContractAsync(new RpcCall { To = precompile, Data = input }, BlockTag.Latest)).ShouldBe(Hash32.FromUInt64(1).ToArray());
    }

    // PUSH1 length DUP1 PUSH1 0x0b PUSH1 0 CODECOPY PUSH1 0 RETURN, then the code.
    private static byte[] DeployCode(byte[] code) => [0x60, (byte)code.Length, 0x80, 0x60, 0x0b, 0x60, 0x00, 0x39, 0x60, 0x00, 0xf3, .. code];
}

/// <summary>Starting, stopping and being killed.</summary>
public sealed class AnvilProcessTests : IAsyncLifetime, IDisposable
{
    private readonly ContractsFolder _contracts = ContractsFolder.Find();
    private readonly string _folder = Directory.CreateTempSubdirectory("pythia-chain-").FullName;
    private readonly HttpClient _http = new();

    public async Task InitializeAsync() => await NodeModules.EnsureAsync(_contracts, TimeProvider.System);

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task StopAsync_ThenStartAgain_ContinuesTheChain()
    {
        var options = new AnvilOptions { StateFile = Path.Combine(_folder, "chain", "state.json") };
        using var key = AnvilRpc.KeyOf("kept");
        Hash32 hash;
        await using (var first = await Anvil.StartAsync(_contracts, options, TimeProvider.System))
        {
            var rpc = Client(first);
            await rpc.SetBalanceAsync(key.Address, 5);
            await rpc.MineAsync(7);
            hash = (await rpc.BlockAsync(BlockTag.Number(6)))!.Hash;
            (await first.StopAsync()).ShouldBe(0);
        }

        await using var second = await Anvil.StartAsync(_contracts, options, TimeProvider.System);
        var again = Client(second);
        (await again.BlockNumberAsync()).ShouldBe(7UL);
        (await again.BlockAsync(BlockTag.Number(6)))!.Hash.ShouldBe(hash);
        (await again.BalanceAsync(key.Address, BlockTag.Latest)).ShouldBe(5);
    }

    [Fact]
    public async Task CallAsync_OneOfTwoNodesEnds_GoesOnWithTheOther()
    {
        var first = await Anvil.StartAsync(_contracts, new AnvilOptions(), TimeProvider.System);
        await using var second = await Anvil.StartAsync(_contracts, new AnvilOptions(), TimeProvider.System);
        var rpc = new JsonRpcClient(_http, new JsonRpcOptions { Nodes = [first.Address, second.Address] }, TimeProvider.System);
        await Client(second).MineAsync(9);
        (await rpc.BlockNumberAsync()).ShouldBe(0UL);
        await first.DisposeAsync();
        for (var i = 0; i < 10; i++) (await rpc.BlockNumberAsync()).ShouldBe(9UL);
        rpc.Nodes[0].WhyNotAsked().ShouldBe("circuit open after failures");
    }

    [Fact]
    public async Task StartAsync_WrongHardfork_SaysWhatAnvilSaid()
    {
        var error = await Should.ThrowAsync<InvalidOperationException>(() => Anvil.StartAsync(_contracts, new AnvilOptions { Hardfork = "nosuch" }, TimeProvider.System));
        error.Message.ShouldContain("nosuch");
        error.Message.ShouldContain("before it answered");
    }

    [Fact]
    public async Task StartAsync_OptionOutOfRange_NamesIt()
    {
        var error = await Should.ThrowAsync<System.ComponentModel.DataAnnotations.ValidationException>(
            () => Anvil.StartAsync(_contracts, new AnvilOptions { SlotsInAnEpoch = 0 }, TimeProvider.System));
        error.Message.ShouldContain("SlotsInAnEpoch");
    }

    [Fact]
    public async Task Exited_AnvilIsKilled_IsDone()
    {
        await using var anvil = await Anvil.StartAsync(_contracts, new AnvilOptions(), TimeProvider.System);
        var id = await ProcessOnPortAsync(anvil.Address.Port);
        using (var process = Process.GetProcessById(id)) process.Kill();
        (await anvil.Exited.WaitAsync(TimeSpan.FromSeconds(20))).ShouldNotBe(0);
    }

    /// <summary>A parent that is killed can tell nobody: the pipe to its supervisor closes, and that ends the chain and lets it save.</summary>
    [Fact]
    public async Task ParentIsKilled_AnvilEndsAndKeepsItsState()
    {
        var state = Path.Combine(_folder, "orphan.json");
        var arguments = JsonSerializer.Serialize(new[] { "tools/child.mjs", _contracts.FoundryProgram("anvil"), "--port", "0", "--state", state });
        using var parent = Process.Start(new ProcessStartInfo("node", ["-e", $"require('child_process').spawn('node', {arguments}, {{ stdio: ['pipe', 'inherit', 'inherit'] }})"])
        {
            WorkingDirectory = _contracts.Path,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        string? line;
        do line = await parent.StandardOutput.ReadLineAsync(); while (line is not null && !line.StartsWith("Listening on ", StringComparison.Ordinal));
        line.ShouldNotBeNull();
        var port = int.Parse(line[(line.LastIndexOf(':') + 1)..]);
        var anvilId = await ProcessOnPortAsync(port);
        var rpc = new JsonRpcClient(_http, new JsonRpcOptions { Nodes = [new Uri($"http://127.0.0.1:{port}/")] }, TimeProvider.System);
        await rpc.MineAsync(3);

        parent.Kill(); // SIGKILL, to the parent alone
        parent.StandardOutput.Close();
        using (var anvil = Process.GetProcessById(anvilId))
        {
            try
            {
                await anvil.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
            }
            catch (TimeoutException)
            {
                anvil.Kill(); // the test fails, and leaves nothing behind
                throw;
            }
        }

        (await File.ReadAllTextAsync(state)).ShouldContain("\"best_block_number\"");
    }

    private JsonRpcClient Client(Anvil anvil) => new(_http, new JsonRpcOptions { Nodes = [anvil.Address] }, TimeProvider.System);

    // The process whose command line is anvil's and which is a child of the supervisor that listens: found by its open port.
    private static async Task<int> ProcessOnPortAsync(int port)
    {
        var inode = (await File.ReadAllLinesAsync("/proc/net/tcp"))
            .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Single(f => f.Length > 9 && f[1].EndsWith($":{port:X4}", StringComparison.Ordinal) && f[3] == "0A")[9];
        foreach (var process in Process.GetProcessesByName("anvil"))
        {
            using (process)
            {
                if (Directory.EnumerateFiles($"/proc/{process.Id}/fd").Any(f => new FileInfo(f).LinkTarget == $"socket:[{inode}]")) return process.Id;
            }
        }

        throw new InvalidOperationException($"no process found on port {port}");
    }
}
