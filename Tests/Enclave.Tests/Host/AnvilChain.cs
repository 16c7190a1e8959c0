using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Pythia.Contracts.DevChain;
using Pythia.Enclave.Host;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;

namespace Pythia.Enclave.Tests.Host;

/// <summary>
/// A real node (anvil) with four contracts whose storage the test writes as it likes: a transaction of [slot 32][value 32][topic 32] stores
/// the value and emits LOG2(1, topic). No Solidity, so that each slot and log is the test's own.
/// </summary>
public sealed class AnvilChain : IAsyncLifetime
{
    // PUSH1 20 CALLDATALOAD PUSH0 CALLDATALOAD SSTORE  PUSH1 40 CALLDATALOAD PUSH1 01 PUSH0 PUSH0 LOG2 STOP
    private const string StoreAndLog = "0x6020355f355560403560015f5fa200";

    private static readonly HttpClient Http = new();

    private Anvil? _anvil;

    public static Address DeviceRegistry { get; } = Address.Parse("0x00000000000000000000000000000000000d0001");

    public static Address ConsentRegistry { get; } = Address.Parse("0x00000000000000000000000000000000000d0002");

    public static Address PolicyRegistry { get; } = Address.Parse("0x00000000000000000000000000000000000d0003");

    public static Address PythiaRegistry { get; } = Address.Parse("0x00000000000000000000000000000000000d0004");

    public static Hash32 CodeHash { get; } = Keccak256.HashData(Hex.Parse(StoreAndLog));

    public Uri Url { get; private set; } = null!;

    public string Genesis { get; private set; } = "";

    private string Sender { get; set; } = "";

    public async Task InitializeAsync()
    {
        var contracts = ContractsFolder.Find();
        await NodeModules.EnsureAsync(contracts, TimeProvider.System);
        _anvil = await Anvil.StartAsync(contracts, new AnvilOptions(), TimeProvider.System);
        Url = _anvil.Address;
        await CallAsync("evm_setAutomine", false);
        Sender = (string)(await CallAsync("eth_accounts"))!.AsArray()[0]!;
        Genesis = (string)(await CallAsync("eth_getBlockByNumber", "0x0", false))!["hash"]!;
        foreach (var contract in (Address[])[DeviceRegistry, ConsentRegistry, PolicyRegistry, PythiaRegistry])
        {
            await CallAsync("anvil_setCode", contract.ToString(), StoreAndLog);
        }

        await MineAsync();
    }

    public async Task DisposeAsync()
    {
        if (_anvil is not null)
        {
            await _anvil.DisposeAsync();
        }
    }

    public EnclaveOptions Options(params Uri[] untrusted) => new()
    {
        Id = "test",
        ChainId = EnclaveOptions.DevelopmentChainId,
        GenesisHash = Genesis,
        Contracts = new Dictionary<string, ContractOptions>(StringComparer.Ordinal)
        {
            [nameof(DeviceRegistry)] = new() { Address = DeviceRegistry.ToString(), CodeHash = CodeHash.ToString() },
            [nameof(ConsentRegistry)] = new() { Address = ConsentRegistry.ToString(), CodeHash = CodeHash.ToString() },
            [nameof(PolicyRegistry)] = new() { Address = PolicyRegistry.ToString(), CodeHash = CodeHash.ToString() },
            [nameof(PythiaRegistry)] = new() { Address = PythiaRegistry.ToString(), CodeHash = CodeHash.ToString() },
        },
        HeadRpc = Url.ToString(),
        UntrustedRpc = untrusted.Length == 0 ? [Url.ToString()] : [.. untrusted.Select(url => url.ToString())],
        PollMilliseconds = 10,
        ReplyMilliseconds = 20_000,
        MinBlockWaitMilliseconds = 300,
        SetAsideSeconds = 1,
    };

    public async Task<JsonNode?> CallAsync(string method, params object[] parameters)
    {
        using var response = await Http.PostAsJsonAsync(Url, new { jsonrpc = "2.0", id = 1, method, @params = parameters });
        var reply = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        return reply["error"] is { } error ? throw new InvalidOperationException($"{method}: {error.ToJsonString()}") : reply["result"];
    }

    /// <summary>Puts a transaction that stores and logs into the next block.</summary>
    public async Task StoreAsync(Address contract, Hash32 slot, Hash32 value, Hash32 topic = default)
    {
        var data = Hex.Format([.. slot.ToArray(), .. value.ToArray(), .. topic.ToArray()]);
        await CallAsync("eth_sendTransaction", new { from = Sender, to = contract.ToString(), data, gas = "0x30000" });
    }

    public async Task<ulong> MineAsync()
    {
        await CallAsync("evm_mine");
        return await BlockNumberAsync();
    }

    public async Task<ulong> BlockNumberAsync()
        => Convert.ToUInt64((string)(await CallAsync("eth_blockNumber"))!, 16);

    /// <summary>Writes a device as DeviceRegistry keeps it.</summary>
    public Task StoreDeviceAsync(Hash32 device, Address owner, byte status, ulong epoch = 0)
    {
        var word = new byte[32];
        Put(word, StorageLayout.Device.Owner, owner.ToArray());
        Put(word, StorageLayout.Device.Status, [status]);
        Put(word, StorageLayout.Device.Epoch, Hash32.FromUInt64(epoch).ToArray().AsSpan(27).ToArray());
        return StoreAsync(DeviceRegistry, SlotMath.OfMapping(device, StorageLayout.Device.MappingSlot), Hash32.FromSpan(word), device);
    }

    /// <summary>Writes a command consent as ConsentRegistry keeps it.</summary>
    public Task StoreCommandConsentAsync(Hash32 device, Address commander, Hash32 scope, byte status, ulong notAfter, ulong epoch = 0)
    {
        var word = new byte[32];
        Put(word, StorageLayout.Consent.Status, [status]);
        Put(word, StorageLayout.Consent.Kind, [2]);
        Put(word, StorageLayout.Consent.NotAfter, Hash32.FromUInt64(notAfter).ToArray().AsSpan(27).ToArray());
        var id = SlotMath.ConsentId(device, epoch, commander, scope);
        return StoreAsync(ConsentRegistry, SlotMath.OfMapping(id, StorageLayout.Consent.MappingSlot), Hash32.FromSpan(word), id);
    }

    private static void Put(byte[] word, StorageMember member, byte[] value) => value.CopyTo(word, 32 - member.Offset - member.Size);
}
