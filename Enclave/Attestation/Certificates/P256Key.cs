using System.Security.Cryptography;

namespace Pythia.Enclave.Attestation.Certificates;

/// <summary>An imported P-256 key. Importing costs more than verifying, since the point is checked. Safe for concurrent calls.</summary>
internal sealed class P256Key : IDisposable
{
    private const int HalfBytes = KeyRing.KeyBytes / 2;

    private readonly ECDsa _key;
    private readonly Lock _gate = new();

    private P256Key(ECDsa key, byte[] bytes) => (_key, Bytes) = (key, bytes);

    /// <summary>x ‖ y.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Null when the 64 bytes are no point of the curve.</summary>
    public static P256Key? TryImport(ReadOnlySpan<byte> publicKey)
    {
        try
        {
            var point = new ECPoint { X = publicKey[..HalfBytes].ToArray(), Y = publicKey[HalfBytes..].ToArray() };
            return new P256Key(ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point }), publicKey.ToArray());
        }
        catch (CryptographicException)
        {
            return null; // not on the curve
        }
    }

    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature, DSASignatureFormat format)
    {
        lock (_gate) return _key.VerifyData(data, signature, HashAlgorithmName.SHA256, format);
    }

    public void Dispose() => _key.Dispose();
}
