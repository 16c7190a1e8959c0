using System.Buffers.Binary;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Answers;

/// <summary>
/// An enclave's own word that one of its signing keys ends, for PythiaRegistry (<c>revokeOwnKey</c>). All of it is fixed by the key and the configuration:
/// nobody can have anything else signed this way, and no answer (COSE, begins with 0x84) can be taken for it.
/// <code>
/// 0                     19           51           71
/// | pythia/revoke-key/1 | chain id 32 | contract 20 | SHA-256(x ‖ y) 32 |      103 bytes; ES256 over them, s in the lower half
/// </code>
/// </summary>
public static class OwnRevocation
{
    private const int ChainIdBytes = 32;

    private static ReadOnlySpan<byte> Kind => "pythia/revoke-key/1"u8;

    /// <param name="chainId">EIP-155.</param>
    /// <param name="registry">PythiaRegistry.</param>
    /// <param name="publicKey">x ‖ y of the key that ends, 64 bytes.</param>
    public static byte[] ToBeSigned(ulong chainId, Address registry, ReadOnlySpan<byte> publicKey)
    {
        var chain = new byte[ChainIdBytes];
        BinaryPrimitives.WriteUInt64BigEndian(chain.AsSpan(ChainIdBytes - sizeof(ulong)), chainId);
        return [.. Kind, .. chain, .. registry.ToArray(), .. Es256Key.ComputeFingerprint(publicKey).ToArray()];
    }

    /// <summary>True if the key itself signed that it ends, there.</summary>
    /// <param name="signature">r ‖ s, 64 bytes.</param>
    public static bool IsSigned(ulong chainId, Address registry, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> signature)
    {
        using var key = Es256Key.TryImport(publicKey);
        return key is not null && key.Verify(ToBeSigned(chainId, registry, publicKey), signature);
    }
}
