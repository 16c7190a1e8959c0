using System.Numerics;
using System.Text;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Ethereum;

namespace Pythia.Contracts.DevChain;

/// <summary>What only a development chain can be told (anvil's own methods).</summary>
public static class AnvilRpc
{
    /// <summary>Gives an account this balance.</summary>
    public static Task SetBalanceAsync(this IJsonRpc rpc, Address account, BigInteger wei, CancellationToken cancellationToken = default)
        => rpc.CallAsync(new RpcRequest("anvil_setBalance", account, wei), cancellationToken);

    /// <summary>Mines blocks at once.</summary>
    public static Task MineAsync(this IJsonRpc rpc, int blocks = 1, CancellationToken cancellationToken = default)
        => rpc.CallAsync(new RpcRequest("anvil_mine", blocks), cancellationToken);

    /// <summary>The next block is this much later than its parent would have it.</summary>
    public static Task AdvanceClockAsync(this IJsonRpc rpc, TimeSpan by, CancellationToken cancellationToken = default)
        => rpc.CallAsync(new RpcRequest("evm_increaseTime", (long)by.TotalSeconds), cancellationToken);

    /// <summary>Whether each transaction is mined as it comes.</summary>
    public static Task SetAutomineAsync(this IJsonRpc rpc, bool on, CancellationToken cancellationToken = default)
        => rpc.CallAsync(new RpcRequest("evm_setAutomine", on), cancellationToken);

    /// <summary>Remembers the chain as it is; the id is for <see cref="RevertAsync"/>.</summary>
    public static async Task<BigInteger> SnapshotAsync(this IJsonRpc rpc, CancellationToken cancellationToken = default)
        => RpcJson.Integer(await rpc.CallAsync(new RpcRequest("evm_snapshot"), cancellationToken));

    /// <summary>Goes back to a snapshot; blocks since then are gone, without <c>removed</c> logs.</summary>
    public static Task RevertAsync(this IJsonRpc rpc, BigInteger snapshot, CancellationToken cancellationToken = default)
        => rpc.CallAsync(new RpcRequest("evm_revert", snapshot), cancellationToken);

    /// <summary>Replaces the last blocks by as many empty ones; what they held is un-mined.</summary>
    public static Task ReorganiseAsync(this IJsonRpc rpc, int depth, CancellationToken cancellationToken = default)
        => rpc.CallAsync(new RpcRequest("anvil_reorg", RpcRequest.Number(depth), Array.Empty<object?>()), cancellationToken);

    /// <summary>The same key for the same name, on every run. Anyone can make it: for development chains only.</summary>
    public static EthereumKey KeyOf(string name)
        => EthereumKey.FromPrivateKey(Keccak256.HashData(Encoding.UTF8.GetBytes($"pythia/development key/{name}")).ToArray());
}
