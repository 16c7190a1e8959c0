using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Subjects;

/// <summary>Reads acts in the JSON form of <see cref="SignedActJson"/>.</summary>
public sealed class ActReader : IActReader
{
    /// <inheritdoc/>
    public Refusal? Read(LedgerChain chain, SignedIntent intent, out ReadAct? act)
    {
        act = null;
        if (!SignedActJson.TryParse(intent.Act, out var signed, out var reason))
        {
            return Refusal.Malformed(reason);
        }

        if (intent.Signature.IsDefaultOrEmpty)
        {
            return Refusal.Malformed("signature: none found, 65 bytes (or what the signer's wallet takes) expected");
        }

        var expected = ContractOf(chain, signed.Registry);
        if (signed.Contract != expected)
        {
            return Refusal.WrongSubject($"contract {signed.Contract} found, {signed.Registry} {expected} of chain {chain.ChainId} expected");
        }

        if (!RelayGas.FitsTransaction(signed, intent.Signature.Length))
        {
            return Refusal.Malformed($"{signed.PrimaryType} of {signed.EncodeSignedCall(intent.Signature.AsSpan()).Length} bytes is too big for any transaction");
        }

        act = new ReadAct(
            signed,
            signed.PrimaryType,
            signed.Contract.ToString(),
            signed.Signer,
            signed.Nonce.ToString(),
            signed.DeadlineUnixSeconds,
            signed.Digest(chain.ChainId),
            [.. signed.EncodeSignedCall(intent.Signature.AsSpan())],
            signed.GasLimit);
        return null;
    }

    private static Address ContractOf(LedgerChain chain, RegistryKind registry) => registry switch
    {
        RegistryKind.DeviceRegistry => chain.Contracts.DeviceRegistry,
        RegistryKind.ConsentRegistry => chain.Contracts.ConsentRegistry,
        RegistryKind.PolicyRegistry => chain.Contracts.PolicyRegistry,
        _ => Address.Zero,
    };
}
