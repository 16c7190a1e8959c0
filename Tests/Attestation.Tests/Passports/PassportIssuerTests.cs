using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Attestation.Tcb;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Tests.Quotes;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Tests.Passports;

/// <summary>Evidence with one thing changed gets no passport, and the reason is the right one.</summary>
public sealed class PassportIssuerTests : IDisposable
{
    private readonly SimulatedWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void Issue_GoodEvidence_SaysWhatWasJudgedAndADeviceTakesIt()
    {
        var outcome = _world.Issue();
        outcome.Describe().ShouldBe("");
        var verdict = _world.Check(outcome.Passport!);
        verdict.Fault.ShouldBe(PassportFault.None, verdict.Detail);
        var passport = verdict.Passport!;
        passport.Operator.ShouldBe("operator-a.example");
        passport.IssuedUnixSeconds.ShouldBe((ulong)SimulatedWorld.Now.ToUnixTimeSeconds());
        passport.ExpiresUnixSeconds.ShouldBe(passport.IssuedUnixSeconds + 3_600);
        passport.SigningKey.ToArray().ShouldBe(_world.Binding.SigningKey.ToArray());
        passport.AgreementKey.ShouldBe(Passport.Compress(_world.Binding.AgreementKey.Span));
        passport.Platform.ShouldBe(Passport.PlatformOf(_world.Platform.Processor.Ppid.Span));
        passport.Measurement.ToArray().ShouldBe(SimulatedWorld.Measurement);
        passport.AnchorHash.ToArray().ShouldBe(_world.Binding.AnchorHash.ToArray());
        passport.PlatformStatus.ShouldBe(PlatformStatus.UpToDate);
        passport.Nonce.ShouldBeNull();
        passport.IsDebug.ShouldBeFalse();
    }

    [Fact]
    public void Issue_SimulatedRoot_IsNeverMoreThanTierNone() => _world.Issue().Claims!.Tier.ShouldBe(PassportTier.None);

    [Fact]
    public void Issue_SimulatedRootUnderAPolicyOfIntels_IsRootUntrusted()
    {
        _world.Policy = _world.Policy with { Quote = _world.Policy.Quote with { Trust = QuoteTrust.Intel } };
        _world.Refusals().ShouldContain(nameof(QuoteFaultKind.RootUntrusted));
    }

    [Fact]
    public void Issue_KeysThatTheQuoteDoesNotBind_IsReportDataMismatch()
    {
        var evidence = _world.Evidence();
        using var other = new SimulatedWorld();
        foreach (var binding in new[]
        {
            evidence.Binding with { SigningKey = other.Binding.SigningKey },
            evidence.Binding with { AgreementKey = other.Binding.AgreementKey },
            evidence.Binding with { SigningKey = evidence.Binding.AgreementKey, AgreementKey = evidence.Binding.SigningKey },
            evidence.Binding with { ConfigurationHash = PassportMaker.Filled(32, 9) },
            evidence.Binding with { AnchorHash = PassportMaker.Filled(32, 9) },
            evidence.Binding with { Nonce = PassportMaker.Filled(32, 9) },
        })
        {
            _world.Refusals(evidence with { Binding = binding }).ShouldBe(nameof(PassportRefusal.ReportDataMismatch));
        }
    }

    [Fact]
    public void Issue_KeyOffTheCurve_IsKeyInvalid()
    {
        var key = _world.Binding.AgreementKey.ToArray();
        key[0] ^= 1;
        _world.Refusals(_world.Evidence(_world.Binding with { AgreementKey = key })).ShouldBe(nameof(PassportRefusal.KeyInvalid));
        _world.Refusals(_world.Evidence(_world.Binding with { SigningKey = key })).ShouldBe(nameof(PassportRefusal.KeyInvalid));
    }

    [Fact]
    public void Issue_AnotherConfigurationOrAnchor_IsNamed()
    {
        _world.Refusals(_world.Evidence(_world.Binding with { ConfigurationHash = PassportMaker.Filled(32, 9) })).ShouldBe(nameof(PassportRefusal.ConfigurationNotAllowed));
        _world.Refusals(_world.Evidence(_world.Binding with { AnchorHash = PassportMaker.Filled(32, 9) })).ShouldBe(nameof(PassportRefusal.AnchorNotAllowed));

        _world.Policy = _world.Policy with { DevelopmentAnchorAllowed = false };
        _world.Refusals().ShouldBe(nameof(PassportRefusal.AnchorNotAllowed));
        _world.Policy = _world.Policy with { Anchors = [Convert.ToHexStringLower(PassportMaker.Filled(32, 9))] };
        _world.Refusals(_world.Evidence(_world.Binding with { AnchorHash = PassportMaker.Filled(32, 9) })).ShouldBe("");
    }

