using System.Numerics;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Passports;
using Shouldly;
using static Pythia.Tests.Passports.PassportMaker;

namespace Pythia.Tests.Passports;

/// <summary>A true passport with one thing changed is refused, and the reason is the right one.</summary>
public sealed class PassportCheckTests : IDisposable
{
    private static readonly BigInteger Order = BigInteger.Parse(
        "00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", System.Globalization.NumberStyles.HexNumber);

    private readonly PassportMaker _verifier = new();

    public void Dispose() => _verifier.Dispose();

    [Fact]
    public void Check_TruePassport_IsTakenAndSaysWhatWasSigned()
    {
        var verdict = PassportCheck.Check(_verifier.Sign(_verifier.Good), _verifier.Key, _verifier.Expectation);
        verdict.Fault.ShouldBe(PassportFault.None, verdict.Detail);
        verdict.Passport!.Encode().ShouldBe(_verifier.Good.Encode());
        verdict.Passport.Operator.ShouldBe("operator-a.example");
        verdict.Passport.PlatformStatus.ShouldBe(PlatformStatus.SwHardeningNeeded);
    }

    [Fact]
    public void Check_TruePassport_FitsADevice()
        => _verifier.Sign(_verifier.Good).Length.ShouldBe(416);

    [Fact]
    public void Decode_LongestClaims_FitTheLimit()
    {
        var longest = _verifier.Good with
        {
            Operator = new string('o', Passport.MostOperatorCharacters),
            IssuedUnixSeconds = ulong.MaxValue - 1,
            ExpiresUnixSeconds = ulong.MaxValue,
            Tier = PassportTier.Contraindicated,
        };
        longest.Encode().Length.ShouldBeLessThanOrEqualTo(Passport.MaxBytes);
        Passport.Decode(longest.Encode(), out _).ShouldBe(PassportClaimsError.None);
    }

    [Fact]
    public void Check_CutAnywhere_IsNotDeterministicCbor()
    {
        var bytes = _verifier.Sign(_verifier.Good);
        for (var length = 0; length < bytes.Length; length++) _verifier.Check(bytes[..length]).ShouldBe(PassportFault.NotDeterministicCbor, $"{length}");
    }

    [Fact]
    public void Check_AnyBitFlipped_IsRefused()
    {
        var good = _verifier.Sign(_verifier.Good);
        for (var bit = 0; bit < 8 * good.Length; bit++)
        {
            var bytes = good.ToArray();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            _verifier.Check(bytes).ShouldNotBe(PassportFault.None, $"bit {bit}");
        }
    }

    [Fact]
    public void Check_SomethingBehindIt_IsNotDeterministicCbor()
        => _verifier.Check([.. _verifier.Sign(_verifier.Good), 0]).ShouldBe(PassportFault.NotDeterministicCbor);

