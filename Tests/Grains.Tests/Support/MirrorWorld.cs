using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.Hosting;
using Pythia.Contracts.Registries;
using Pythia.Enclave;
using Pythia.Ethereum;
using Pythia.Grains;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;
using Pythia.Grains.Storage;
using Pythia.Tests.DevChain;

namespace Pythia.Tests.Support;

/// <summary>A model chain, storage that outlives a host, and a host over both.</summary>
public sealed class MirrorWorld : IAsyncDisposable
{
    public const ulong ChainId = 31_337;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Action<MirrorOptions>? _configure;
    private EngineHost _host = null!;

    private MirrorWorld(Action<MirrorOptions>? configure)
    {
        _configure = configure;
        Lanes = [Lane];
        Registries = new ModelRegistries(Contracts);
        People = new TestPeople(ChainId, Contracts, Time);
    }

    public static LedgerContracts Contracts { get; } = new(AddressOf(0xd1), AddressOf(0xc1), AddressOf(0xb1), AddressOf(0xa1), AddressOf(0xe1));

    public ModelChain Chain { get; } = new(ChainId);

    public ModelRegistries Registries { get; }

    public TestStorage Storage { get; } = new(new PythiaStateSerializer());

    public ShiftedTime Time { get; } = new();

    public TestPeople People { get; }

    public KeyLaneSigner Lane { get; } = new(TestPeople.Key(99));

    /// <summary>The accounts that are configured from the next start on.</summary>
    public IReadOnlyList<KeyLaneSigner> Lanes { get; set; } = [];

    /// <summary>An enclave that is asked before the chain's own, from the next start on.</summary>
    public IEnclave? First { get; set; }

    public IGrainFactory Grains => _host.Grains;

    public IServiceProvider Services => _host.Services;

    public IRelayGrain Relay => RelayOf(Lane);

    public IRelayGrain RelayOf(KeyLaneSigner lane) => Grains.GetGrain<IRelayGrain>(Key(lane.Account));

    public ILedgerGrain Ledger => Grains.GetLedger(ChainId);

    /// <param name="configure">Options that differ.</param>
    /// <param name="lanes">How many accounts pay.</param>
    public static async Task<MirrorWorld> StartAsync(Action<MirrorOptions>? configure = null, int lanes = 1)
    {
        var world = new MirrorWorld(configure);
        world.Lanes = [world.Lane, .. Enumerable.Range(1, lanes - 1).Select(i => new KeyLaneSigner(TestPeople.Key((byte)(99 + i))))];
        await world.StartHostAsync();
        return world;
    }

    public static string Key(object id) => GrainKeys.Of(ChainId, id.ToString()!);

    /// <summary>Ends the silo and starts another on the same storage and chain.</summary>
    public async Task RestartAsync()
    {
        await StopHostAsync();
        await StartHostAsync();
    }

    public async Task StopHostAsync() => await _host.DisposeAsync();

    public async Task StartHostAsync() => _host = await EngineHost.StartAsync(silo =>
    {
        silo.UseInMemoryReminderService();
        silo.Services.AddGrainStorage(GrainStorage.Name, (_, _) => Storage);
        silo.Services.AddSingleton<TimeProvider>(Time);
        if (First is { } first) silo.Services.AddSingleton(first);
        silo.Services.AddSingleton<IEnclave>(Chain);
        silo.Services.AddSingleton(new LedgerChain { ChainId = ChainId, Contracts = Contracts, FirstBlock = 1, Node = Chain, Lanes = [.. Lanes] });
        silo.Services.AddPythiaGrains(options =>
        {
            options.LookAgainSeconds = 1;
            _configure?.Invoke(options);
        });
    });

    public IDeviceGrain Device(TestDevice device) => Grains.GetGrain<IDeviceGrain>(Key(device.Id));

    public IOwnerGrain Owner(Address owner) => Grains.GetGrain<IOwnerGrain>(Key(owner));

    public IConsentGrain Consent(Hash32 id) => Grains.GetGrain<IConsentGrain>(Key(id));

    public IPolicyGrain Policy(Hash32 id) => Grains.GetGrain<IPolicyGrain>(Key(id));

    public IManufacturerGrain Manufacturer => Grains.GetGrain<IManufacturerGrain>(Key(People.Manufacturer.Address));

    public IIntentGrain Intent(SignedAct act) => Grains.GetGrain<IIntentGrain>(Key(act.Digest(ChainId)));

