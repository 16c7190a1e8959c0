using System.Collections.Concurrent;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Tests.Quotes;

/// <summary>
/// Real evidence with one thing changed is never accepted, unless <see cref="Tampering.IsOutside"/> says why it is the same evidence.
/// <c>PYTHIA_LONG_TESTS=1</c> flips each of the eight bits of every byte, where the suite flips one.
/// </summary>
[Collection(WholeMachine.Name)]
public sealed class MutationTests
{
    private const string GoodCase = "sgx3-automata-v3";

    // Kept from one change to the next, so that whatever it holds of the good evidence is shown not to serve the changed one.
    private static readonly CollateralCache Cache = new();

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("PYTHIA_LONG_TESTS") == "1";

    public static TheoryData<string> Pieces => [.. Tampering.Pieces];

    [VectorTheory(SharedCase.Folder)]
    [MemberData(nameof(Pieces))]
    public void Judge_OneBitOfAnyByteChanged_IsNotAccepted(string piece)
    {
        var good = SharedCase.Load(GoodCase);
        var original = Tampering.Get(good.Quote, good.Collateral, piece);
        var accepted = new ConcurrentBag<string>();
        Parallel.For(0, IsLong || piece != Tampering.PckCrlIssuerChain ? original.Length : 16, at => // that one is not read at all
        {
            for (var bit = IsLong ? 0 : at % 8; bit < (IsLong ? 8 : (at % 8) + 1); bit++)
            {
                byte[] changed = [.. original];
                changed[at] ^= (byte)(1 << bit);
                if (IsAccepted(good, piece, changed) && !Tampering.IsOutside(piece, original, at, changed[at])) accepted.Add($"byte {at}: {original[at]:x2} to {changed[at]:x2}");
            }
        });
        accepted.ShouldBeEmpty();
    }

    [VectorTheory(SharedCase.Folder)]
    [MemberData(nameof(Pieces))]
    public void Judge_CutAtEachLength_IsNotAccepted(string piece)
    {
        var good = SharedCase.Load(GoodCase);
        var original = Tampering.Get(good.Quote, good.Collateral, piece);
        var accepted = new ConcurrentBag<int>();
        Parallel.For(0, IsLong ? original.Length : original.Length / 3, i =>
        {
            var length = IsLong ? i : original.Length - 1 - (3 * i);
            if (IsAccepted(good, piece, original[..length]) && !IsOnlyPaddingCut(piece, original.AsSpan(length))) accepted.Add(length);
        });
        accepted.ShouldBeEmpty();
    }

    [VectorTheory(SharedCase.Folder)]
    [MemberData(nameof(Pieces))]
    public void Judge_PieceMissingOrEmpty_IsNotAccepted(string piece)
    {
        var good = SharedCase.Load(GoodCase);
        if (piece != Tampering.PckCrlIssuerChain) IsAccepted(good, piece, []).ShouldBeFalse();

        IsAccepted(good, piece, Tampering.Get(good.Quote, good.Collateral, piece)).ShouldBeTrue();
    }

    // Header, body, ISV signature, attestation key, QE report, its signature, authentication data: each belongs to its own quote.
    [VectorTheory(SharedCase.Folder)]
    [InlineData(0, 48)]
    [InlineData(48, 384)]
    [InlineData(436, 64)]
    [InlineData(500, 64)]
    [InlineData(564, 384)]
    [InlineData(948, 64)]
    [InlineData(564, 448)] // QE report with its own signature
    [InlineData(436, 576)] // all signatures and keys
    public void Judge_FieldOfAnotherQuote_IsNotAccepted(int offset, int length)
    {
        var good = SharedCase.Load(GoodCase);
        var swapped = 0;
        foreach (var other in SharedCase.AllNames)
        {
            var quote = SharedCase.Load(other).Quote;
            if (quote.AsSpan(offset, length).SequenceEqual(good.Quote.AsSpan(offset, length))) continue;

            byte[] changed = [.. good.Quote];
            quote.AsSpan(offset, length).CopyTo(changed.AsSpan(offset));
            IsAccepted(good, Tampering.Quote, changed).ShouldBeFalse($"{other} at {offset}");
            swapped++;
        }

        swapped.ShouldBeGreaterThan(5);
    }

    // Collateral is Intel's for many platforms: what is genuine at that time and says nothing of another platform may take its place.
    [VectorFact(SharedCase.Folder)]
    public void Judge_CollateralOfAnotherCase_IsAcceptedOnlyWhereItIsGenuineForThisPlatform()
    {
        var good = SharedCase.Load(GoodCase);
        foreach (var name in SharedCase.AllNames)
        {
            var other = SharedCase.Load(name);
            foreach (var piece in Tampering.Pieces.Except([Tampering.Quote, Tampering.PckCrlIssuerChain]))
            {
                var bytes = Tampering.Get(other.Quote, other.Collateral, piece);
                if (bytes.Length == 0 || !IsAccepted(good, piece, bytes)) continue;

                // At that time only two cases have collateral that counts: this one and the one of the same day and family.
                var isChainOrRootCrl = piece.EndsWith("IssuerChain", StringComparison.Ordinal) || piece == "RootCaCrl";
                var isOfTheDay = name is GoodCase or "sgx3-gramine-ratls-konvera";
                (isOfTheDay || (isChainOrRootCrl && name != "sgx3-intelqvl-simulated-root")).ShouldBeTrue($"{piece} of {name}");
            }
        }
    }

    private static bool IsAccepted(SharedCase good, string piece, byte[] changed)
    {
        var (quote, collateral) = Tampering.With(good.Quote, good.Collateral, piece, changed);
        return QuotePolicy.Strict.Judge(QuoteVerifier.Verify(quote, collateral, QuoteTrust.Intel, good.Now, Cache)).IsAccepted;
    }

    // What is not read at all, and white space or NUL at the end of text.
    private static bool IsOnlyPaddingCut(string piece, ReadOnlySpan<byte> cut)
        => piece == Tampering.PckCrlIssuerChain || (piece != Tampering.Quote && !cut.ContainsAnyExcept("\0 \t\r\n"u8));
}
