using System.Security.Cryptography;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Answers;

/// <summary>
/// A P-256 public key that checks ES256 signatures (RFC 9053 §2.1) with s in the lower half only: of the two forms of a signature that
/// anyone can turn into each other, one counts. Imported once; safe for concurrent calls.
/// </summary>
public sealed class Es256Key : IDisposable
{
    /// <summary>x ‖ y.</summary>
    public const int PublicKeyBytes = 64;

    /// <summary>r ‖ s.</summary>
    public const int SignatureBytes = 64;

    private const int HalfBytes = 32;

    private readonly ECDsa _key;
    private readonly Lock _gate = new();
    private readonly byte[] _publicKey;

    private Es256Key(ECDsa key, byte[] publicKey)
    {
        _key = key;
        _publicKey = publicKey;
        KeyId = ComputeKeyId(publicKey);
        Fingerprint = ComputeFingerprint(publicKey);
    }

    /// <summary>x ‖ y, 64 bytes.</summary>
    public ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <summary>First 8 bytes of SHA-256 of x ‖ y.</summary>
    public ReadOnlyMemory<byte> KeyId { get; }

    /// <inheritdoc cref="ComputeFingerprint"/>
    public Hash32 Fingerprint { get; }

    // Order of the curve, n (SEC 2 §2.4.2, secp256r1).
    private static ReadOnlySpan<byte> Order =>
    [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ];

    // (n − 1) / 2: the greatest low s.
    private static ReadOnlySpan<byte> HalfOrder =>
    [
        0x7F, 0xFF, 0xFF, 0xFF, 0x80, 0x00, 0x00, 0x00, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xDE, 0x73, 0x7D, 0x56, 0xD3, 0x8B, 0xCF, 0x42, 0x79, 0xDC, 0xE5, 0x61, 0x7E, 0x31, 0x92, 0xA8,
    ];

    /// <summary>Null when <paramref name="publicKey"/> is not 64 bytes or no point of the curve.</summary>
    public static Es256Key? TryImport(ReadOnlySpan<byte> publicKey)
    {
        if (publicKey.Length != PublicKeyBytes)
        {
            return null;
        }

        try
        {
            var point = new ECPoint { X = publicKey[..HalfBytes].ToArray(), Y = publicKey[HalfBytes..].ToArray() };
            var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point });
            return new Es256Key(key, publicKey.ToArray());
        }
        catch (CryptographicException)
        {
            return null; // not on the curve
        }
    }

    /// <summary>First 8 bytes of SHA-256 of x ‖ y.</summary>
    public static byte[] ComputeKeyId(ReadOnlySpan<byte> publicKey) => SHA256.HashData(publicKey)[..SignedAnswer.KeyIdBytes];

    /// <summary>SHA-256 of x ‖ y: the id by which PythiaRegistry knows the key. Its first 8 bytes are the <c>kid</c> of answers.</summary>
    public static Hash32 ComputeFingerprint(ReadOnlySpan<byte> publicKey) => Hash32.FromSpan(SHA256.HashData(publicKey));

    /// <summary>True when s, the second half, is at most (n − 1) / 2.</summary>
    public static bool IsLowS(ReadOnlySpan<byte> signature) => signature[HalfBytes..].SequenceCompareTo(HalfOrder) <= 0;

    /// <summary>Turns s into n − s when it is in the upper half; the signature stays valid.</summary>
    /// <param name="signature">r ‖ s, 64 bytes, changed in place.</param>
    public static void NormaliseS(Span<byte> signature)
    {
        if (IsLowS(signature))
        {
            return;
        }

        var s = signature[HalfBytes..];
        var borrow = 0;
        for (var i = HalfBytes - 1; i >= 0; i--)
        {
            var difference = Order[i] - s[i] - borrow;
            borrow = difference < 0 ? 1 : 0;
            s[i] = (byte)difference;
        }
    }

    /// <summary>True for a valid signature with low s over <paramref name="data"/>.</summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureBytes || !IsLowS(signature))
        {
            return false;
        }

        lock (_gate)
        {
            return _key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