    /// <summary>Signs the act, tells the model chain what it does, and hands it to its subject.</summary>
    public Task<IntentReceipt> SubmitAsync(SignedAct act, Contracts.Keys.EthereumKey key)
    {
        var intent = Prepare(act, key);
        return act switch
        {
            RegisterBatchAct => Manufacturer.SubmitAsync(intent),
            ClaimAct a => SubmitToDevice(a.DeviceId, intent),
            TransferAct a => SubmitToDevice(a.DeviceId, intent),
            FreezeAct a => SubmitToDevice(a.DeviceId, intent),
            UnfreezeAct a => SubmitToDevice(a.DeviceId, intent),
            RetireAct a => SubmitToDevice(a.DeviceId, intent),
            EndConsentsAct a => SubmitToDevice(a.DeviceId, intent),
            GrantAct a => Consent(a.ConsentId).SubmitAsync(intent),
            AcceptAct a => Consent(a.ConsentId).SubmitAsync(intent),
            PublishAct a => Policy(a.PolicyId).SubmitAsync(intent),
            DeprecateAct a => Policy(a.PolicyId).SubmitAsync(intent),
            _ => Owner(act.Signer).SubmitAsync(intent),
        };
    }

    public SignedIntent Prepare(SignedAct act, Contracts.Keys.EthereumKey key)
    {
        var intent = People.Sign(act, key);
        string KeyOf(System.Numerics.BigInteger nonce) => $"{act.Contract}/{act.Signer}/{nonce}";
        var after = KeyedNonce.Split(act.Nonce).Sequence > 0 ? KeyOf(act.Nonce - 1) : null;
        Chain.Expect(CallOf(act, intent), new ModelAct(KeyOf(act.Nonce), act.DeadlineUnixSeconds, () => Registries.CarryOut(act, ChainId), after));
        return intent;
    }

    public static byte[] CallOf(SignedAct act, SignedIntent intent) => act.EncodeSignedCall(intent.Signature.AsSpan());

    /// <summary>Submits and waits until it is mined.</summary>
    public async Task<IntentView> CarryOutAsync(SignedAct act, Contracts.Keys.EthereumKey key)
    {
        var receipt = await SubmitAsync(act, key);
        Assert.Equal((IntentVerdict.Accepted, ""), (receipt.Verdict, receipt.Detail));
        return await UntilAsync(act, IntentStage.Mined);
    }

    /// <summary>Waits by long polls until the intent is at this stage or beyond.</summary>
    public async Task<IntentView> UntilAsync(SignedAct act, IntentStage stage)
    {
        var started = TimeProvider.System.GetTimestamp();
        var view = await Intent(act).GetAsync();
        while (view.Stage < stage)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"{act.PrimaryType} is {view.Stage}, awaited {stage}; lane: {await Relay.GetAsync()}; follower: {await Ledger.GetAsync()}");
            view = await Intent(act).WaitAsync(view.Version, TimeSpan.FromSeconds(2));
        }

        return view;
    }

    /// <summary>Waits until the follower has delivered the chain's newest block.</summary>
    public async Task FollowedAsync()
    {
        var head = Chain.Head;
        var view = await Ledger.WaitForAsync(head, TimeSpan.FromSeconds(15));
        Assert.True(view.Cursor >= head, $"follower at {view.Cursor}, awaited {head}; {view.Trouble}");
    }

    /// <summary>A batch of one device, registered and claimed.</summary>
    public async Task<TestDevice> ClaimedDeviceAsync(Contracts.Keys.EthereumKey owner)
    {
        var device = People.NewDevice();
        var batch = new DeviceBatch([device.InBatch]);
        await CarryOutAsync(People.Register(batch), People.Manufacturer);
        await CarryOutAsync(People.Claim(device, batch, owner), owner);
        return device;
    }

    public async ValueTask DisposeAsync() => await _host.DisposeAsync();

    private Task<IntentReceipt> SubmitToDevice(Hash32 deviceId, SignedIntent intent)
        => Grains.GetGrain<IDeviceGrain>(Key(deviceId)).SubmitAsync(intent);

    private static Address AddressOf(byte last)
    {
        var bytes = new byte[Address.Size];
        bytes[0] = 0x77;
        bytes[^1] = last;
        return Address.FromSpan(bytes);
    }
}

/// <summary>The system's time, moved on by as much as a test says; timers run as they do.</summary>
public sealed class ShiftedTime : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift;
}
