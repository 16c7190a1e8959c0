using System.Numerics;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Contracts.Transactions;
using Pythia.Enclave.Host;
using Pythia.Ethereum;
using Pythia.Silo.Commands;
using Pythia.Silo.Options;

namespace Pythia.Silo.Hosting;

/// <summary>
/// A chain with our contracts on it: 1. npm parts by lock file and compiled contracts, 2. our own anvil or the configured nodes, 3. contracts
/// that are there already or are put there once.
/// </summary>
public sealed class ChainAccess : IAsyncDisposable
{
    /// <summary>A thousand ether for each account of the development chain.</summary>
    private static readonly BigInteger DevelopmentBalanceWei = BigInteger.Pow(10, 21);

    private static readonly FeePolicy Fees = new();

    private readonly Anvil? _anvil;
    private readonly HttpClient _http;

    private ChainAccess(Anvil? anvil, HttpClient http, IReadOnlyList<Uri> nodes, JsonRpcClient rpc, IReadOnlyList<EthereumKey> relayKeys, DeploymentManifest contracts)
        => (_anvil, _http, Nodes, Rpc, RelayKeys, Contracts) = (anvil, http, nodes, rpc, relayKeys, contracts);

    /// <summary>Where the chain is read and written; untrusted.</summary>
    public IReadOnlyList<Uri> Nodes { get; }

    public JsonRpcClient Rpc { get; }

    /// <summary>The accounts that pay, at least one; a lane each.</summary>
    public IReadOnlyList<EthereumKey> RelayKeys { get; }

    public DeploymentManifest Contracts { get; }

    /// <summary>Completes when our own chain has ended, asked or not; never for others' nodes.</summary>
    public Task Ended => _anvil?.Exited ?? Task.Delay(Timeout.Infinite, CancellationToken.None);

    /// <summary>Opens the chain of the settings.</summary>
    /// <param name="deploy">Put the contracts on the configured nodes' chain if they are not there; our own chain gets them anyway.</param>
    /// <param name="waits">Wait as long as no configured node can be reached, with health pages at their addresses; else that is a failure.</param>
    /// <exception cref="StartException">Node.js, npm, the compiler, a node or the manifest fails; the message says which.</exception>
    public static async Task<ChainAccess> OpenAsync(
        SiloSettings settings, DataFolder folder, Progress progress, CancellationToken cancellationToken, bool deploy = false, bool waits = false)
    {
        try
        {
            return settings.OwnChain
                ? await OpenOwnAsync(settings, folder, progress, cancellationToken)
                : await OpenNodesAsync(settings, folder, progress, deploy, waits, cancellationToken);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or IOException or RpcException or RpcUnavailableException
            && e is not ObjectDisposedException)
        {
            throw new StartException(e.Message, e);
        }
    }

    public IEnumerable<string> Describe()
    {
        yield return $"Chain {Contracts.ChainId} at {string.Join(", ", Nodes)}";
        foreach (var contract in Contracts.Contracts) yield return $"  {contract.Name,-16} {contract.Address}";
    }

    /// <summary>Sends transactions of an account of its own, without the mirror.</summary>
    public DirectSender SenderOf(EthereumKey key) => new(Rpc, key, Contracts.ChainId, Fees, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        Clear(RelayKeys);
        if (_anvil is not null) await _anvil.DisposeAsync();
        _http.Dispose();
    }

    private static async Task<ChainAccess> OpenOwnAsync(SiloSettings settings, DataFolder folder, Progress progress, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;

        // 1. parts
        var contracts = ContractsFolder.Find();
        await PrepareContractsAsync(contracts, progress, cancellationToken);

        // 2. chain
        var options = new AnvilOptions { StateFile = folder.PathOf("chain.json"), BlockTimeMs = settings.Chain.BlockMilliseconds, ChainId = (long)settings.Chain.Id };
        var anvil = await progress.RunAsync("starting the development chain (anvil)", () => Anvil.StartAsync(contracts, options, time, cancellationToken));
        var http = JsonRpcHttp.Create();
        IReadOnlyList<EthereumKey> relay = [];
        try
        {
            relay = settings.Relay.Named().Count > 0 ? Pythia.Silo.Keys.RelayKeys.Open(settings.Relay) : [AnvilRpc.KeyOf("relay")];
            var rpc = Connect(http, [anvil.Address]);
            var deployer = AnvilRpc.KeyOf("deployer");
            foreach (var account in relay.Append(deployer).Append(AnvilRpc.KeyOf("bystander"))) await rpc.SetBalanceAsync(account.Address, DevelopmentBalanceWei, cancellationToken);

            // 3. contracts
            var manifest = await DeployAsync(rpc, contracts, deployer, EndorsersOf(settings.Chain, deployer), ManifestPath(settings, folder), progress, cancellationToken);
            return new(anvil, http, [anvil.Address], rpc, relay, manifest);
        }
        catch
        {
            Clear(relay);
            http.Dispose();
            await anvil.DisposeAsync();
            throw;
        }
    }

