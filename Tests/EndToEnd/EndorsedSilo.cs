using System.Numerics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Contracts.Transactions;
using Pythia.Enclave;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Host;
using Pythia.Enclave.Hosting;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Ethereum;
using Pythia.Grains;
using Pythia.Grains.Pythia;
using Pythia.Grains.Registry;
using Pythia.Silo.Endorsing;
using Pythia.Silo.Hosting;
using Pythia.Silo.Options;
using Pythia.Tests.DevChain;

namespace Pythia.EndToEnd;

/// <summary>A whole silo on a chain of its own whose registry has three endorsers, of whom two are needed; measurement and configuration stand.</summary>
public sealed class EndorsedSilo : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private DataFolder _data = null!;
    private ChainAccess _chain = null!;
    private SiloSettings _settings = null!;

    internal PythiaProgram Program { get; private set; } = null!;

    /// <summary>The enclave's own clock: it can be put forward.</summary>
    internal ShiftedTime EnclaveTime { get; } = new();

    public static IReadOnlyList<EthereumKey> Endorsers { get; } = [.. RegistryChain.EndorserKeys.Take(3)];

    public ulong ChainId => _chain.Contracts.ChainId;

    public Address Registry => _chain.Contracts.PythiaRegistry;

    internal PythiaRegistryReader Reader => new(_chain.Rpc, Registry);

    internal IGrainFactory Grains => Program.Services.GetRequiredService<IGrainFactory>();

    internal IEnclave Enclave => Program.Services.GetRequiredService<IEnclave>();

    internal IReadOnlyList<string> CommandSettings { get; private set; } = [];

    public async Task InitializeAsync()
    {
        if (!string.IsNullOrEmpty(InOneProcess.Skip)) return;

        var values = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Data:Folder"] = _folder.PathOf("data"),
            ["Chain:EndorserThreshold"] = "2",
            ["Gateway:RequestsPerSecond"] = "10000",
            ["Gateway:RequestBurst"] = "10000",
            ["Passport:QuotesPerMinute"] = "6000",
        };
        for (var i = 0; i < Endorsers.Count; i++) values[$"Chain:Endorsers:{i}"] = Endorsers[i].Address.ToString();
        _settings = SiloSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        _data = DataFolder.Take(_settings.Data.Folder);
        _chain = await ChainAccess.OpenAsync(_settings, _data, Progress.OnStandardError(), CancellationToken.None);
        foreach (var endorser in Endorsers) await _chain.Rpc.SetBalanceAsync(endorser.Address, BigInteger.Pow(10, 20));
        using var payer = AnvilRpc.KeyOf("bystander");
        var secret = new byte[EthereumKey.PrivateKeySize];
        payer.ExportPrivateKey(secret);
        CommandSettings =
        [
            "--set", $"Chain:Rpc:0={_chain.Nodes[0]}", "--set", $"Chain:Manifest={_data.PathOf("contracts.json")}", "--set", $"Relay:Key={Hex.Format(secret)}",
        ];
        await StartAsync();

        var claims = await ClaimsAsync();
        await EndorseAsync(new EndorseMeasurementAct(Registry, Deadline, Hash32.FromSpan(claims.Measurement.AsSpan()), 1));
        await FollowedAsync(await EndorseAsync(new EndorseConfigurationAct(Registry, Deadline, Hash32.FromSpan(claims.ConfigurationHash.AsSpan()), 1)));
    }

    public async Task DisposeAsync()
    {
        if (_chain is not null)
        {
            await Program.DisposeAsync();
            await _chain.DisposeAsync();
            _data.Dispose();
        }
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The silo stops and starts on the same folder: its enclave's keys are others then.</summary>
    public async Task RestartAsync()
    {
        await Program.DisposeAsync();
        await StartAsync();
    }

    /// <summary>An endorser with a policy of its own.</summary>
    /// <param name="index">Which.</param>
    /// <param name="operatorName">Who runs these platforms, as it has it.</param>
    /// <param name="way">What stands between it and the gateway; null for nothing.</param>
    /// <param name="change">Of its policy.</param>
    /// <param name="node">What stands between it and its node.</param>
    internal RegistrationEndorser EndorserOf(
        int index, string operatorName, HttpMessageHandler? way = null, Func<PassportPolicy, PassportPolicy>? change = null, Func<IJsonRpc, IJsonRpc>? node = null)
    {
        var policy = PolicyOf(operatorName);
        var http = new HttpClient(way ?? new SocketsHttpHandler()) { BaseAddress = Program.Url };
        var chain = new EndorserChain(node?.Invoke(_chain.Rpc) ?? _chain.Rpc, _chain.Contracts, Endorsers[index], TimeProvider.System);
        return new RegistrationEndorser(
            new EndorserGateway(http, ChainId), chain, Endorsers[index], TermsOf(change?.Invoke(policy) ?? policy), isPatient: true, TimeProvider.System);
    }

    internal static EndorserTerms TermsOf(PassportPolicy policy) => new(policy, TimeSpan.FromDays(2), TimeSpan.FromHours(24));

    internal PassportPolicy PolicyOf(string operatorName) => new()
    {
        Quote = QuotePolicy.Strict with { Trust = QuoteTrust.Of(Program.Services.GetRequiredService<AttestationSetup>().Platform!.RootKey) },
        OperatorOfOthers = operatorName,
        DevelopmentAnchorAllowed = true,
    };

    /// <summary>A gateway's reply to an endorser that is none.</summary>
    internal HttpClient Http() => new() { BaseAddress = Program.Url };

    internal async Task<byte[]> EvidenceAsync()
    {
        using var http = Http();
        return await http.GetByteArrayAsync($"/pythia/{ChainId}/evidence?nonce={new string('1', 16)}");
    }

    internal async Task<Enclave.Verifier.Passports.Passport> ClaimsAsync()
    {
        var evidence = await EvidenceAsync();
        var look = EnclaveLook.At(evidence, TermsOf(PolicyOf("whoever")), TimeSpan.FromDays(1), TimeProvider.System.GetUtcNow());
        return look.Claims ?? throw new InvalidOperationException(string.Join("; ", look.Reasons));
    }

    internal async Task<Hash32> KeyIdAsync() => Es256Key.ComputeFingerprint((await Enclave.IdentifyAsync()).SigningKey.Span);

    internal async Task<ulong> EndorseAsync(EndorsedAct act)
    {
        var digest = act.Digest(ChainId);
        return await SendAsync(act.EncodeCall(Enumerable.Range(0, 2).Select(i => new Endorsement((byte)i, [.. Endorsers[i].Sign(digest).ToArray()]))));
    }

    internal async Task<ulong> SendAsync(byte[] call)
    {
        using var payer = AnvilRpc.KeyOf("bystander");
        var receipt = await new DirectSender(_chain.Rpc, payer, ChainId, new FeePolicy(), TimeProvider.System).SendAsync(Registry, call);
        return receipt.Succeeded ? receipt.BlockNumber : throw new InvalidOperationException("the call was refused");
    }

    /// <summary>Completes when the grains have heard of a block.</summary>
    internal async Task FollowedAsync(ulong block)
    {
        var view = await Grains.GetLedger(ChainId).GetAsync();
        while (view.Cursor < block) view = await Grains.GetLedger(ChainId).WaitForAsync(block, TimeSpan.FromSeconds(10));
    }

    internal async Task<EnclaveKeyView> ViewAsync(Hash32 keyId) => await Grains.GetGrain<IEnclaveKeyGrain>(GrainKeys.Of(ChainId, keyId.ToString())).GetAsync();

    internal static ulong Deadline => (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 3_600;

    private async Task StartAsync()
        => Program = await PythiaProgram.StartAsync(_settings, _chain, _data, Progress.OnStandardError(), CancellationToken.None, configure: services =>
            services.AddSingleton(provider => new EnclaveFleet(
                provider.GetRequiredService<IOptions<EnclaveOptions>>(),
                provider.GetRequiredService<IOptions<EnclaveProcessOptions>>(),
                EnclaveTime,
                provider.GetRequiredService<ILoggerFactory>(),
                provider.GetService<IAttester>())));
}

/// <summary>The system's clock, whose timestamps can be put forward; timers go as they do.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _shift;

    public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _shift);

    public void Advance(TimeSpan span) => Interlocked.Add(ref _shift, (long)(span.TotalSeconds * TimestampFrequency));
}
