using System.Numerics;
using System.Security.Cryptography;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Enclave.Tests.Answers;

/// <summary>A true answer with one thing changed is refused, and the reason is the right one.</summary>
public sealed class AnswerCheckTests : IDisposable
{
    private static readonly BigInteger Order = BigInteger.Parse(
        "00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", System.Globalization.NumberStyles.HexNumber);

    private readonly Es256Key _key = AnswerVectors.Shared.ImportKey();
    private readonly AnswerVectors.AnswerVector _vector = AnswerVectors.Shared.Find("CommandAllowed");
    private readonly Request _request;
    private readonly SignedAnswer _signed;
    private readonly AnswerBody _body;

    public AnswerCheckTests()
    {
        _request = _vector.DecodeRequest();
        SignedAnswer.Decode(_vector.AnswerBytes, out var signed).ShouldBe(SignedAnswerError.None);
        _signed = signed!;
        AnswerBody.Decode(_signed.Body, out var body).ShouldBe(CborError.None);
        _body = body!;
    }

    public void Dispose() => _key.Dispose();

    [Fact]
    public void Check_TrueAnswer_IsValid() => Check(_vector.AnswerBytes).ShouldBe(AnswerFault.None);

    [Fact]
    public void Check_AKeyAboutItself_IsOwnKey()
    {
        // True in all else: signed by the key, for this question, and saying that the key is active.
        var results = FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(1_810_000_000), FactValue.Of(Hash32.FromUInt64(1)), FactValue.Of(new byte[16]));
        var another = Question.Create(Hash32.Zero, 1, Fact.PythiaKey(Hash32.FromUInt64(1)));
        var itself = Question.Create(Hash32.Zero, 1, Fact.OwnerOf, Fact.PythiaKey(_key.Fingerprint));
        CheckSigned(another, _body with { Results = [results] }).ShouldBe(AnswerFault.None);
        CheckSigned(itself, _body with { Results = [FactResult.Null, results] }).ShouldBe(AnswerFault.OwnKey);
    }

    private AnswerFault CheckSigned(Question question, AnswerBody body)
    {
        using var signer = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            D = Convert.FromHexString(AnswerVectors.Shared.PrivateKey),
            Q = new ECPoint { X = _key.PublicKey[..32].ToArray(), Y = _key.PublicKey[32..].ToArray() },
        });
        var bytes = body.Encode();
        var signature = signer.SignData(SignedAnswer.ToBeSigned(_signed.KeyId, bytes, AnswerVectors.Shared.Config, question.Encoded.Span), HashAlgorithmName.SHA256);
        Es256Key.NormaliseS(signature);
        return AnswerCheck.Check(
            new SignedAnswer(_signed.KeyId, bytes, signature).Encode(), new Request(question, body.Nonce, 0), _key, AnswerVectors.Shared.Config).Fault;
    }

    [Fact]
    public void Check_CutShortAnywhere_IsNotDeterministicCbor()
    {
        for (var length = 0; length < _vector.AnswerBytes.Length; length++)
        {
            Check(_vector.AnswerBytes[..length]).ShouldBe(AnswerFault.NotDeterministicCbor);
        }
    }

    [Fact]
    public void Check_AnyBitFlipped_IsRefused()
    {
        for (var bit = 0; bit < 8 * _vector.AnswerBytes.Length; bit++)
        {
            var bytes = _vector.AnswerBytes;
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Check(bytes).ShouldNotBe(AnswerFault.None, $"bit {bit}");
        }
    }

    [Fact]
    public void Check_SignatureTurnedToHighS_IsHighS()
    {
        var signature = _signed.Signature.ToArray();
        var s = Order - new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
        s.ToByteArray(isUnsigned: true, isBigEndian: true).CopyTo(signature, 32);
        Es256Key.IsLowS(signature).ShouldBeFalse();
        Check((_signed with { Signature = signature }).Encode()).ShouldBe(AnswerFault.HighS);

        Es256Key.NormaliseS(signature);
        signature.ShouldBe(_signed.Signature);
    }

    [Fact]
    public void IsLowS_AtTheBorder_IsExact()
    {
        var signature = new byte[64];
        var half = (Order - 1) / 2;
        half.ToByteArray(isUnsigned: true, isBigEndian: true).CopyTo(signature, 32);
        Es256Key.IsLowS(signature).ShouldBeTrue();
        (half + 1).ToByteArray(isUnsigned: true, isBigEndian: true).CopyTo(signature, 32);
        Es256Key.IsLowS(signature).ShouldBeFalse();
    }

    [Fact]
    public void Check_OtherKeyConfigurationOrQuestion_IsSignature()
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = ecdsa.ExportParameters(includePrivateParameters: false).Q;
        using var otherKey = Es256Key.TryImport([.. point.X!, .. point.Y!]).ShouldNotBeNull();
        AnswerCheck.Check(_vector.AnswerBytes, _request, otherKey, AnswerVectors.Shared.Config).Fault.ShouldBe(AnswerFault.Signature);

        AnswerCheck.Check(_vector.AnswerBytes, _request, _key, new byte[32]).Fault.ShouldBe(AnswerFault.Signature);

        var fact = _request.Question.Facts[0];
        var otherDevice = _request with { Question = Question.Create(Hash32.FromUInt64(1), 41, fact) };
        AnswerCheck.Check(_vector.AnswerBytes, otherDevice, _key, AnswerVectors.Shared.Config).Fault.ShouldBe(AnswerFault.Signature);
        var otherParty = _request with { Question = Question.Create(_request.Question.Device, 41, Fact.CommandAllowed(Address.Zero, fact.Subject)) };
        AnswerCheck.Check(_vector.AnswerBytes, otherParty, _key, AnswerVectors.Shared.Config).Fault.ShouldBe(AnswerFault.Signature);
    }

    [Fact]
    public void Check_KeyIdOfAnotherKey_IsSignatureBecauseItIsSignedToo()
        => Check((_signed with { KeyId = new byte[8] }).Encode()).ShouldBe(AnswerFault.Signature);

    [Fact]
    public void Check_OtherHeaders_AreNamed()
    {
        Check(Sign1(writer => writer.Map(2).Unsigned(1).Integer(-7).Unsigned(4).Bytes(new byte[7]))).ShouldBe(AnswerFault.ProtectedHeader);
        Check(Sign1(writer => writer.Map(2).Unsigned(1).Integer(-35).Unsigned(4).Bytes(new byte[8]))).ShouldBe(AnswerFault.ProtectedHeader);
        Check(Sign1(writer => writer.Map(1).Unsigned(1).Integer(-7))).ShouldBe(AnswerFault.ProtectedHeader);
        Check(new CborWriter().Array(4).Bytes([]).Map(1).Unsigned(1).Integer(-7).Bytes(_signed.Body).Bytes(_signed.Signature).ToArray())
            .ShouldBe(AnswerFault.UnprotectedHeader);
        Check(new CborWriter().Array(4).Bytes([]).Map(0).Bytes(_signed.Body).Bytes(new byte[63]).ToArray()).ShouldBe(AnswerFault.NotSign1);
        Check(new CborWriter().Array(0).ToArray()).ShouldBe(AnswerFault.NotSign1);
    }

    [Fact]
    public void Check_SignedButNotWhatWasAsked_IsNamed()
    {
        Check(SignBody(_body)).ShouldBe(AnswerFault.None);
        Check(Sign([0xF6])).ShouldBe(AnswerFault.Body);
        Check(SignBody(_body with { Nonce = null })).ShouldBe(AnswerFault.Nonce);
        Check(SignBody(_body with { Nonce = [8, 7, 6, 5, 4, 3, 2, 1] })).ShouldBe(AnswerFault.Nonce);
        Check(SignBody(_body with { Results = [FactResult.Null, FactResult.Null] })).ShouldBe(AnswerFault.ResultCount);
        Check(SignBody(_body with { Results = [FactResult.Single(FactValue.Of(1))] })).ShouldBe(AnswerFault.ResultForm);
        Check(SignBody(_body with { Results = [FactResult.ArrayOf(FactValue.Of(2), FactValue.Of(9))] })).ShouldBe(AnswerFault.ResultForm);
        Check(SignBody(_body with { Results = [FactResult.ArrayOf(FactValue.Of(1))] })).ShouldBe(AnswerFault.ResultForm);
        Check(SignBody(_body with { Block = 40 })).ShouldBe(AnswerFault.MinBlock);
    }

    [Fact]
    public void Check_LevelBelowTheRequests_IsLevel()
        => AnswerCheck.Check(_vector.AnswerBytes, _request with { MinLevel = 1 }, _key, AnswerVectors.Shared.Config).Fault.ShouldBe(AnswerFault.Level);

    [Fact]
    public void Check_NonceInAnAnswerForAnyone_IsNonce()
    {
        var vector = AnswerVectors.Shared.Find("OwnerOf for anyone");
        var withNonce = vector.DecodeRequest() with { Nonce = [1, 2, 3, 4, 5, 6, 7, 8] };
        AnswerCheck.Check(vector.AnswerBytes, withNonce, _key, AnswerVectors.Shared.Config).Fault.ShouldBe(AnswerFault.Nonce);
    }

    [Fact]
    public void TryImport_NoPointOfTheCurve_IsNull()
    {
        Es256Key.TryImport(new byte[64]).ShouldBeNull();
        Es256Key.TryImport(new byte[63]).ShouldBeNull();
        var bent = Convert.FromHexString(AnswerVectors.Shared.PublicKey);
        bent[63] ^= 1;
        Es256Key.TryImport(bent).ShouldBeNull();
    }

    private AnswerFault Check(byte[] answer)
    {
        var verdict = AnswerCheck.Check(answer, _request, _key, AnswerVectors.Shared.Config);
        (verdict.Body is null).ShouldBe(verdict.Fault != AnswerFault.None);
        return verdict.Fault;
    }

    private byte[] Sign1(Action<CborWriter> header)
    {
        var writer = new CborWriter();
        header(writer);
        return new CborWriter().Array(4).Bytes(writer.Written).Map(0).Bytes(_signed.Body).Bytes(_signed.Signature).ToArray();
    }

    private byte[] SignBody(AnswerBody body) => Sign(body.Encode());

    private byte[] Sign(byte[] body)
    {
        var publicKey = Convert.FromHexString(AnswerVectors.Shared.PublicKey);
        using var ecdsa = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            D = Convert.FromHexString(AnswerVectors.Shared.PrivateKey),
            Q = new ECPoint { X = publicKey[..32], Y = publicKey[32..] },
        });
        var toBeSigned = SignedAnswer.ToBeSigned(_signed.KeyId, body, AnswerVectors.Shared.Config, _request.Question.Encoded.Span);
        var signature = ecdsa.SignData(toBeSigned, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        Es256Key.NormaliseS(signature);
        return new SignedAnswer(_signed.KeyId, body, signature).Encode();
    }
}
