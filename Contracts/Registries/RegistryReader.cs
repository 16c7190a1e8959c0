using System.Numerics;
using Pythia.Contracts.Abi;
using Pythia.Contracts.JsonRpc;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>A device as DeviceRegistry has it. Status 0 unclaimed, 1 active, 2 frozen, 3 retired.</summary>
public sealed record DeviceOnChain(Address Owner, byte Status, ulong Epoch, ulong SecurityCounter);

/// <summary>What an owner has set about itself at DeviceRegistry.</summary>
public sealed record HolderOnChain(uint Devices, uint OwnerEpoch, Address Recovery, uint RecoveryDelaySeconds);

/// <summary>A consent as ConsentRegistry has it; it lives only if device, epoch and the grantee's floor agree.</summary>
public sealed record ConsentOnChain(
    ConsentStatus Status, ConsentKind Kind, ulong NotBefore, ulong NotAfter, ulong GrantEpoch, BigInteger BondWei, Hash32 PolicyId);

/// <summary>A policy as PolicyRegistry has it. Status 0 unknown, 1 published, 2 deprecated.</summary>
public sealed record PolicyOnChain(byte Status, Address Publisher, ulong PublishedAtUnixSeconds);

/// <summary>Asks a node what the contracts say. Nothing here is proven: it is for preparing acts and for people, never for devices.</summary>
/// <remarks>All throw what <see cref="IJsonRpc.CallAsync"/> throws; an answer of another form is <see cref="RpcUnavailableException"/>.</remarks>
public sealed class RegistryReader(IJsonRpc rpc, DeploymentManifest contracts)
{
    public async Task<DeviceOnChain> DeviceAsync(Hash32 deviceId, BlockTag block = default, CancellationToken cancellationToken = default)
    {
        var device = (await CallAsync(RegistryKind.DeviceRegistry, "device", block, cancellationToken, deviceId)).Nested(0);
        return new DeviceOnChain(device.Address(0), device.UInt8(1), device.UInt64(2), device.UInt64(3));
    }

    /// <summary>keccak256(x ‖ y) of a rotated key; zero where the key at manufacture still holds.</summary>
    public async Task<Hash32> RotatedKeyHashAsync(Hash32 deviceId, BlockTag block = default, CancellationToken cancellationToken = default)
        => (await CallAsync(RegistryKind.DeviceRegistry, "rotatedKeyHash", block, cancellationToken, deviceId)).Hash32(0);

    public async Task<HolderOnChain> HolderAsync(Address owner, BlockTag block = default, CancellationToken cancellationToken = default)
    {
        var holder = (await CallAsync(RegistryKind.DeviceRegistry, "holder", block, cancellationToken, owner)).Nested(0);
        return new HolderOnChain(holder.UInt32(0), holder.UInt32(1), holder.Address(2), holder.UInt32(3));
    }

    /// <summary>How many devices the manufacturer registered under that root; 0 for none.</summary>
    public async Task<uint> BatchCountAsync(Address manufacturer, Hash32 root, BlockTag block = default, CancellationToken cancellationToken = default)
        => (await CallAsync(RegistryKind.DeviceRegistry, "batch", block, cancellationToken, manufacturer, root)).UInt32(0);

    /// <summary>What a grant for this device must carry when it is signed now.</summary>
    public async Task<GrantEpochs> EpochsAsync(Hash32 deviceId, BlockTag block = default, CancellationToken cancellationToken = default)
    {
        var epochs = (await CallAsync(RegistryKind.ConsentRegistry, "epochsOf", block, cancellationToken, deviceId)).Nested(0);
        return new GrantEpochs(epochs.UInt64(0), epochs.UInt64(1), epochs.UInt32(2));
    }

    public async Task<ConsentOnChain> ConsentAsync(Hash32 consentId, BlockTag block = default, CancellationToken cancellationToken = default)
    {
        var c = (await CallAsync(RegistryKind.ConsentRegistry, "consent", block, cancellationToken, consentId)).Nested(0);
        return new ConsentOnChain((ConsentStatus)c.UInt8(0), (ConsentKind)c.UInt8(1), c.UInt64(2), c.UInt64(3), c.UInt64(4), c.Integer(5), c.Hash32(6));
    }

    /// <summary>Whether the grantee holds an active consent at the block's time.</summary>
    public async Task<bool> IsActiveAsync(Hash32 deviceId, Address grantee, Hash32 scope, BlockTag block = default, CancellationToken cancellationToken = default)
        => (await CallAsync(RegistryKind.ConsentRegistry, "isActive", block, cancellationToken, deviceId, grantee, scope)).Bool(0);

    public async Task<BigInteger> DepositAsync(Address grantee, BlockTag block = default, CancellationToken cancellationToken = default)
        => (await CallAsync(RegistryKind.ConsentRegistry, "depositOf", block, cancellationToken, grantee)).Integer(0);

    public async Task<PolicyOnChain> PolicyAsync(Hash32 policyId, BlockTag block = default, CancellationToken cancellationToken = default)
    {
        var policy = (await CallAsync(RegistryKind.PolicyRegistry, "policy", block, cancellationToken, policyId)).Nested(0);
        return new PolicyOnChain(policy.UInt8(0), policy.Address(1), policy.UInt64(2));
    }

    /// <summary>The signer's next nonce under this key at that registry.</summary>
    public async Task<BigInteger> NonceAsync(
        RegistryKind registry, Address signer, BigInteger key = default, BlockTag block = default, CancellationToken cancellationToken = default)
        => (await CallAsync(registry, "nonces(address,uint192)", block, cancellationToken, signer, key)).Integer(0);

    private async Task<AbiValues> CallAsync(RegistryKind registry, string name, BlockTag block, CancellationToken cancellationToken, params object?[] arguments)
    {
        var function = RegistryAbi.Of(registry).Function(name);
        var address = contracts.AddressOf(registry.ToString());
        var answer = await rpc.CallContractAsync(new RpcCall { To = address, Data = function.Encode(arguments) }, block, cancellationToken);
        return function.TryDecodeOutputs(answer, out var outputs, out var reason)
            ? outputs
            : throw new RpcUnavailableException("that answered", $"{registry}.{name} at {address}: {reason}");
    }
}
