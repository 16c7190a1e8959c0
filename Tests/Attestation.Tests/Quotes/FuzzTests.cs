using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Tests.Quotes;

/// <summary>
/// Random bytes, and real evidence broken at random in several places: an appraisal each time, never an exception, and never an acceptance of anything new.
/// The suite runs 8,000 inputs; <c>PYTHIA_FUZZ_INPUTS</c> sets another number.
/// </summary>
[Collection(WholeMachine.Name)]
public sealed class FuzzTests
{
    private const int DefaultInputs = 8_000;
    private const int Chunk = 500;

    private static readonly int Inputs = int.TryParse(Environment.GetEnvironmentVariable("PYTHIA_FUZZ_INPUTS"), out var number) ? number : DefaultInputs;

    private static readonly string[] JsonPieces = ["{", "}", "[", "]", "\"", ",", ":", "null", "-1", "1e400", "99999999999999999999", "\\ud800", "\u00ff", "\"tcbInfo\":", "\"svn\":256"];

    [VectorFact(SharedCase.Folder)]
    public void Verify_RandomInputs_NeverThrowsAndAcceptsNothingNew()
    {
        SharedCase[] cases = [.. SharedCase.AllNames.Select(SharedCase.Load)];
        var genuine = cases.Select(found => Convert.ToHexString(found.Quote.AsSpan(48, 384))).ToHashSet(StringComparer.Ordinal);
        using var maker = new QuoteMaker();
        byte[][] seeds = [maker.Quote(4, QuoteMaker.SgxBody()), maker.Quote(4, QuoteMaker.TdxBody(false, 3, 1, 7), isTdx: true), maker.Quote(5, QuoteMaker.TdxBody(true, 3, 1, 7), isTdx: true)];
        var tdx = maker.Collateral(isTdx: true);

        Parallel.For(0, (Inputs + Chunk - 1) / Chunk, chunk =>
        {
            var random = new Random(chunk);
            for (var i = 0; i < Chunk; i++)
            {
                var found = cases[random.Next(cases.Length)];
                var (quote, collateral) = Input(random, found, seeds, tdx);
                var appraisal = QuoteVerifier.Verify(quote, collateral, random.Next(8) == 0 ? maker.Trust : QuoteTrust.Intel, found.Now);
                var verdict = QuotePolicy.Strict.Judge(appraisal);
                if (verdict.IsAccepted) genuine.ShouldContain(Convert.ToHexString(appraisal.Facts!.Sgx!.Bytes.Span), $"chunk {chunk}, input {i}");
                else verdict.Reasons.ShouldNotBeEmpty();
            }
        });
    }

    private static (byte[] Quote, QuoteCollateral Collateral) Input(Random random, SharedCase found, byte[][] seeds, QuoteCollateral tdx)
    {
        switch (random.Next(8))
        {
            case 0:
                return (RandomBytes(random, random.Next(6000)), new QuoteCollateral());
            case 1: // a header that lets the reader in
                var bytes = RandomBytes(random, 600 + random.Next(5000));
                new byte[] { (byte)(3 + random.Next(3)), 0, 2, 0, (byte)(random.Next(2) * 0x81), 0, 0, 0 }.CopyTo(bytes, 0);
                return (bytes, new QuoteCollateral());
            case 2 or 3:
                return (Break(random, seeds[random.Next(seeds.Length)]), random.Next(4) == 0 ? tdx : new QuoteCollateral());
            case 4:
                return (Break(random, found.Quote), new QuoteCollateral());
            case 5: // only collateral, with a quote that carries no chain
                var (_, lone) = BreakPiece(random, seeds[0], found.Collateral);
                return (seeds[0][..440], lone);
            default:
                var (quote, collateral) = BreakPiece(random, found.Quote, found.Collateral);
                return random.Next(2) == 0 ? (quote, collateral) : BreakPiece(random, quote, collateral);
        }
    }

    private static (byte[] Quote, QuoteCollateral Collateral) BreakPiece(Random random, byte[] quote, QuoteCollateral collateral)
    {
        var piece = Tampering.Pieces[random.Next(Tampering.Pieces.Length)];
        return Tampering.With(quote, collateral, piece, Break(random, Tampering.Get(quote, collateral, piece)));
    }

    private static byte[] Break(Random random, byte[] bytes)
    {
        for (var round = random.Next(4); round >= 0; round--) bytes = BreakOnce(random, bytes);
        return bytes;
    }

    private static byte[] BreakOnce(Random random, byte[] bytes)
    {
        var at = random.Next(bytes.Length + 1);
        var length = Math.Min(random.Next(1, 40), bytes.Length - at);
        switch (random.Next(7))
        {
            case 0: // flip
                byte[] flipped = [.. bytes];
                if (at < flipped.Length) flipped[at] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1: // overwrite
                byte[] written = [.. bytes];
                RandomBytes(random, length).CopyTo(written, at);
                return written;
            case 2: // an extreme length
                byte[] extreme = [.. bytes];
                if (at + 4 <= extreme.Length) BitConverter.GetBytes(random.Next(3) switch { 0 => uint.MaxValue, 1 => int.MaxValue, _ => (uint)random.Next(8192) }).CopyTo(extreme, at);
                return extreme;
            case 3: // cut out
                return [.. bytes.AsSpan(0, at), .. bytes.AsSpan(at + length)];
            case 4: // double
                return [.. bytes.AsSpan(0, at + length), .. bytes.AsSpan(at)];
            case 5: // cut off
                return bytes[..at];
            default: // words that JSON readers stumble over
                return [.. bytes.AsSpan(0, at), .. System.Text.Encoding.Latin1.GetBytes(JsonPieces[random.Next(JsonPieces.Length)]), .. bytes.AsSpan(at)];
        }
    }

    private static byte[] RandomBytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
