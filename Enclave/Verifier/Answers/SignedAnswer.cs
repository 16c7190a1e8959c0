using Pythia.Enclave.Verifier.Cbor;

namespace Pythia.Enclave.Verifier.Answers;

/// <summary>What is wrong with the form of a signed answer.</summary>
public enum SignedAnswerError
{
    None = 0,

    /// <summary>Not deterministic CBOR.</summary>
    NotDeterministicCbor,

    /// <summary>Not an array of protected header, unprotected header, payload and 64 bytes of signature.</summary>
    NotSign1,

    /// <summary>The protected header is not exactly <c>{1: -7, 4: bstr .size 8}</c>.</summary>
    ProtectedHeader,

    /// <summary>The unprotected header is not empty: what it says would not be signed.</summary>
    UnprotectedHeader,
}

/// <summary>
/// A COSE_Sign1 (RFC 9052 §4.2), untagged: <c>[bstr .cbor {1: -7, 4: bstr .size 8}, {}, bstr .cbor body, bstr .size 64]</c>.
/// </summary>
/// <param name="KeyId">8 bytes: a hint which key to try, nothing more.</param>
/// <param name="Body">The payload: an encoded <see cref="AnswerBody"/>.</param>
/// <param name="Signature">r ‖ s, 64 bytes, ES256 (RFC 9053 §2.1) with s in the lower half.</param>
public sealed record SignedAnswer(byte[] KeyId, byte[] Body, byte[] Signature)
{
    public const int KeyIdBytes = 8;

    /// <summary>Longest answer: the longest body and 96 bytes around it.</summary>
    public const int MaxBytes = AnswerBody.MaxBytes + 96;

    private const string Context = "pythia/answer/1";
    private const int HeaderAlgorithm = 1;
    private const int HeaderKeyId = 4;
    private const long Es256 = -7;

    public byte[] Encode()
        => new CborWriter().Array(4).Bytes(EncodeProtected(KeyId)).Map(0).Bytes(Body).Bytes(Signature).ToArray();

    /// <summary>Reads an answer; any bytes get an answer. Nothing is verified but the form.</summary>
    public static SignedAnswerError Decode(ReadOnlySpan<byte> encoded, out SignedAnswer? answer)
    {
        answer = null;
        var reader = new CborReader(encoded, MaxBytes);
        if (reader.Error != CborError.None)
        {
            return SignedAnswerError.NotDeterministicCbor;
        }

        if (!reader.TryReadArray(4) || !reader.TryReadBytes(out var header))
        {
            return SignedAnswerError.NotSign1;
        }

        if (!reader.TryReadMap(0, int.MaxValue, out var unprotected))
        {
            return SignedAnswerError.NotSign1;
        }

        if (unprotected != 0)
        {
            return SignedAnswerError.UnprotectedHeader;
        }

        if (!reader.TryReadBytes(out var body) || !reader.TryReadBytes(Es256Key.SignatureBytes, out var signature))
        {
            return SignedAnswerError.NotSign1;
        }

        if (!TryReadProtected(header, out var keyId))
        {
            return SignedAnswerError.ProtectedHeader;
        }

        answer = new SignedAnswer(keyId, body.ToArray(), signature.ToArray());
        return SignedAnswerError.None;
    }

    /// <summary>
    /// The bytes that the signature is over: <c>Sig_structure = ["Signature1", protected, external_aad, payload]</c> (RFC 9052 §4.4),
    /// with <c>external_aad = bstr .cbor ["pythia/answer/1", config: bstr .size 32, bstr .cbor question]</c>.
    /// </summary>
    /// <param name="keyId">As in the protected header.</param>
    /// <param name="body">The payload.</param>
    /// <param name="configurationHash">32 bytes, of the enclave that signs.</param>
    /// <param name="question">Deterministic CBOR of the question that is answered.</param>
    public static byte[] ToBeSigned(
        ReadOnlySpan<byte> keyId, ReadOnlySpan<byte> body, ReadOnlySpan<byte> configurationHash, ReadOnlySpan<byte> question)
    {
        var externalAad = new CborWriter().Array(3).Text(Context).Bytes(configurationHash).Bytes(question).Written;
        return ToBeSigned(keyId, body, externalAad);
    }

    /// <summary>The same for any message of this form: what it is for stands in <paramref name="externalAad"/>.</summary>
    internal static byte[] ToBeSigned(ReadOnlySpan<byte> keyId, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> externalAad)
        => new CborWriter().Array(4).Text("Signature1").Bytes(EncodeProtected(keyId)).Bytes(externalAad).Bytes(payload).ToArray();

    private static ReadOnlySpan<byte> EncodeProtected(ReadOnlySpan<byte> keyId)
        => new CborWriter().Map(2).Unsigned(HeaderAlgorithm).Integer(Es256).Unsigned(HeaderKeyId).Bytes(keyId).Written;

    private static bool TryReadProtected(ReadOnlySpan<byte> header, out byte[] keyId)
    {
        keyId = [];
        var reader = new CborReader(header, header.Length);
        if (!reader.TryReadMap(2, 2, out _)
            || !reader.TryReadUnsigned(out var first) || first != HeaderAlgorithm
            || !reader.TryReadNegative(out var algorithm) || algorithm != Es256
            || !reader.TryReadUnsigned(out var second) || second != HeaderKeyId
            || !reader.TryReadBytes(KeyIdBytes, out var kid))
        {
            return false;
        }

        keyId = kid.ToArray();
        return true;
    }
}
