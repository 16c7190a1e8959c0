using System.Collections.Concurrent;
using System.Security.Cryptography;
using Pythia.Enclave.Verifier.Answers;

namespace Pythia.Enclave.Host.Keys;

/// <summary>
/// The enclave's signing key, P-256: made when this is made, never stored, gone with the process. Signs ES256 with s in the lower half.
/// Safe for concurrent calls; a call takes an imported key from a pool, since importing costs more than signing.
/// </summary>
internal sealed class AnswerSigner : IDisposable
{
    private readonly ConcurrentBag<ECDsa> _idle = [];
    private readonly ECParameters _key;
    private bool _disposed;

    public AnswerSigner()
    {
        var first = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _key = first.ExportParameters(includePrivateParameters: true);
        _idle.Add(first);
        PublicKey = [.. _key.Q.X!, .. _key.Q.Y!];
        KeyId = Es256Key.ComputeKeyId(PublicKey);
    }

    /// <summary>x ‖ y, 64 bytes.</summary>
    public byte[] PublicKey { get; }

    /// <summary>First 8 bytes of SHA-256 of <see cref="PublicKey"/>.</summary>
    public byte[] KeyId { get; }

    /// <summary>Signs an answer's body for one question under one configuration.</summary>
    /// <returns>COSE_Sign1 bytes.</returns>
    public byte[] Sign(byte[] body, ReadOnlySpan<byte> configurationHash, Question question)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var toBeSigned = SignedAnswer.ToBeSigned(KeyId, body, configurationHash, question.Encoded.Span);
        if (!_idle.TryTake(out var key))
        {
            key = ECDsa.Create(_key);
        }

        try
        {
            var signature = new byte[Es256Key.SignatureBytes];
            if (!key.TrySignData(toBeSigned, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation, out var written)
                || written != signature.Length)
            {
                throw new CryptographicException($"a signature of {written} bytes was made, {signature.Length} expected");
            }

            Es256Key.NormaliseS(signature);
            return new SignedAnswer(KeyId, body, signature).Encode();
        }
        finally
        {
            _idle.Add(key);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_key.D);
        while (_idle.TryTake(out var key))
        {
            key.Dispose();
        }
    }
}
