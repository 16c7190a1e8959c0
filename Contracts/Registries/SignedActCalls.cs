using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Pythia.Contracts.Abi;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>Reads acts back from call data: what a batch that was found on the chain, or in storage, would carry out.</summary>
public static class SignedActCalls
{
    private static readonly FrozenDictionary<string, ActDefinition> Definitions = SignedActJson.All.ToFrozenDictionary(d => Hex.Format(d.Signed.Selector));

    /// <summary>Reads what <see cref="SignedAct.EncodeSignedCall"/> wrote; false for other calls.</summary>
    /// <param name="contract">The call's target.</param>
    public static bool TryDecode(Address contract, ReadOnlySpan<byte> callData, [NotNullWhen(true)] out SignedAct? act, out byte[] signature)
    {
        (act, signature) = (null, []);
        if (callData.Length < AbiFunction.SelectorSize) return false;
        if (!Definitions.TryGetValue(Hex.Format(callData[..AbiFunction.SelectorSize]), out var definition)) return false;
        if (!definition.Signed.TryDecodeInputs(callData, out var inputs, out _)) return false;

        var auth = inputs.Nested(inputs.Count - 1);
        var header = new ActHeader(contract, auth.Address(0), (BigInteger)auth[1]!, auth.UInt64(2));
        try
        {
            act = definition.Create(header, inputs); // the authorisation comes behind the act's own arguments
        }
        catch (FormatException)
        {
            return false; // an acceptance that names another grantee than its signer: the contract would refuse it
        }

        signature = auth.Bytes(3);
        return true;
    }
}
