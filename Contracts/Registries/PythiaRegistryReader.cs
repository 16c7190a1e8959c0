using Pythia.Contracts.Abi;
using Pythia.Contracts.JsonRpc;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>A key as PythiaRegistry has it.</summary>
/// <param name="Status">At the block's time.</param>
/// <param name="Measurement">Place in the list; 0 for a key that was revoked before it came.</param>
/// <param name="Configuration">Place in the list.</param>
public sealed record EnclaveKeyOnChain(EnclaveKeyStatus Status, ulong NotAfter, uint Measurement, uint Configuration);

/// <summary>Asks a node what PythiaRegistry says. Nothing here is proven: it is for preparing acts and for people, never for devices.</summary>
/// <remarks>All throw what <see cref="IJsonRpc.CallAsync"/> throws; an answer of another form is <see cref="RpcUnavailableException"/>.</remarks>
public sealed class PythiaRegistryReader(IJsonRpc rpc, Address contract)
{
    public async Task<EnclaveKeyOnChain> KeyAsync(Hash32 keyId, BlockTag block = default, CancellationToken cancellationToken = default)
    {
        var key = (await CallAsync("key", block, cancellationToken, keyId)).Nested(0);
        var status = (await CallAsync("statusOf", block, cancellationToken, keyId)).UInt8(0);
        return new EnclaveKeyOnChain((EnclaveKeyStatus)status, key.UInt64(1), key.UInt32(2), key.UInt32(3));
    }

    /// <summary>What stands at a place of the list of measurements; zero for nothing any more.</summary>
    public async Task<Hash32> MeasurementAtAsync(uint index, BlockTag block = default, CancellationToken cancellationToken = default)
        => (await CallAsync("measurementAt", block, cancellationToken, index)).Hash32(0);

    /// <inheritdoc cref="MeasurementAtAsync"/>
    public async Task<Hash32> ConfigurationAtAsync(uint index, BlockTag block = default, CancellationToken cancellationToken = default)
        => (await CallAsync("configurationAt", block, cancellationToken, index)).Hash32(0);

    /// <summary>The place of a measurement; 0 where it is not endorsed.</summary>
    public async Task<uint> IndexOfMeasurementAsync(Hash32 measurement, BlockTag block = default, CancellationToken cancellationToken = default)
        => (await CallAsync("indexOfMeasurement", block, cancellationToken, measurement)).UInt32(0);

    /// <inheritdoc cref="IndexOfMeasurementAsync"/>
    public async Task<uint> IndexOfConfigurationAsync(Hash32 configuration, BlockTag block = default, CancellationToken cancellationToken = default)
        => (await CallAsync("indexOfConfiguration", block, cancellationToken, configuration)).UInt32(0);

    /// <summary>How many places of each list were ever used: the next endorsement goes to the one after.</summary>
    public async Task<(uint Measurements, uint Configurations)> CountsAsync(BlockTag block = default, CancellationToken cancellationToken = default)
    {
        var counts = await CallAsync("counts", block, cancellationToken);
        return (counts.UInt32(0), counts.UInt32(1));
    }

    public async Task<(RegistryEndorsers Endorsers, uint Version)> EndorsersAsync(BlockTag block = default, CancellationToken cancellationToken = default)
    {
        var found = await CallAsync("endorsers", block, cancellationToken);
        return (new RegistryEndorsers([.. found.Nested(0).Cast<Address>()], found.UInt8(1)), found.UInt32(2));
    }

    private async Task<AbiValues> CallAsync(string name, BlockTag block, CancellationToken cancellationToken, params object?[] arguments)
    {
        var function = RegistryAbi.PythiaRegistry.Function(name);
        var answer = await rpc.CallContractAsync(new RpcCall { To = contract, Data = function.Encode(arguments) }, block, cancellationToken);
        return function.TryDecodeOutputs(answer, out var outputs, out var reason)
            ? outputs
            : throw new RpcUnavailableException("that answered", $"PythiaRegistry.{name} at {contract}: {reason}");
    }
}
