using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Ethereum;

namespace Pythia.Enclave.Host.Keys;

/// <summary>
/// A signing key, P-256: made when this is made, never stored, never exported. Signs ES256 with s in the lower half. Safe for concurrent calls: each
/// call signs over a handle of its own to the one key, so that the scalar exists once, in OpenSSL's memory, which clears it when the last
/// handle is closed (EC_KEY_free, BN_clear_free).
/// </summary>
internal sealed class AnswerSigner : IDisposable
{
    private static readonly TimeSpan OpenPause = TimeSpan.FromMilliseconds(1);

    private readonly ConcurrentBag<ECDsa> _idle = [];
    private readonly Lock _growing = new();
    private readonly ECDsa _key = Create();
    private volatile bool _ended;
    private int _underWay;

    public AnswerSigner()
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        PublicKey = [.. point.X!, .. point.Y!];
        KeyId = Es256Key.ComputeKeyId(PublicKey);
    }

    /// <summary>x ‖ y, 64 bytes.</summary>
    public byte[] PublicKey { get; }

    /// <summary>First 8 bytes of SHA-256 of <see cref="PublicKey"/>.</summary>
    public byte[] KeyId { get; }

    /// <summary>Signs an answer's body for one question under one configuration.</summary>
    /// <param name="answer">COSE_Sign1 bytes.</param>
    /// <returns>False when the key has ended.</returns>
    public bool TrySign(byte[] body, ReadOnlySpan<byte> configurationHash, Question question, [NotNullWhen(true)] out byte[]? answer)
    {
        answer = null;
        var toBeSigned = SignedAnswer.ToBeSigned(KeyId, body, configurationHash, question.Encoded.Span);
        byte[] signature;
        Interlocked.Increment(ref _underWay);
        try
        {
            if (_ended || !(_idle.TryTake(out var key) || TryOpen(out key))) return false;

            try
            {
                signature = Sign(key, toBeSigned);
            }
            finally
            {
                _idle.Add(key);
            }
        }
        finally
        {
            // However it went: who ends the key waits until nobody is under way.
            Interlocked.Decrement(ref _underWay);
            if (_ended) Drain();
        }

        answer = new SignedAnswer(KeyId, body, signature).Encode();
        return true;
    }

    /// <summary>Ends the key with its own word that it ends: nobody begins to sign, who signs just now finishes, and then this is the last that it signs.</summary>
    /// <returns>r ‖ s over <see cref="OwnRevocation.ToBeSigned"/>, s in the lower half; null when the key had ended before.</returns>
    public byte[]? EndWithOwnRevocation(ulong chainId, Address registry)
    {
        lock (_growing)
        {
            if (_ended) return null;

            _ended = true;
            Interlocked.MemoryBarrier(); // whoever counts himself under way from here on sees that it has ended
            SpinWait.SpinUntil(() => Volatile.Read(ref _underWay) == 0);
            try
            {
                return Sign(_key, OwnRevocation.ToBeSigned(chainId, registry, PublicKey));
            }
            finally
            {
                _key.Dispose();
                Drain();
            }
        }
    }

    /// <summary>Ends the key: who signs just now finishes, nobody begins.</summary>
    public void Dispose()
    {
        lock (_growing)
        {
            _ended = true;
            _key.Dispose();
        }

        Drain();
    }

    private static byte[] Sign(ECDsa key, byte[] toBeSigned)
    {
        var signature = new byte[Es256Key.SignatureBytes];
        if (!key.TrySignData(toBeSigned, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation, out var written)
            || written != signature.Length)
        {
            throw new CryptographicException($"a signature of {written} bytes was made, {signature.Length} expected");
        }

        Es256Key.NormaliseS(signature);
        return signature;
    }

    private static ECDsa Create()
        => OperatingSystem.IsLinux() ? new ECDsaOpenSsl(ECCurve.NamedCurves.nistP256) : ECDsa.Create(ECCurve.NamedCurves.nistP256);

    // Elsewhere than on Linux, where no enclave runs, a copy of the key does.
    private static ECDsa Open(ECDsa key)
        => OperatingSystem.IsLinux() ? OpenOnLinux(key) : ECDsa.Create(key.ExportParameters(includePrivateParameters: true));

    [SupportedOSPlatform("linux")]
    private static ECDsaOpenSsl OpenOnLinux(ECDsa key)
    {
        using var handle = ((ECDsaOpenSsl)key).DuplicateKeyHandle();
        return new ECDsaOpenSsl(handle);
    }

    // Not by waiting for the lock: who ends the key holds it, and waits for those under way.
    private bool TryOpen([NotNullWhen(true)] out ECDsa? key)
    {
        key = null;
        while (!_ended)
        {
            if (!_growing.TryEnter(OpenPause)) continue;

            try
            {
                if (_ended) return false;

                key = Open(_key);
                return true;
            }
            finally
            {
                _growing.Exit();
            }
        }

        return false;
    }

    private void Drain()
    {
        while (_idle.TryTake(out var key)) key.Dispose();
    }
}
