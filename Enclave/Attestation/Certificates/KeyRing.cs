using System.Security.Cryptography;

namespace Pythia.Enclave.Attestation.Certificates;

/// <summary>
/// P-256 keys for the length of one check: each is imported once, and the same signature verified once (the root's certificate stands in every chain). Not for
/// concurrent calls.
/// </summary>
/// <param name="kept">Keys of earlier checks; null: all are imported anew and freed at the end.</param>
internal sealed class KeyRing(KeptKeys? kept = null) : IDisposable
{
    /// <summary>x ‖ y.</summary>
    public const int KeyBytes = 64;

    private readonly List<(ReadOnlyMemory<byte> Bytes, P256Key? Key)> _keys = [];
    private readonly List<(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> Signature)> _valid = [];

    /// <summary>Whether these 64 bytes are a point of the curve.</summary>
    public bool IsPoint(ReadOnlyMemory<byte> publicKey) => Find(publicKey) is not null;

    /// <summary>ECDSA with SHA-256; a key that is no point of the curve has no valid signature.</summary>
    /// <param name="publicKey">x ‖ y, 64 bytes.</param>
    /// <param name="data">What was signed.</param>
    /// <param name="signature">In <paramref name="format"/>: r ‖ s in quotes and JSON, DER in certificates and CRLs.</param>
    /// <param name="format">How <paramref name="signature"/> is written.</param>
    public bool Verify(ReadOnlyMemory<byte> publicKey, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> signature, DSASignatureFormat format)
    {
        foreach (var known in _valid)
        {
            if (known.Signature.Span.SequenceEqual(signature.Span) && known.Key.Span.SequenceEqual(publicKey.Span) && known.Data.Span.SequenceEqual(data.Span)) return true;
        }

        if (Find(publicKey) is not { } key || !key.Verify(data.Span, signature.Span, format)) return false;

        _valid.Add((publicKey, data, signature));
        return true;
    }

    public void Dispose()
    {
        if (kept is not null) return;

        foreach (var (_, key) in _keys) key?.Dispose();
    }

    private P256Key? Find(ReadOnlyMemory<byte> publicKey)
    {
        foreach (var (bytes, known) in _keys)
        {
            if (bytes.Span.SequenceEqual(publicKey.Span)) return known;
        }

        var key = kept is null ? P256Key.TryImport(publicKey.Span) : kept.Find(publicKey.Span);
        _keys.Add((publicKey, key));
        return key;
    }
}
