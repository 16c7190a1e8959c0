using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Cbor;

namespace Pythia.Enclave.Verifier.Passports;

/// <summary>
/// A passport as it travels: a COSE_Sign1 of the same form as an answer (<see cref="SignedAnswer"/>), told apart by what is signed beside it:
/// <c>external_aad = bstr .cbor ["pythia/passport/1"]</c>. Media type <c>application/eat+cwt</c> (RFC 9782), untagged.
/// </summary>
public static class SignedPassport
{
    /// <summary>Longest passport: the longest claims and 96 bytes around them.</summary>
    public const int MaxBytes = Passport.MaxBytes + 96;

    /// <summary>RFC 9782 §3.1 with its optional parameter.</summary>
    public const string MediaType = "application/eat+cwt";

    private const string Context = "pythia/passport/1";

    /// <summary>Reads the envelope; any bytes get an answer. Nothing is verified but the form.</summary>
    /// <param name="encoded">Untrusted.</param>
    /// <param name="passport">Key id, claims and signature; null with an error.</param>
    public static SignedAnswerError Decode(ReadOnlySpan<byte> encoded, out SignedAnswer? passport)
    {
        passport = null;
        return encoded.Length > MaxBytes ? SignedAnswerError.NotDeterministicCbor : SignedAnswer.Decode(encoded, out passport);
    }

    /// <summary>The bytes that a verifier signs: <c>["Signature1", protected, external_aad, claims]</c> (RFC 9052 §4.4).</summary>
    /// <param name="keyId">8 bytes, of the verifier's key.</param>
    /// <param name="claims">As <see cref="Passport.Encode"/> makes them.</param>
    public static byte[] ToBeSigned(ReadOnlySpan<byte> keyId, ReadOnlySpan<byte> claims)
        => SignedAnswer.ToBeSigned(keyId, claims, new CborWriter().Array(1).Text(Context).Written);
}
