using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Quotes;
using Shouldly;

namespace Pythia.Tests.Quotes;

/// <summary>What is kept saves work and decides nothing: time, trust and every byte count as they do without it.</summary>
[Collection(WholeMachine.Name)]
public sealed class CollateralCacheTests : IDisposable
{
    private readonly QuoteMaker _maker = new();
    private readonly CollateralCache _cache = new(capacity: 2);

    public void Dispose() => _maker.Dispose();

    [Fact]
    public void Verify_SameCollateralAgain_IsKeptOnceAndSaysTheSame()
    {
        var collateral = _maker.Collateral();
        var first = Verify(_maker.Quote(3, QuoteMaker.SgxBody()), collateral);
        var second = Verify(_maker.Quote(3, QuoteMaker.SgxBody(0x07)), collateral);

        _cache.Count.ShouldBe(1);
        first.Faults.ShouldBeEmpty();
        second.Facts!.Debug.ShouldBeTrue();
        second.Facts.Validity.ShouldBe(first.Facts!.Validity);
    }

    [Fact]
    public void Verify_Later_FindsWhatExpiredSince()
    {
        var (quote, collateral) = (_maker.Quote(3, QuoteMaker.SgxBody()), _maker.Collateral());
        Verify(quote, collateral).Faults.ShouldBeEmpty();

        var late = QuoteVerifier.Verify(quote, collateral, _maker.Trust, QuoteMaker.Now.AddDays(31), _cache);
        late.Faults.Select(fault => fault.Kind).ShouldBe([QuoteFaultKind.PckCrlExpired, QuoteFaultKind.TcbInfoExpired, QuoteFaultKind.QeIdentityExpired], ignoreOrder: true);
    }

    [Fact]
    public void Verify_UnderAnotherTrust_IsCheckedAnew()
    {
        var (quote, collateral) = (_maker.Quote(3, QuoteMaker.SgxBody()), _maker.Collateral());
        Verify(quote, collateral).Faults.ShouldBeEmpty();

        QuoteVerifier.Verify(quote, collateral, QuoteTrust.Intel, QuoteMaker.Now, _cache).Faults.ShouldContain(fault => fault.Kind == QuoteFaultKind.RootUntrusted);
        _cache.Count.ShouldBe(1);
    }

    [Fact]
    public void Verify_RevokedSince_IsRevoked()
    {
        var quote = _maker.Quote(3, QuoteMaker.SgxBody());
        Verify(quote, _maker.Collateral()).Faults.ShouldBeEmpty();

        Verify(quote, _maker.Collateral(standing: new SimulatedStanding { LeafRevoked = true })).Faults.ShouldHaveSingleItem().Kind.ShouldBe(QuoteFaultKind.PckCertificateRevoked);
    }

    // A byte that moves from one piece to the next makes other pieces.
    [Fact]
    public void Verify_SameBytesCutElsewhere_AreOtherPieces()
    {
        var (quote, collateral) = (_maker.Quote(3, QuoteMaker.SgxBody()), _maker.Collateral());
        Verify(quote, collateral).Faults.ShouldBeEmpty();

        var moved = collateral with
        {
            RootCaCrl = collateral.RootCaCrl!.Value[..^1],
            PckCrl = new byte[] { collateral.RootCaCrl.Value.Span[^1] }.Concat(collateral.PckCrl!.Value.ToArray()).ToArray(),
        };
        Verify(quote, moved).Faults.ShouldNotBeEmpty();
    }

    [Fact]
    public void Verify_MissingAndEmptyPiece_AreNotTheSame()
    {
        var quote = _maker.Quote(3, QuoteMaker.SgxBody());
        var missing = _maker.Collateral() with { PckCrl = null };

        Verify(quote, missing).Faults.ShouldHaveSingleItem().Kind.ShouldBe(QuoteFaultKind.PckCrlMissing);
        Verify(quote, missing).Faults.ShouldHaveSingleItem().Kind.ShouldBe(QuoteFaultKind.PckCrlMissing);
        Verify(quote, missing with { PckCrl = ReadOnlyMemory<byte>.Empty }).Faults.ShouldHaveSingleItem().Kind.ShouldBe(QuoteFaultKind.PckCrlMalformed);
    }

    [Fact]
    public void Verify_MoreThanItHolds_LetsTheOldestGo()
    {
        var quote = _maker.Quote(3, QuoteMaker.SgxBody());
        for (var number = 1; number <= 5; number++) Verify(quote, _maker.Collateral(standing: new SimulatedStanding { EvaluationNumber = number })).Faults.ShouldBeEmpty();
        _cache.Count.ShouldBe(2);
    }

    [Fact]
    public void Verify_WhatHasAFault_IsNotKept()
    {
        Verify(_maker.Quote(3, QuoteMaker.SgxBody()), _maker.Collateral(standing: new SimulatedStanding { TcbSignerRevoked = true }));
        _cache.Count.ShouldBe(0);
    }

    [Fact]
    public void Verify_CallersBufferUsedAgain_DoesNotReachWhatIsKept()
    {
        var (quote, collateral) = (_maker.Quote(3, QuoteMaker.SgxBody()), _maker.Collateral());
        byte[] buffer = [.. collateral.TcbInfo!.Value.Span];
        Verify(quote, collateral with { TcbInfo = buffer }).Faults.ShouldBeEmpty();

        buffer.AsSpan().Clear();
        var again = Verify(quote, collateral);
        again.Faults.ShouldBeEmpty();
        again.Facts!.Platform.ShouldNotBeNull();
    }

    [Fact]
    public void Verify_ManyAtOnce_AllHold()
    {
        var (quote, collateral) = (_maker.Quote(3, QuoteMaker.SgxBody()), _maker.Collateral());
        var faults = 0;
        Parallel.For(0, 400, _ => Interlocked.Add(ref faults, Verify(quote, collateral).Faults.Length));
        faults.ShouldBe(0);
    }

    private QuoteAppraisal Verify(byte[] quote, Enclave.Attestation.Evidence.QuoteCollateral collateral)
        => QuoteVerifier.Verify(quote, collateral, _maker.Trust, QuoteMaker.Now, _cache);
}
