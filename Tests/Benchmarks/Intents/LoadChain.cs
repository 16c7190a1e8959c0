using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Storage;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Embedded;
using Pythia.Enclave;
using Pythia.Enclave.Host;
using Pythia.Grains;
using Pythia.Grains.Mirror;
using Pythia.Grains.Storage;
using Pythia.Tests.DevChain;

namespace Pythia.Benchmarks.Intents;

/// <summary>Our contracts on an anvil that mines each second, a real enclave, and a silo on durable storage: what an intent meets in earnest.</summary>
internal sealed class LoadChain(int lanes) : RegistryChain, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private PythiaEnclave? _enclave;
    private Task _following = Task.CompletedTask;
    private IHost? _host;

    public IGrainFactory Grains => BenchmarkHost.Grains(_host!);

    public WorkCounts Counts { get; } = new();

    // Contracts are deployed before blocks take a second each.
    protected override AnvilOptions Options => new() { GasLimit = 10_000_000_000 };

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        var keys = new List<EthereumKey>();
        for (var i = 0; i < lanes; i++) keys.Add(await FundedKeyAsync($"lane {i}"));
        await Rpc.CallAsync(new("evm_setAutomine", false));
        await Rpc.CallAsync(new("evm_setIntervalMining", RpcRequest.Number(1)));

        _enclave = new PythiaEnclave(EnclaveSettings(), TimeProvider.System);
        _following = _enclave.RunAsync(_stopping.Token);
        var chain = new LedgerChain
        {
            ChainId = ChainId,
            Contracts = new(Deployment.DeviceRegistry, Deployment.ConsentRegistry, Deployment.PolicyRegistry, Deployment.Relay, Deployment.PythiaRegistry),
            FirstBlock = Deployment.DeployedFromBlock,
            Node = new ChainNode(new CountingRpc(NewClient(), Counts)),
            Lanes = [.. keys.Select(k => new KeyLaneSigner(k))],
        };
        _host = await BenchmarkHost.StartAsync(
            silo =>
            {
                silo.AddSqliteGrainStorage(GrainStorage.Name, o => o.Path = Path.Combine(Folder, "grains.db"));
                silo.UseSqliteReminderService(o => o.Path = Path.Combine(Folder, "reminders.db"));
                silo.Services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
                silo.Services.AddSingleton<IEnclave>(_enclave);
                silo.Services.AddSingleton(chain);
                silo.Services.AddPythiaGrains(o => o.BatchesUnderWay = 16);
                silo.Services.AddKeyedSingleton<IGrainStorageSerializer>(GrainStorage.Name, new CountingSerializer(Counts));
            },
            CancellationToken.None);
    }

    public override async Task DisposeAsync()
    {
        if (_host is not null) await _host.StopAsync();
        _host?.Dispose();
        await _stopping.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.DisposeAsync();
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _enclave?.Dispose();
    }

    public string Key(object id) => GrainKeys.Of(ChainId, id.ToString()!);

    private EnclaveOptions EnclaveSettings() => new()
    {
        Id = "benchmark",
        ChainId = ChainId,
        GenesisHash = Deployment.GenesisHash.ToString(),
        Contracts = Deployment.Contracts.ToDictionary(
            c => c.Name, c => new ContractOptions { Address = c.Address.ToString(), CodeHash = c.CodeHash!.Value.ToString() }),
        HeadRpc = Anvil.Address.ToString(),
        UntrustedRpc = [Anvil.Address.ToString()],
        PollMilliseconds = 100,
    };
}