    [Fact]
    public void Check_SignatureTurnedToHighS_IsHighS()
    {
        SignedPassport.Decode(_verifier.Sign(_verifier.Good), out var signed).ShouldBe(SignedAnswerError.None);
        var s = Order - new BigInteger(signed!.Signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
        var turned = new byte[32];
        var bytes = s.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(turned, 32 - bytes.Length);
        _verifier.Check((signed with { Signature = [.. signed.Signature[..32], .. turned] }).Encode()).ShouldBe(PassportFault.HighS);
    }

    [Fact]
    public void Check_ByAnotherVerifier_IsSignature()
    {
        using var other = new PassportMaker();
        _verifier.Check(other.Sign(_verifier.Good)).ShouldBe(PassportFault.Signature);
    }

    [Fact]
    public void Check_AnswersKeyUsedAsKeyIdOfThePinnedOne_IsSignature()
    {
        using var other = new PassportMaker();
        var keyId = _verifier.Key.KeyId.ToArray(); // claims to be the pinned key
        var claims = _verifier.Good.Encode();
        _verifier.Check(new SignedAnswer(keyId, claims, other.SignRaw(SignedPassport.ToBeSigned(keyId, claims))).Encode()).ShouldBe(PassportFault.Signature);
    }

    [Fact]
    public void Check_SignedAsAnAnswer_IsSignature()
    {
        var keyId = _verifier.Key.KeyId.ToArray();
        var claims = _verifier.Good.Encode();
        var asAnswer = SignedAnswer.ToBeSigned(keyId, claims, Filled(32, 2), new CborWriter().Array(0).Written);
        _verifier.Check(new SignedAnswer(keyId, claims, _verifier.SignRaw(asAnswer)).Encode()).ShouldBe(PassportFault.Signature);
    }

    [Fact]
    public void Check_HeadersOfAnotherForm_IsNamed()
    {
        SignedPassport.Decode(_verifier.Sign(_verifier.Good), out var signed).ShouldBe(SignedAnswerError.None);
        var good = signed!;
        byte[] Envelope(byte[] header, Action<CborWriter> unprotected)
        {
            var writer = new CborWriter().Array(4).Bytes(header);
            unprotected(writer);
            return writer.Bytes(good.Body).Bytes(good.Signature).ToArray();
        }

        var es256 = new CborWriter().Map(2).Unsigned(1).Integer(-7).Unsigned(4).Bytes(good.KeyId).ToArray();
        var es384 = new CborWriter().Map(2).Unsigned(1).Integer(-35).Unsigned(4).Bytes(good.KeyId).ToArray();
        var critical = new CborWriter().Map(3).Unsigned(1).Integer(-7).Unsigned(2).Array(1).Unsigned(9).Unsigned(4).Bytes(good.KeyId).ToArray();
        _verifier.Check(Envelope(es256, w => w.Map(0))).ShouldBe(PassportFault.None);
        _verifier.Check(Envelope(es384, w => w.Map(0))).ShouldBe(PassportFault.ProtectedHeader);
        _verifier.Check(Envelope(critical, w => w.Map(0))).ShouldBe(PassportFault.ProtectedHeader);
        _verifier.Check(Envelope(es256, w => w.Map(1).Unsigned(4).Bytes(good.KeyId))).ShouldBe(PassportFault.UnprotectedHeader);
        _verifier.Check(new CborWriter().Array(3).Bytes(es256).Map(0).Bytes(good.Body).ToArray()).ShouldBe(PassportFault.NotSign1);
    }

    [Fact]
    public void Check_UnknownClaimThatWasSigned_IsUnknownClaim()
    {
        byte[] unknown = new CborWriter().Unsigned(266).Map(0).ToArray(); // submods, after eat_profile
        var profile = new CborWriter().Unsigned(265).Text(Passport.Profile).ToArray();
        _verifier.Check(_verifier.Sign(InsertAfter(profile, unknown))).ShouldBe(PassportFault.UnknownClaim);
    }

    [Fact]
    public void Check_ClaimTwiceOrOutOfOrder_IsClaims()
    {
        var tier = new CborWriter().Unsigned(1000).Unsigned(2).ToArray();
        _verifier.Check(_verifier.Sign(InsertAfter(tier, tier))).ShouldBe(PassportFault.Claims);

        var issuer = new CborWriter().Unsigned(6).Unsigned(Issued).ToArray();
        _verifier.Check(_verifier.Sign(InsertAfter(tier, issuer))).ShouldBe(PassportFault.Claims);
    }

    [Fact]
    public void Check_AnyClaimMissing_IsClaims()
    {
        var claims = _verifier.Good.Encode();
        foreach (var (start, end) in ClaimsOf(claims))
        {
            byte[] without = [(byte)(claims[0] - 1), .. claims[1..start], .. claims[end..]];
            var fault = _verifier.Check(_verifier.Sign(without));
            // The nonce is the one claim that may be missing, and this device sent one.
            fault.ShouldBe(claims[start] == 10 ? PassportFault.Nonce : PassportFault.Claims, $"claim at {start}");
        }
    }

    [Fact]
    public void Check_SomethingBehindTheClaims_IsClaims()
        => _verifier.Check(_verifier.Sign([.. _verifier.Good.Encode(), 0])).ShouldBe(PassportFault.Claims);

    [Theory]
    [InlineData("")]
    [InlineData("Operator-A")]
    [InlineData("operator a")]
    [InlineData("operator-a\u0430")]
    [InlineData("ooooooooooooooooooooooooooooooooo")]
    public void Check_OperatorOfAnotherForm_IsClaims(string name) => _verifier.Check(_verifier.Good with { Operator = name }).ShouldBe(PassportFault.Claims);

    [Fact]
    public void Check_MembersOutsideTheirRange_AreClaims()
    {
        var good = _verifier.Good;
        foreach (var wrong in new[]
        {
            good with { Tier = (PassportTier)3 },
            good with { PlatformStatus = default },
            good with { PlatformStatus = (PlatformStatus)8 },
            good with { Nonce = [1, 2, 3, 4, 5, 6, 7] },
            good with { Nonce = [] },
            good with { Platform = [.. Filled(15, 7)] },
            good with { Measurement = [.. Filled(31, 1)] },
            good with { AgreementKey = [4, .. Filled(32, 1)] },
            good with { IssuedUnixSeconds = Expires },
        })
        {
            _verifier.Check(wrong).ShouldBe(PassportFault.Claims, wrong.ToString());
        }
    }

    [Fact]
    public void Check_DebugStatusNobodyKnows_IsClaims()
    {
        var claims = _verifier.Good.Encode();
        claims[claims.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x19, 0x01, 0x07]) + 3] = 2;
        _verifier.Check(_verifier.Sign(claims)).ShouldBe(PassportFault.Claims);
    }

    [Fact]
    public void Check_AnotherProfile_IsProfile()
    {
        var claims = _verifier.Good.Encode();
        var at = claims.AsSpan().IndexOf("tag:pythia.invalid,2026:passport"u8);
        claims[at + Passport.Profile.Length - 1] ^= 1;
        _verifier.Check(_verifier.Sign(claims)).ShouldBe(PassportFault.Profile);
    }

    [Fact]
    public void Check_SigningKeyOffTheCurve_IsKey()
    {
        var key = _verifier.Good.SigningKey.ToArray();
        key[63] ^= 1;
        _verifier.Check(_verifier.Good with { SigningKey = [.. key] }).ShouldBe(PassportFault.Key);
    }

    [Fact]
    public void Check_NonceOfAnotherOrNone_IsNonce()
    {
        _verifier.Check(_verifier.Good with { Nonce = [1, 2, 3, 4, 5, 6, 7, 9] }).ShouldBe(PassportFault.Nonce);
        _verifier.Check(_verifier.Good with { Nonce = null }).ShouldBe(PassportFault.Nonce);
        _verifier.Check(_verifier.Good with { Nonce = null }, _verifier.Expectation with { Nonce = null }).ShouldBe(PassportFault.None);
    }

    [Fact]
    public void Check_Times_AreHeldToWhatItCanBeNow()
    {
        _verifier.Check(_verifier.Good, _verifier.Expectation with { NowAtLeast = Expires - 1, NowAtMost = Expires - 1 }).ShouldBe(PassportFault.None);
        _verifier.Check(_verifier.Good, _verifier.Expectation with { NowAtLeast = Expires, NowAtMost = Expires }).ShouldBe(PassportFault.Expired);
        _verifier.Check(_verifier.Good, _verifier.Expectation with { NowAtLeast = 0, NowAtMost = Issued }).ShouldBe(PassportFault.None);
        _verifier.Check(_verifier.Good, _verifier.Expectation with { NowAtLeast = 0, NowAtMost = Issued - 1 }).ShouldBe(PassportFault.NotYetValid);
        _verifier.Check(_verifier.Good, _verifier.Expectation with { MostLifetimeSeconds = 3_600 }).ShouldBe(PassportFault.None);
        _verifier.Check(_verifier.Good, _verifier.Expectation with { MostLifetimeSeconds = 3_599 }).ShouldBe(PassportFault.Lifetime);
    }

    [Fact]
    public void Check_WhatTheDevicePins_IsHeldAgainstEachClaim()
    {
        _verifier.Check(_verifier.Good with { ConfigurationHash = [.. Filled(32, 9)] }).ShouldBe(PassportFault.Configuration);
        _verifier.Check(_verifier.Good with { Measurement = [.. Filled(32, 8)] }).ShouldBe(PassportFault.Measurement);
        _verifier.Check(_verifier.Good, _verifier.Expectation with { Measurements = [] }).ShouldBe(PassportFault.Measurement);
        _verifier.Check(_verifier.Good with { IsDebug = true }).ShouldBe(PassportFault.Debug);
        _verifier.Check(_verifier.Good with { IsDebug = true }, _verifier.Expectation with { AllowDebug = true }).ShouldBe(PassportFault.None);
        _verifier.Check(_verifier.Good with { Platform = [.. Filled(16, 8)] }).ShouldBe(PassportFault.Platform);
        _verifier.Check(_verifier.Good with { Platform = [.. Filled(16, 8)] }, _verifier.Expectation with { Platforms = null }).ShouldBe(PassportFault.None);
    }

    [Theory]
    [InlineData(PassportTier.Affirming, PassportTier.Affirming, PassportFault.None)]
    [InlineData(PassportTier.Warning, PassportTier.Affirming, PassportFault.Tier)]
    [InlineData(PassportTier.None, PassportTier.Affirming, PassportFault.Tier)]
    [InlineData(PassportTier.Warning, PassportTier.Warning, PassportFault.None)]
    [InlineData(PassportTier.None, PassportTier.Warning, PassportFault.Tier)]
    [InlineData(PassportTier.None, PassportTier.None, PassportFault.None)]
    [InlineData(PassportTier.Contraindicated, PassportTier.None, PassportFault.Tier)]
    [InlineData(PassportTier.Affirming, PassportTier.Contraindicated, PassportFault.Tier)]
    public void Check_Tier_MustReachTheLeast(PassportTier found, PassportTier least, PassportFault expected)
        => _verifier.Check(_verifier.Good with { Tier = found }, _verifier.Expectation with { LeastTier = least }).ShouldBe(expected);

    [Fact]
    public void Check_RandomBytes_GetAVerdict()
    {
        var random = new Random(5);
        var good = _verifier.Sign(_verifier.Good);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = good.ToArray();
            for (var changes = random.Next(1, 6); changes > 0; changes--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var fault = _verifier.Check(bytes);
            if (!bytes.AsSpan().SequenceEqual(good)) fault.ShouldNotBe(PassportFault.None);
            Passport.Decode(bytes, out _);
        }
    }

    private byte[] InsertAfter(byte[] claim, byte[] inserted)
    {
        var claims = _verifier.Good.Encode();
        var end = claims.AsSpan().IndexOf(claim) + claim.Length;
        return [(byte)(claims[0] + 1), .. claims[1..end], .. inserted, .. claims[end..]];
    }

    // Start and end of each key with its value.
    private static List<(int Start, int End)> ClaimsOf(byte[] claims)
    {
        var found = new List<(int Start, int End)>();
        var reader = new CborReader(claims, claims.Length);
        reader.TryReadMap(1, 100, out var count).ShouldBeTrue();
        var position = 1;
        for (var i = 0; i < count; i++)
        {
            reader.TryReadEncoded(out var key).ShouldBeTrue();
            reader.TryReadEncoded(out var value).ShouldBeTrue();
            found.Add((position, position + key.Length + value.Length));
            position += key.Length + value.Length;
        }

        return found;
    }
}