    [Fact]
    public void Issue_OneMeasurementInSeveralEntries_MayRunUnderTheConfigurationsOfEachThatLetsItThrough()
    {
        var other = PassportMaker.Filled(32, 9);
        var evidence = _world.Evidence(_world.Binding with { ConfigurationHash = other });
        var entry = _world.Policy.Quote.Measurements!.Value[0];
        var second = entry with { Configurations = [Convert.ToHexStringLower(other)] };

        _world.Policy = _world.Policy with { Quote = _world.Policy.Quote with { Measurements = [entry, second] } };
        _world.Refusals(evidence).ShouldBe("");
        _world.Refusals().ShouldBe("");

        // One that objects to the platform lends its configurations to nobody.
        _world.Policy = _world.Policy with { Quote = _world.Policy.Quote with { Measurements = [entry, second with { Statuses = [TcbStatus.OutOfDate] }] } };
        _world.Refusals(evidence).ShouldBe(nameof(PassportRefusal.ConfigurationNotAllowed));
        _world.Refusals().ShouldBe("");
    }

    [Fact]
    public void Issue_AnotherMeasurementOrADebugEnclave_IsNamed()
    {
        _world.Refusals(_world.Evidence(enclave: new SimulatedEnclave(PassportMaker.Filled(32, 9)))).ShouldContain(nameof(PolicyRefusal.MeasurementNotAllowed));

        var debug = new SimulatedEnclave(SimulatedWorld.Measurement) { Flags = SimulatedEnclave.UsualFlags | SimulatedEnclave.DebugFlag };
        _world.Refusals(_world.Evidence(enclave: debug)).ShouldBe(nameof(PolicyRefusal.DebugEnabled));

        _world.Policy = _world.Policy with { Quote = _world.Policy.Quote with { DebugAllowed = true } };
        var claims = _world.Issue(_world.Evidence(enclave: debug)).Claims!;
        claims.IsDebug.ShouldBeTrue(); // a policy may let it through, and the passport says so
        claims.Tier.ShouldBe(PassportTier.None);
    }

    [Fact]
    public void Issue_PlatformWithoutAnOperator_IsOperatorUnknown()
    {
        _world.Policy = _world.Policy with { Operators = ImmutableDictionary<string, string>.Empty };
        _world.Refusals().ShouldBe(nameof(PassportRefusal.OperatorUnknown));
        _world.Policy = _world.Policy with { OperatorOfOthers = "others.example" };
        _world.Issue().Claims!.Operator.ShouldBe("others.example");
    }

    [Fact]
    public void Issue_PlatformThatIsNotListed_IsPlatformNotAllowed()
    {
        _world.Policy = _world.Policy with { Quote = _world.Policy.Quote with { Platforms = [new string('0', 32)] } };
        _world.Refusals().ShouldBe(nameof(PolicyRefusal.PlatformNotAllowed));
    }

    [Fact]
    public void Issue_Nonce_IsCarriedWithoutTheChallenge()
    {
        _world.Issue(_world.Evidence(_world.BindingOf([1, 2, 3, 4, 5, 6, 7, 8]))).Claims!.Nonce!.Value.ToArray().ShouldBe([1, 2, 3, 4, 5, 6, 7, 8]);
        _world.Issue().Claims!.Nonce.ShouldBeNull();
    }

    [Fact]
    public void Issue_End_IsTheEarliestOfLifetimeCollateralAndKeys()
    {
        ulong End(PassportOutcome outcome) => outcome.Claims!.ExpiresUnixSeconds - outcome.Claims.IssuedUnixSeconds;
        End(_world.Issue()).ShouldBe(3_600UL);

        var soon = new SimulatedStanding { Lifetime = TimeSpan.FromMinutes(30) };
        End(_world.Issue(_world.Evidence(standing: soon))).ShouldBe(1_800UL);

        var now = (ulong)SimulatedWorld.Now.ToUnixTimeSeconds();
        End(_world.Issue(_world.Evidence() with { KeyEndsUnixSeconds = now + 600 })).ShouldBe(600UL);
        End(_world.Issue(_world.Evidence() with { KeyEndsUnixSeconds = ulong.MaxValue })).ShouldBe(3_600UL);
        _world.Refusals(_world.Evidence() with { KeyEndsUnixSeconds = now + 59 }).ShouldBe(nameof(PassportRefusal.EndsTooSoon));
        _world.Refusals(_world.Evidence() with { KeyEndsUnixSeconds = 0 }).ShouldBe(nameof(PassportRefusal.EndsTooSoon));
    }

    [Theory]
    [InlineData("1960-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59Z")]
    public void Issue_AnyDateThatNobodySigned_IsRefused(string nextUpdate)
    {
        var evidence = _world.Evidence();
        var tcb = JsonNode.Parse(evidence.Collateral.TcbInfo!.Value.Span)!;
        tcb["tcbInfo"]!["nextUpdate"] = nextUpdate;
        var changed = evidence with { Collateral = evidence.Collateral with { TcbInfo = SimulatedWorld.Utf8(tcb.ToJsonString()) } };
        foreach (var ends in new ulong?[] { null, 0, 1, 1UL << 62, ulong.MaxValue })
        {
            _world.Refusals(changed with { KeyEndsUnixSeconds = ends }).ShouldContain(nameof(QuoteFaultKind.TcbInfoSignatureInvalid));
        }
    }

