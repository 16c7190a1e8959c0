using System.Numerics;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;
using Xunit;

namespace Pythia.Tests.DevChain;

/// <summary>A live anvil for a test class (<c>IClassFixture</c>) or a collection (<c>ICollectionFixture</c>), with a folder of its own.</summary>
/// <remarks>Each transaction is mined at once. Derive to change <see cref="Options"/>.</remarks>
public class AnvilFixture : IAsyncLifetime
{
    private HttpClient? _http;
    private Anvil? _anvil;
    private JsonRpcClient? _rpc;

    public ContractsFolder Contracts { get; } = ContractsFolder.Find();

    /// <summary>The folder of this chain; deleted at the end.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("pythia-chain-").FullName;

    public Anvil Anvil => _anvil ?? throw new InvalidOperationException("the chain is not started");

    public JsonRpcClient Rpc => _rpc ?? throw new InvalidOperationException("the chain is not started");

    public ulong ChainId => (ulong)Anvil.Options.ChainId;

    protected virtual AnvilOptions Options => new();

    public virtual async Task InitializeAsync()
    {
        await NodeModules.EnsureAsync(Contracts, TimeProvider.System);
        _anvil = await Anvil.StartAsync(Contracts, Options, TimeProvider.System);
        _rpc = NewClient();
    }

    /// <summary>A client of its own for this chain.</summary>
    public JsonRpcClient NewClient() => new(_http ??= JsonRpcHttp.Create(), new JsonRpcOptions { Nodes = [Anvil.Address] }, TimeProvider.System);

    /// <summary>The key of this name, its account filled with 1,000 ether.</summary>
    public async Task<EthereumKey> FundedKeyAsync(string name)
    {
        var key = AnvilRpc.KeyOf(name);
        await Rpc.SetBalanceAsync(key.Address, BigInteger.Pow(10, 21));
        return key;
    }

    /// <summary>Signs, sends and waits until it is mined; the receipt says whether it succeeded.</summary>
    public async Task<RpcReceipt> SendAsync(EthereumKey key, Address? to, ReadOnlyMemory<byte> data, ulong gasLimit = 10_000_000)
    {
        var nonce = await Rpc.TransactionCountAsync(key.Address, BlockTag.Pending);
        var transaction = new Eip1559Transaction
        {
            ChainId = ChainId,
            Nonce = nonce,
            MaxPriorityFeePerGasWei = FeePolicy.Gwei(1),
            MaxFeePerGasWei = FeePolicy.Gwei(20),
            GasLimit = gasLimit,
            To = to,
            Data = data,
        }.Sign(key);
        await Rpc.SendAsync(transaction);
        return await ReceiptAsync(transaction.Hash);
    }

    /// <summary>Waits until a transaction is mined.</summary>
    public async Task<RpcReceipt> ReceiptAsync(Hash32 hash)
    {
        for (var pause = 5; pause < 10_000; pause *= 2)
        {
            if (await Rpc.ReceiptAsync(hash) is { } receipt) return receipt;
            await Task.Delay(pause);
        }

        throw new TimeoutException($"no receipt of {hash} came");
    }

    public virtual async Task DisposeAsync()
    {
        if (_anvil is not null) await _anvil.DisposeAsync();
        _http?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
