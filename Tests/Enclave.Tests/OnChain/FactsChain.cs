using System.Text;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Registries;
using Pythia.Enclave.Tests.Proofs;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Pythia.Tests.DevChain;

namespace Pythia.Enclave.Tests.OnChain;

/// <summary>What the contract ProvenFacts said: values, or the name of the error that it gave.</summary>
internal sealed record Said(string? Error, bool Included, byte[] Value);

/// <summary>The contract ProvenFacts on a live anvil, as it is shipped, over the contracts of <see cref="TestChain"/>.</summary>
public sealed class FactsChain : AnvilFixture
{
    private Address _facts;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await ContractCompiler.EnsureAsync(Contracts, TimeProvider.System);

        // The code of each account is its name, whose hash the configuration has.
        foreach (var contract in TestChain.Configured)
            await Rpc.CallAsync(new RpcRequest("anvil_setCode", contract.Address, Hex.Format(Encoding.UTF8.GetBytes(contract.Name))));

        object?[] registries = [At(ContractRole.DeviceRegistry), At(ContractRole.ConsentRegistry), At(ContractRole.PolicyRegistry)];
        var receipt = await SendAsync(await FundedKeyAsync("deployer"), to: null, ContractArtifact.Load(Contracts, "ProvenFacts").EncodeDeployment(registries));
        _facts = receipt.ContractAddress ?? throw new InvalidOperationException("ProvenFacts was not deployed");
    }

    internal async Task<Said> ValueAtAsync(Hash32 root, Hash32 path, byte[][] nodes)
    {
        var (error, values) = await CallAsync("valueAt", root, path, nodes.ToArray<object>());
        return values is { } found ? new Said(null, found.Bool(0), found.Bytes(1)) : new Said(error, false, []);
    }

    /// <summary>The result's CBOR.</summary>
    internal async Task<Said> ResultOfAsync(byte[] configuration, byte[] header, Hash32 device, byte[] fact, IReadOnlyList<AccountPath> paths)
    {
        object[] accounts = [.. paths.Select(path => (object)(object?[])[Nodes(path.Account), path.Slots.Select(slot => (object)Nodes(slot)).ToArray()])];
        var (error, values) = await CallAsync("resultOf", configuration, At(ContractRole.PythiaRegistry), header, device, fact, accounts);
        return values is { } found ? new Said(null, true, found.Bytes(0)) : new Said(error, false, []);

        static object[] Nodes(IEnumerable<ReadOnlyMemory<byte>> nodes) => [.. nodes.Select(node => (object)node.ToArray())];
    }

    internal async Task<(string? Error, Hash32 Hash, Hash32 StateRoot, ulong Number, ulong Time)> BlockOfAsync(ReadOnlyMemory<byte> header)
    {
        var (error, values) = await CallAsync("blockOf", header.ToArray());
        return values?.Nested(0) is { } block ? (null, block.Hash32(0), block.Hash32(1), block.UInt64(2), block.UInt64(3)) : (error, default, default, 0, 0);
    }

    internal async Task<(string? Error, ulong ChainId)> ChainIdOfAsync(byte[] configuration)
    {
        var (error, values) = await CallAsync("chainIdOf", configuration);
        return values is { } found ? (null, found.UInt64(0)) : (error, 0);
    }

    private async Task<(string? Error, Contracts.Abi.AbiValues? Values)> CallAsync(string name, params object?[] arguments)
    {
        var function = RegistryAbi.ProvenFacts.Function(name);
        try
        {
            var answer = await Rpc.CallContractAsync(new RpcCall { To = _facts, Data = function.Encode(arguments) }, BlockTag.Latest);
            return (null, function.DecodeOutputs(answer));
        }
        catch (RpcException e)
        {
            return (RegistryErrors.NameOf(e.RevertData()) ?? e.Message, null);
        }
    }

    private static Address At(ContractRole role) => TestChain.AddressOf(role);
}
