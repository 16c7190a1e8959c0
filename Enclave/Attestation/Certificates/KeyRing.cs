using System.Security.Cryptography;

namespace Pythia.Enclave.Attestation.Certificates;

/// <summary>P-256 keys for the length of one check, each imported once. Not for concurrent calls.</summary>
internal sealed class KeyRing : IDisposable
{
    /// <summary>x ‖ y.</summary>
    public const int KeyBytes = 64;

    private const int HalfBytes = 32;

    private readonly List<(ReadOnlyMemory<byte> Bytes, ECDsa? Key)> _keys = [];

    /// <summary>Whether these 64 bytes are a point of the curve.</summary>
    public bool IsPoint(ReadOnlyMemory<byte> publicKey) => Find(publicKey) is not null;

    /// <summary>ECDSA with SHA-256; a key that is no point of the curve has no valid signature.</summary>
    /// <param name="publicKey">x ‖ y, 64 bytes.</param>
    /// <param name="data">What was signed.</param>
    /// <param name="signature">In <paramref name="format"/>: r ‖ s in quotes and JSON, DER in certificates and CRLs.</param>
    /// <param name="format">How <paramref name="signature"/> is written.</param>
    public bool Verify(ReadOnlyMemory<byte> publicKey, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature, DSASignatureFormat format)
        => Find(publicKey) is { } key && key.VerifyData(data, signature, HashAlgorithmName.SHA256, format);

    public void Dispose()
    {
        foreach (var (_, key) in _keys) key?.Dispose();
    }

    private ECDsa? Find(ReadOnlyMemory<byte> publicKey)
    {
        foreach (var (bytes, known) in _keys)
        {
            if (bytes.Span.SequenceEqual(publicKey.Span)) return known;
        }

        var key = TryImport(publicKey.Span);
        _keys.Add((publicKey, key));
        return key;
    }

    private static ECDsa? TryImport(ReadOnlySpan<byte> publicKey)
    {
        try
        {
            var point = new ECPoint { X = publicKey[..HalfBytes].ToArray(), Y = publicKey[HalfBytes..].ToArray() };
            return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point });
        }
        catch (CryptographicException)
        {
            return null; // not on the curve
        }
    }
}
