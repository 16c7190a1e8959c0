using System.Collections.Immutable;
using Pythia.Contracts.Abi;
using Pythia.Contracts.JsonRpc;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>One call in a relayed batch.</summary>
/// <param name="Gas">What it gets, exactly; see <see cref="SignedAct.GasLimit"/>.</param>
public sealed record RelayItem(Address Target, uint Gas, ImmutableArray<byte> Data)
{
    /// <summary>The item that carries a signed act.</summary>
    public static RelayItem Of(SignedAct act, ReadOnlySpan<byte> signature) => new(act.Contract, act.GasLimit, [.. act.EncodeSignedCall(signature)]);
}

/// <summary>The contract that carries many signed acts in one transaction.</summary>
public static class Relay
{
    private static readonly AbiFunction RelayFunction = RegistryAbi.Relay.Function("relay");

    /// <summary>Call data of a batch.</summary>
    public static byte[] Encode(IEnumerable<RelayItem> items)
        => RelayFunction.Encode((object)items.Select(i => (object?)new object?[] { i.Target, i.Gas, i.Data.ToArray() }).ToArray());

    /// <summary>The items of a batch; false for other call data.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> callData, out ImmutableArray<RelayItem> items)
    {
        items = [];
        if (!RelayFunction.TryDecodeInputs(callData, out var inputs, out _)) return false;

        items = [.. inputs.Nested(0).Cast<AbiValues>().Select(i => new RelayItem(i.Address(0), i.UInt32(1), [.. i.Bytes(2)]))];
        return true;
    }

    /// <summary>The events of our contracts among a receipt's logs, in order; logs of other contracts are left out.</summary>
    public static IEnumerable<RegistryEvent> EventsOf(IEnumerable<RpcLog> logs, DeploymentManifest deployment)
        => logs.Where(log => deployment.NameOf(log.Address) is not null)
            .Select(log => RegistryEvents.TryDecode(log.Topics, log.Data.AsSpan(), out var decoded) ? decoded : null)
            .OfType<RegistryEvent>();
}
