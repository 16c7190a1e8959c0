using System.Text.Json;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Transactions;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>Deploys our contracts once, and checks on every later start that they still stand as they were deployed.</summary>
/// <remarks>
/// 1. The manifest is written with the addresses, which follow from the deployer's next nonces, before anything is sent.
/// 2. What has no code yet is deployed, in order; a contract that stands is left alone.
/// 3. Code on the chain is compared with the compiled code (immutable values aside) and with the manifest's hash.
/// PythiaRegistry's endorsers are those given; none given: the deployer alone, which is for development.
/// So an interrupted start goes on where it was, and nothing is deployed twice.
/// </remarks>
public sealed class ContractDeployment(
    IJsonRpc rpc, ContractsFolder contracts, EthereumKey deployer, FeePolicy fees, TimeProvider time, RegistryEndorsers? endorsers = null)
{
    private const ulong DeploymentGas = 8_000_000;

    /// <summary>In the order of deployment: a contract knows the addresses of those before it.</summary>
    private static readonly string[] Names = ["DeviceRegistry", "PolicyRegistry", "ConsentRegistry", "Relay", "ProvenFacts", "PythiaRegistry"];

    private readonly RegistryEndorsers _endorsers = endorsers ?? RegistryEndorsers.Of([deployer.Address], 1);

    /// <summary>Brings chain and manifest to stand as compiled.</summary>
    /// <param name="manifestPath">The file that remembers it.</param>
    /// <param name="progress">Gets a line for each contract that is deployed.</param>
    /// <exception cref="InvalidOperationException">The chain or the code is another than the manifest's. The message names both.</exception>
    public async Task<DeploymentManifest> EnsureAsync(string manifestPath, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        var chainId = await rpc.ChainIdAsync(cancellationToken);
        var genesis = await rpc.BlockAsync(BlockTag.Number(0), cancellationToken)
            ?? throw new RpcUnavailableException("that answered", "no block 0 found, one expected");
        var manifest = DeploymentManifest.Load(manifestPath);
        if (manifest is null)
        {
            manifest = await PlanAsync(chainId, genesis.Hash, cancellationToken);
            manifest.Save(manifestPath); // 1.
        }

        if (manifest.ChainId != chainId || manifest.GenesisHash != genesis.Hash)
        {
            throw new InvalidOperationException(
                $"{manifestPath}: chain {chainId} with genesis {genesis.Hash} found, chain {manifest.ChainId} with genesis {manifest.GenesisHash} expected");
        }

        var standing = new List<DeployedContract>();
        for (var i = 0; i < Names.Length; i++) standing.Add(await EnsureAsync(manifest, i, progress, cancellationToken));

        var done = manifest with { Contracts = standing };
        if (!manifest.Contracts.SequenceEqual(standing)) done.Save(manifestPath);
        return done;
    }

    private async Task<DeploymentManifest> PlanAsync(ulong chainId, Hash32 genesisHash, CancellationToken cancellationToken)
    {
        var nonce = await rpc.TransactionCountAsync(deployer.Address, BlockTag.Latest, cancellationToken);
        var planned = Names.Select((name, i) => new DeployedContract(name, Address.OfCreatedContract(deployer.Address, nonce + (ulong)i), null));
        var block = await rpc.BlockNumberAsync(cancellationToken);
        return new DeploymentManifest(chainId, genesisHash, deployer.Address, nonce, block, [.. planned]);
    }

    private async Task<DeployedContract> EnsureAsync(DeploymentManifest manifest, int index, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var planned = manifest.Contracts.FirstOrDefault(c => c.Name == Names[index])
            ?? throw new InvalidOperationException($"contract {Names[index]} not found in the manifest, expected among {string.Join(", ", Names)}");
        var artifact = ContractArtifact.Load(contracts, planned.Name);
        var code = await rpc.CodeAsync(planned.Address, BlockTag.Latest, cancellationToken);
        if (code.Length == 0 && planned.CodeHash is null)
        {
            code = await DeployAsync(manifest, index, artifact, progress, cancellationToken); // 2.
        }

        var codeHash = Keccak256.HashData(code); // 3.
        if (planned.CodeHash is { } expected && codeHash != expected)
            throw new InvalidOperationException($"{planned.Name} at {planned.Address}: code hash {codeHash} found, {expected} of the manifest expected");

        if (!IsCompiledCode(artifact, code))
            throw new InvalidOperationException($"{planned.Name} at {planned.Address}: code found that is not the compiled contract's; contracts never change, so start on a new data folder");

        return planned with { CodeHash = codeHash };
    }

    private async Task<byte[]> DeployAsync(
        DeploymentManifest manifest, int index, ContractArtifact artifact, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var planned = manifest.Contracts[index];
        var nonce = await rpc.TransactionCountAsync(deployer.Address, BlockTag.Pending, cancellationToken);
        if (manifest.Deployer != deployer.Address || nonce != manifest.FirstNonce + (ulong)index)
        {
            throw new InvalidOperationException(
                $"{planned.Name}: deployer {deployer.Address} at nonce {nonce} found, {manifest.Deployer} at nonce {manifest.FirstNonce + (ulong)index} expected");
        }

        var data = planned.Name switch
        {
            "ConsentRegistry" => artifact.EncodeDeployment(manifest.DeviceRegistry, manifest.PolicyRegistry),
            "ProvenFacts" => artifact.EncodeDeployment(manifest.DeviceRegistry, manifest.ConsentRegistry, manifest.PolicyRegistry),
            "PythiaRegistry" => artifact.EncodeDeployment(_endorsers.Members.Select(member => (object)member).ToArray(), _endorsers.Threshold, manifest.ProvenFacts),
            _ => artifact.EncodeDeployment(),
        };
        var sender = new DirectSender(rpc, deployer, manifest.ChainId, fees, time);
        var receipt = await sender.SendAsync(to: null, data, gasLimit: DeploymentGas, cancellationToken: cancellationToken);
        if (!receipt.Succeeded || receipt.ContractAddress != planned.Address)
            throw new InvalidOperationException($"{planned.Name}: deployment in {receipt.TransactionHash} gave {receipt.ContractAddress?.ToString() ?? "nothing"}, {planned.Address} expected");

        progress?.Report($"deployed {planned.Name} at {planned.Address}, {receipt.GasUsed} gas, block {receipt.BlockNumber}");
        return await rpc.CodeAsync(planned.Address, BlockTag.Latest, cancellationToken);
    }

    /// <summary>Whether the account's code is the compiled one; immutable values were filled in at the deployment and aren't compared.</summary>
    private static bool IsCompiledCode(ContractArtifact artifact, ReadOnlySpan<byte> code)
    {
        if (code.Length != artifact.DeployedBytecode.Length) return false;

        var masked = code.ToArray();
        foreach (var immutable in artifact.Json.GetProperty("immutableReferences").EnumerateObject())
        {
            foreach (var place in immutable.Value.EnumerateArray()) Place(masked, place).Clear();
        }

        return masked.AsSpan().SequenceEqual(artifact.DeployedBytecode.Span);
    }

    private static Span<byte> Place(byte[] code, JsonElement place)
        => code.AsSpan(place.GetProperty("start").GetInt32(), place.GetProperty("length").GetInt32());
}
