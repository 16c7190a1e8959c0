using Microsoft.Extensions.DependencyInjection;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Enclave;
using Pythia.Enclave.Host;
using Pythia.Ethereum;
using Pythia.Grains;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;
using Pythia.Tests.DevChain;
using Pythia.Tests.Support;

namespace Pythia.Tests.Anvil;

/// <summary>Our contracts on a live anvil, a real enclave, and grains on durable storage.</summary>
public sealed class AnvilMirror : RegistryChain, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly CancellationTokenSource _stopping = new();
    private PythiaEnclave _enclave = null!;
    private Task _following = Task.CompletedTask;
    private EthereumKey _relayKey = null!;
    private EngineHost _host = null!;

    public TestPeople People { get; private set; } = null!;

    /// <summary>The account that pays.</summary>
    public EthereumKey RelayKey => _relayKey;

    public PythiaEnclave Enclave => _enclave;

    public IGrainFactory Grains => _host.Grains;

    public IRelayGrain Lane => Grains.GetGrain<IRelayGrain>(Key(_relayKey.Address));

    public ILedgerGrain Ledger => Grains.GetLedger(ChainId);

    private LedgerContracts Registries => new(Deployment.DeviceRegistry, Deployment.ConsentRegistry, Deployment.PolicyRegistry, Deployment.Relay, Deployment.PythiaRegistry);

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _relayKey = await FundedKeyAsync("relay");
        People = new TestPeople(ChainId, Registries, TimeProvider.System);
        _enclave = new PythiaEnclave(EnclaveOptions(), TimeProvider.System);
        _following = _enclave.RunAsync(_stopping.Token);
        await StartHostAsync();
    }

    public override async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _stopping.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.DisposeAsync();
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _enclave.Dispose();
    }

    public string Key(object id) => GrainKeys.Of(ChainId, id.ToString()!);

    public IDeviceGrain Device(Hash32 id) => Grains.GetGrain<IDeviceGrain>(Key(id));

    public IOwnerGrain Owner(Address owner) => Grains.GetGrain<IOwnerGrain>(Key(owner));

    public IConsentGrain Consent(Hash32 id) => Grains.GetGrain<IConsentGrain>(Key(id));

    public IPolicyGrain Policy(Hash32 id) => Grains.GetGrain<IPolicyGrain>(Key(id));

    public async Task RestartAsync(Action? whileStopped = null)
    {
        await _host.DisposeAsync();
        whileStopped?.Invoke();
        await StartHostAsync();
    }

    public Task<IntentReceipt> SubmitAsync(SignedAct act, EthereumKey key)
    {
        var intent = People.Sign(act, key);
        return act switch
        {
            RegisterBatchAct => Grains.GetGrain<IManufacturerGrain>(Key(act.Signer)).SubmitAsync(intent),
            ClaimAct a => Device(a.DeviceId).SubmitAsync(intent),
            TransferAct a => Device(a.DeviceId).SubmitAsync(intent),
            FreezeAct a => Device(a.DeviceId).SubmitAsync(intent),
            GrantAct a => Consent(a.ConsentId).SubmitAsync(intent),
            AcceptAct a => Consent(a.ConsentId).SubmitAsync(intent),
            PublishAct a => Policy(a.PolicyId).SubmitAsync(intent),
            _ => Owner(act.Signer).SubmitAsync(intent),
        };
    }

    public async Task<IntentView> CarryOutAsync(SignedAct act, EthereumKey key)
    {
        var receipt = await SubmitAsync(act, key);
        Assert.Equal((IntentVerdict.Accepted, ""), (receipt.Verdict, receipt.Detail));
        var view = await UntilAsync(act, IntentStage.Final);
        Assert.Equal((IntentStage.Final, ""), (view.Stage, view.Reason));
        return view;
    }

    public async Task<IntentView> UntilAsync(SignedAct act, IntentStage stage)
    {
        var started = TimeProvider.System.GetTimestamp();
        var intent = Grains.GetGrain<IIntentGrain>(Key(act.Digest(ChainId)));
        var view = await intent.GetAsync();
        while (view.Stage < stage)
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(started) < Patience,
                $"{act.PrimaryType} is {view.Stage}, awaited {stage}; lane: {await Lane.GetAsync()}; follower: {await Ledger.GetAsync()}");
            view = await intent.WaitAsync(view.Version, TimeSpan.FromSeconds(5));
        }

        return view;
    }

    public async Task FollowedAsync()
    {
        var head = (await Rpc.BlockAsync(BlockTag.Latest))!.Number;
        var view = await Ledger.WaitForAsync(head, TimeSpan.FromSeconds(15));
        Assert.True(view.Cursor >= head, $"follower at {view.Cursor}, awaited {head}; {view.Trouble}; enclave: {(await _enclave.HealthAsync()).Trouble}");
    }

    /// <summary>How often the chain says that each act was carried out: counted there, not in our tables.</summary>
    public async Task<IReadOnlyDictionary<Hash32, int>> CarriedOutAsync()
    {
        var topic = RegistryAbi.PolicyRegistry.Events.Single(e => e.Name == "IntentCarriedOut").Topic;
        var logs = await Rpc.LogsAsync(new RpcLogFilter { From = BlockTag.Earliest, To = BlockTag.Latest, Topics = [[topic]] });
        return logs.GroupBy(l => l.Topics[1]).ToDictionary(g => g.Key, g => g.Count());
    }

    private async Task StartHostAsync() => _host = await EngineHost.StartAsync(silo =>
    {
        DurableStorage.Configure(silo, Folder);
        silo.Services.AddSingleton<IEnclave>(_enclave);
        silo.Services.AddSingleton(new LedgerChain
        {
            ChainId = ChainId,
            Contracts = Registries,
            FirstBlock = Deployment.DeployedFromBlock,
            Node = new ChainNode(Rpc),
            Lanes = [new KeyLaneSigner(_relayKey)],
        });
        silo.Services.AddPythiaGrains(options => options.LookAgainSeconds = 1);
    });

    public EnclaveOptions EnclaveOptions(string id = "model") => new()
    {
        Id = id,
        ChainId = ChainId,
        GenesisHash = Deployment.GenesisHash.ToString(),
        Contracts = Deployment.Contracts.ToDictionary(
            c => c.Name, c => new ContractOptions { Address = c.Address.ToString(), CodeHash = c.CodeHash!.Value.ToString() }),
        HeadRpc = Anvil.Address.ToString(),
        UntrustedRpc = [Anvil.Address.ToString()],
        PollMilliseconds = 20,
    };
}
