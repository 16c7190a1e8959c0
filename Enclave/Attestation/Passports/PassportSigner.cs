using System.Security.Cryptography;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Passports;

namespace Pythia.Enclave.Attestation.Passports;

/// <summary>A verifier's own P-256 key. Devices pin its public half. Safe for concurrent calls.</summary>
public sealed class PassportSigner : IDisposable
{
    private readonly ECDsa _key;
    private readonly Lock _gate = new();

    private PassportSigner(ECDsa key)
    {
        _key = key;
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        PublicKey = (byte[])[.. point.X!, .. point.Y!];
        KeyId = Es256Key.ComputeKeyId(PublicKey.Span);
    }

    /// <summary>x ‖ y, 64 bytes.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>First 8 bytes of SHA-256 of <see cref="PublicKey"/>: the <c>kid</c> of its passports, only a hint.</summary>
    public ReadOnlyMemory<byte> KeyId { get; }

    /// <summary>Makes a random key.</summary>
    public static PassportSigner Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Takes a key from PEM, <c>PRIVATE KEY</c> (PKCS #8, RFC 5958).</summary>
    /// <exception cref="CryptographicException">No such key, or one of another curve.</exception>
    public static PassportSigner Import(ReadOnlySpan<char> pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            return string.Equals(key.ExportParameters(includePrivateParameters: true).Curve.Oid.Value, ECCurve.NamedCurves.nistP256.Oid.Value, StringComparison.Ordinal)
                ? new PassportSigner(key)
                : throw new CryptographicException("a key of another curve found, P-256 expected");
        }
        catch (ArgumentException e)
        {
            key.Dispose();
            throw new CryptographicException($"no PEM of a private key found: {e.Message}", e);
        }
        catch (CryptographicException)
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>PEM, <c>PRIVATE KEY</c>, not encrypted: for a file that nobody else may read.</summary>
    public string Export() => _key.ExportPkcs8PrivateKeyPem();

    /// <summary>Signs what it is given, right or wrong: whoever calls has judged.</summary>
    /// <returns>COSE_Sign1 bytes.</returns>
    public byte[] Sign(Passport passport)
    {
        var claims = passport.Encode();
        byte[] signature;
        lock (_gate)
        {
            signature = _key.SignData(SignedPassport.ToBeSigned(KeyId.Span, claims), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }

        Es256Key.NormaliseS(signature);
        return new SignedAnswer(KeyId.ToArray(), claims, signature).Encode();
    }

    /// <summary>
    /// The challenges of this verifier: their secret follows from its key (HKDF, RFC 5869), so that every machine that holds the key knows the challenges of the
    /// others, and its own after a restart.
    /// </summary>
    /// <param name="lifetime">How old one may be.</param>
    public PassportChallenges DeriveChallenges(TimeSpan lifetime)
    {
        byte[] scalar;
        lock (_gate) scalar = _key.ExportParameters(includePrivateParameters: true).D!;
        try
        {
            return new PassportChallenges(HKDF.DeriveKey(HashAlgorithmName.SHA256, scalar, 32, info: "pythia/challenge-key/1"u8.ToArray()), lifetime);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
