using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Tests.Quotes;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Tests.Passports;

/// <summary>
/// A quote has no time in it. Whoever once had a key and keeps an old quote over it gets no passport: a verifier signs only for quotes over a challenge of its own
/// that is not over.
/// </summary>
public sealed class PassportFreshnessTests : IDisposable
{
    private const string Missing = nameof(PassportRefusal.ChallengeMissing);
    private const string Foreign = nameof(PassportRefusal.ChallengeForeign);
    private const string Expired = nameof(PassportRefusal.ChallengeExpired);
    private const string Ahead = nameof(PassportRefusal.ChallengeAhead);

    private readonly SimulatedWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(0, "")]
    [InlineData(120, "")]
    [InlineData(121, Expired)]
    [InlineData(86_400, Expired)]
    [InlineData(-5, "")]
    [InlineData(-6, Ahead)]
    public void Issue_QuoteOverAChallenge_IsTakenAsLongAsTheChallengeHolds(int secondsLater, string refusal)
    {
        var binding = _world.Binding;
        _world.Clock.Now += TimeSpan.FromSeconds(secondsLater);
        _world.Refusals(_world.Evidence(binding)).ShouldBe(refusal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Issue_QuoteWithoutAChallenge_IsRefusedWhateverNonceOfADeviceItHas(bool ofADevice)
    {
        byte[] nonce = [.. ofADevice ? Enumerable.Repeat((byte)7, 8) : new byte[8], .. new byte[24]];
        var outcome = _world.Issue(_world.Evidence(_world.Binding with { Nonce = nonce }));
        outcome.Describe().ShouldStartWith($"{Missing}: 0x");
    }

    [Fact]
    public void Issue_KeyKeptWithAnOldQuote_GetsNoPassportEverAgain()
    {
        var kept = _world.Evidence();
        _world.Issue(kept).IsIssued.ShouldBeTrue(); // while its enclave lives
        _world.Clock.Now += TimeSpan.FromDays(20); // the key is destroyed, collateral is as good as ever, and anybody can renew it
        _world.Refusals(kept with { Collateral = _world.Platform.IssueCollateral() }).ShouldBe(Expired);

        // A challenge of today beside the old quote is not in it.
        _world.Refusals(kept with { Binding = _world.Binding, Collateral = _world.Platform.IssueCollateral() }).ShouldContain(nameof(PassportRefusal.ReportDataMismatch));
    }

    [Fact]
    public void Issue_ChallengeOfAnotherVerifier_IsForeign()
    {
        using var other = PassportSigner.Create();
        var theirs = other.DeriveChallenges(_world.ChallengeLifetime).Make(_world.Clock.Now);
        _world.Refusals(_world.Evidence(_world.Binding with { Nonce = (byte[])[.. new byte[8], .. theirs] })).ShouldBe(Foreign);
    }

    [Fact]
    public void Issue_AnyBitOfAChallengeChanged_IsForeign()
    {
        var challenge = _world.Issuer.MakeChallenge();
        for (var bit = 0; bit < 8 * PassportChallenges.ChallengeBytes; bit++)
        {
            var changed = challenge.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            _world.Refusals(_world.Evidence(_world.Binding with { Nonce = (byte[])[.. new byte[8], .. changed] })).ShouldBe(Foreign, $"bit {bit}");
        }
    }

    [Fact]
    public void Challenge_AfterARestartOrOnAnotherMachineWithTheKey_IsKnown()
    {
        var made = _world.Issuer.MakeChallenge();
        using var again = PassportSigner.Import(_world.Signer.Export());
        var there = new PassportIssuer(_world.Policy, again, _world.Lifetime, _world.ChallengeLifetime, _world.Clock);
        there.Issue(_world.Evidence(_world.Binding with { Nonce = (byte[])[.. new byte[8], .. made] })).IsIssued.ShouldBeTrue();
    }

    [Fact]
    public void MakeChallenge_Twice_IsNeverTheSameAndNeverZeros()
    {
        var made = Enumerable.Range(0, 100).Select(_ => Convert.ToHexString(_world.Issuer.MakeChallenge())).ToList();
        made.Distinct(StringComparer.Ordinal).Count().ShouldBe(100);
        made.ShouldNotContain(new string('0', 48));
    }

    [Fact]
    public void Judge_ForADevice_TakesZerosBehindItsNonceAndNothingElse()
    {
        byte[] nonce = [1, 2, 3, 4, 5, 6, 7, 8, .. new byte[24]];
        Judge(nonce, QuoteFreshness.OwnNonce).Claims!.Nonce!.Value.ToArray().ShouldBe([1, 2, 3, 4, 5, 6, 7, 8]);
        nonce[31] = 1;
        Judge(nonce, QuoteFreshness.OwnNonce).Reasons.ShouldHaveSingleItem().Name.ShouldBe(nameof(PassportRefusal.NonceForm));
    }

    [Fact]
    public void Judge_StaleAllowed_SaysWhetherTheAgeIsKnown()
    {
        var stale = QuoteFreshness.StaleAllowed(_world.Signer.DeriveChallenges(_world.ChallengeLifetime));
        var fresh = Judge(_world.Binding.Nonce.ToArray(), stale);
        fresh.Age.ShouldBe(new QuoteAge(SimulatedWorld.Now, IsKnown: true));
        var old = Judge(new byte[32], stale);
        old.Reasons.ShouldBeEmpty();
        old.Age.ShouldBe(QuoteAge.Any);
    }

    [VectorFact(SharedCase.Folder)]
    public void TierOf_QuoteOfAnyAge_IsWarningAtBest()
    {
        var good = SharedCase.Load("sgx3-automata-v3");
        var appraisal = QuoteVerifier.Verify(good.Quote, good.Collateral, QuoteTrust.Intel, good.Now);
        EvidenceJudge.TierOf(appraisal, new QuoteAge(good.Now, IsKnown: true)).ShouldBe(PassportTier.Affirming);
        EvidenceJudge.TierOf(appraisal, QuoteAge.Any).ShouldBe(PassportTier.Warning);
    }

    private EvidenceVerdict Judge(byte[] nonce, QuoteFreshness freshness)
        => EvidenceJudge.Judge(_world.Evidence(_world.Binding with { Nonce = nonce }), _world.Policy, freshness, _world.Clock.Now, _world.Lifetime);
}
