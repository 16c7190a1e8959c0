using Pythia.Contracts.Abi;
using Pythia.Ethereum;

namespace Pythia.Grains.Mirror;

/// <summary>The call that carries many intents: IRelay.sol, <c>relay</c>.</summary>
internal static class RelayCall
{
    private static readonly AbiFunction Relay = AbiFunction.Parse(
        "function relay((address target,uint32 gas,bytes data)[] items) returns (bool[] succeeded)");

    public static byte[] Encode(IEnumerable<QueuedIntent> intents)
    {
        object items = intents.Select(i => (object?)new object?[] { Address.Parse(i.Target), i.GasLimit, i.CallData.ToArray() }).ToArray();
        return Relay.Encode([items]);
    }
}
