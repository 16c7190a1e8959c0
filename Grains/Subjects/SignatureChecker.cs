using Pythia.Contracts.Abi;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Subjects;

/// <summary>Says whether a signer signed a digest, in the order that the contracts follow: by its key first, then, where the signer has
/// code, by asking it (ERC-1271). An EIP-7702 account has code and can still sign by its key.</summary>
public static class SignatureChecker
{
    private const int LongestSignatureBytes = 4_096;
    private const int WordBytes = 32;

    // ERC-1271. Its selector is also, left in a word, the answer that means yes.
    private static readonly AbiFunction IsValidSignature = AbiFunction.Parse("function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)");

    /// <returns>A wallet's word comes from an untrusted node: it decides about gas, never about the chain.</returns>
    public static async Task<SignatureCheck> CheckAsync(IChainNode node, Address signer, Hash32 digest, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken)
    {
        if (signature.Length > LongestSignatureBytes)
        {
            return Refused(Refusal.Malformed($"signature of {signature.Length} bytes found, at most {LongestSignatureBytes} expected"));
        }

        var fault = EcdsaSignature.Recover(digest, signature.Span, out var recovered);
        if (fault is SignatureFault.None && recovered == signer)
        {
            return new SignatureCheck(null, SignerIsWallet: false);
        }

        var found = fault is SignatureFault.None ? $"a signature of {recovered}" : $"{fault}";
        if (!await node.HasCodeAsync(signer, cancellationToken))
        {
            return Refused(Refusal.BadSignature($"{found} found, one of {signer} expected"));
        }

        var answer = await node.CallAsync(signer, IsValidSignature.Encode(digest, signature), cancellationToken);
        var isTaken = answer is { Length: >= WordBytes } && answer.AsSpan(0, AbiFunction.SelectorSize).SequenceEqual(IsValidSignature.Selector)
            && !answer.AsSpan(AbiFunction.SelectorSize, WordBytes - AbiFunction.SelectorSize).ContainsAnyExcept((byte)0);
        return isTaken
            ? new SignatureCheck(null, SignerIsWallet: true)
            : Refused(Refusal.BadSignature($"{found} found, and the wallet {signer} does not take it either"));
    }

    private static SignatureCheck Refused(Refusal refusal) => new(refusal, SignerIsWallet: false);
}

/// <summary>Whose signature it is.</summary>
/// <param name="Refusal">Null if it is the signer's.</param>
/// <param name="SignerIsWallet">The signer's contract took it, and will be asked again on the chain.</param>
public readonly record struct SignatureCheck(Refusal? Refusal, bool SignerIsWallet);