    [VectorFact(SharedCase.Folder)]
    public void TierOf_CrlsThatThePolicyForgave_IsWarningAtBest()
    {
        var good = SharedCase.Load("sgx3-automata-v3");
        var policy = QuotePolicy.Strict with { CrlsRequired = false };
        TierOf(good.Collateral).ShouldBe(PassportTier.Affirming);
        TierOf(good.Collateral with { RootCaCrl = null }).ShouldBe(PassportTier.Warning);
        TierOf(good.Collateral with { PckCrl = null }).ShouldBe(PassportTier.Warning);

        PassportTier TierOf(QuoteCollateral collateral)
        {
            var appraisal = QuoteVerifier.Verify(good.Quote, collateral, QuoteTrust.Intel, good.Now);
            policy.Judge(appraisal).IsAccepted.ShouldBeTrue();
            return EvidenceJudge.TierOf(appraisal, QuoteAge.ForTheAsker);
        }
    }

    [Fact]
    public void Issue_CollateralThatIsOver_IsRefused()
    {
        _world.ChallengeLifetime = TimeSpan.FromDays(60);
        var evidence = _world.Evidence();
        _world.Clock.Now += TimeSpan.FromDays(31);
        _world.Refusals(evidence).ShouldContain(nameof(QuoteFaultKind.TcbInfoExpired));
    }

    [Theory]
    [InlineData("UpToDate", TcbStatus.UpToDate, PlatformStatus.UpToDate)]
    [InlineData("SWHardeningNeeded", TcbStatus.SWHardeningNeeded, PlatformStatus.SwHardeningNeeded)]
    [InlineData("ConfigurationNeeded", TcbStatus.ConfigurationNeeded, PlatformStatus.ConfigurationNeeded)]
    [InlineData("OutOfDate", TcbStatus.OutOfDate, PlatformStatus.OutOfDate)]
    public void Issue_StatusThatThePolicyTakes_StandsInThePassport(string tcb, TcbStatus allowed, PlatformStatus expected)
    {
        _world.Policy = _world.Policy with { Quote = _world.Policy.Quote with { Statuses = [allowed] } };
        _world.Issue(_world.Evidence(standing: new SimulatedStanding { TcbStatus = tcb })).Claims!.PlatformStatus.ShouldBe(expected);
        _world.Policy = _world.Policy with { Quote = _world.Policy.Quote with { Statuses = [TcbStatus.ConfigurationAndSWHardeningNeeded] } };
        _world.Refusals(_world.Evidence(standing: new SimulatedStanding { TcbStatus = tcb })).ShouldBe(nameof(PolicyRefusal.StatusNotAllowed));
    }

    [Fact]
    public void Issue_PlatformRevoked_IsRefused()
        => _world.Refusals(_world.Evidence(standing: new SimulatedStanding { LeafRevoked = true })).ShouldContain(nameof(QuoteFaultKind.PckCertificateRevoked));

    [Fact]
    public void Issue_BytesThatAreNoEvidence_IsEvidenceMalformed()
    {
        var issuer = _world.Issuer;
        var encoded = _world.Evidence().Encode();
        foreach (var bytes in new[] { [], encoded[..^1], [.. encoded, 0], [0x80] })
        {
            issuer.Issue(bytes).Reasons.ShouldHaveSingleItem().Name.ShouldBe(nameof(PassportRefusal.EvidenceMalformed));
        }
    }

    [Fact]
    public void Issue_AnyByteOfTheEvidenceChanged_IsRefusedOrSaysTheSame()
    {
        var encoded = _world.Evidence().Encode();
        var issuer = _world.Issuer;
        var expected = issuer.Issue(encoded).Claims!.Encode();
        for (var at = 0; at < encoded.Length; at += 11)
        {
            var bytes = encoded.ToArray();
            bytes[at] ^= 0x10;
            if (issuer.Issue(bytes).Claims is { } claims) claims.Encode().ShouldBe(expected, $"byte {at}");
        }
    }

    [Fact]
    public void Import_WhatWasExported_IsTheSameKeyAndOthersAreRefused()
    {
        using var again = PassportSigner.Import(_world.Signer.Export());
        again.PublicKey.ToArray().ShouldBe(_world.Signer.PublicKey.ToArray());
        using var p384 = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP384);
        using var p256 = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        foreach (var pem in new[] { "", "nothing", p384.ExportPkcs8PrivateKeyPem(), p256.ExportSubjectPublicKeyInfoPem() })
        {
            Should.Throw<System.Security.Cryptography.CryptographicException>(() => PassportSigner.Import(pem));
        }
    }
}