    private static async Task<ChainAccess> OpenNodesAsync(
        SiloSettings settings, DataFolder folder, Progress progress, bool deploy, bool waits, CancellationToken cancellationToken)
    {
        var nodes = settings.Chain.Rpc.Select(url => new Uri(url)).ToList();
        var http = JsonRpcHttp.Create();
        IReadOnlyList<EthereumKey> relay = [];
        try
        {
            // A wrong password needs no node to be told.
            relay = Pythia.Silo.Keys.RelayKeys.Open(settings.Relay);
            var rpc = Connect(http, nodes);
            var found = waits
                ? await new NodeWait(settings, rpc, progress, TimeProvider.System).AskChainIdAsync(cancellationToken)
                : await rpc.ChainIdAsync(cancellationToken);
            if (found != settings.Chain.Id) throw new StartException($"Chain:Id: chain {found} found at {nodes[0]}, {settings.Chain.Id} expected");

            var path = ManifestPath(settings, folder);
            var manifest = deploy ? await DeployCompiledAsync(rpc, relay[0], settings.Chain, path, progress, cancellationToken) : LoadManifest(path, found);
            return new(null, http, nodes, rpc, relay, manifest);
        }
        catch
        {
            Clear(relay);
            http.Dispose();
            throw;
        }
    }

    private static async Task<DeploymentManifest> DeployCompiledAsync(
        JsonRpcClient rpc, EthereumKey key, ChainOptions chain, string path, Progress progress, CancellationToken cancellationToken)
    {
        var endorsers = EndorsersOf(chain, key);
        var contracts = ContractsFolder.Find();
        await PrepareContractsAsync(contracts, progress, cancellationToken);
        return await DeployAsync(rpc, contracts, key, endorsers, path, progress, cancellationToken);
    }

    // Who pays gas must not come to stand for enclaves because nobody was named.
    private static RegistryEndorsers EndorsersOf(ChainOptions chain, EthereumKey deployer)
    {
        if (chain.Endorsers.Count == 0 && chain.Id != EnclaveOptions.DevelopmentChainId)
            throw new StartException("Chain:Endorsers: nothing found, the addresses of those expected who stand for enclaves at PythiaRegistry");

        try
        {
            return chain.Endorsers.Count == 0
                ? RegistryEndorsers.Of([deployer.Address], 1)
                : RegistryEndorsers.Of(chain.Endorsers.Select(Address.Parse), chain.EndorserThreshold);
        }
        catch (ArgumentException e)
        {
            throw new StartException($"Chain:Endorsers, Chain:EndorserThreshold: {e.Message}", e);
        }
    }

    private static DeploymentManifest LoadManifest(string path, ulong chainId)
    {
        var manifest = DeploymentManifest.Load(path) ?? throw new StartException($"Chain:Manifest: no file {path} found; the command deploy writes it");
        return manifest.ChainId == chainId ? manifest : throw new StartException($"{path}: chain {manifest.ChainId} found, {chainId} expected");
    }

    // A container has the compiler's output and neither sources nor Node.js.
    private static async Task PrepareContractsAsync(ContractsFolder contracts, Progress progress, CancellationToken cancellationToken)
    {
        if (!File.Exists(contracts.Combine("tools", "compile.mjs"))) return;

        var time = TimeProvider.System;
        await progress.RunAsync("installing npm parts by lock file", () => NodeModules.EnsureAsync(contracts, time, progress.Lines(), cancellationToken));
        await progress.RunAsync("compiling contracts where they changed", () => ContractCompiler.EnsureAsync(contracts, time, progress.Lines(), cancellationToken));
    }

    private static Task<DeploymentManifest> DeployAsync(
        JsonRpcClient rpc, ContractsFolder contracts, EthereumKey deployer, RegistryEndorsers endorsers, string manifestPath, Progress progress, CancellationToken cancellationToken)
        => progress.RunAsync("putting contracts on the chain where they are not", () =>
            new ContractDeployment(rpc, contracts, deployer, Fees, TimeProvider.System, endorsers).EnsureAsync(manifestPath, progress.Lines(), cancellationToken));

    private static void Clear(IEnumerable<EthereumKey> keys)
    {
        foreach (var key in keys) key.Dispose();
    }

    private static JsonRpcClient Connect(HttpClient http, IEnumerable<Uri> nodes) => new(http, new JsonRpcOptions { Nodes = [.. nodes] }, TimeProvider.System);

    private static string ManifestPath(SiloSettings settings, DataFolder folder)
        => string.IsNullOrEmpty(settings.Chain.Manifest) ? folder.PathOf("contracts.json") : Path.GetFullPath(settings.Chain.Manifest);
}
