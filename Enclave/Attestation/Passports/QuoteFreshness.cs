using Pythia.Enclave.Attestation.Policies;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Ethereum;

namespace Pythia.Enclave.Attestation.Passports;

/// <summary>
/// What whoever judges evidence demands of bytes 8 to 31 of the quote's nonce. A quote has no time in it: that it was made after some moment is proven only by
/// bytes in it that nobody knew before.
/// </summary>
public abstract record QuoteFreshness
{
    private QuoteFreshness()
    {
    }

    /// <summary>Zeros. For a device, which holds the first 8 bytes against a nonce of its own: that is what makes the quote fresh for it.</summary>
    public static QuoteFreshness OwnNonce { get; } = new Zeros();

    /// <summary>A challenge of this verifier that is not over. For whoever signs passports for others.</summary>
    public static QuoteFreshness Challenged(PassportChallenges challenges) => new Challenge(challenges, IsDemanded: true);

    /// <summary>
    /// The same, and whatever else: the quote may be of any age, and its keys long lost. Nothing that is vouched for without a challenge gets more than
    /// <see cref="PassportTier.Warning"/>.
    /// </summary>
    public static QuoteFreshness StaleAllowed(PassportChallenges challenges) => new Challenge(challenges, IsDemanded: false);

    /// <summary>What stands against the nonce; and, where nothing does, since when the quote is at most.</summary>
    internal abstract (PolicyReason? Refusal, QuoteAge Age) Judge(ReadOnlySpan<byte> rest, DateTimeOffset now);

    private sealed record Zeros : QuoteFreshness
    {
        internal override (PolicyReason? Refusal, QuoteAge Age) Judge(ReadOnlySpan<byte> rest, DateTimeOffset now)
            => rest.ContainsAnyExcept((byte)0)
                ? (new PolicyReason(nameof(PassportRefusal.NonceForm), $"{Hex.Format(rest)} found, {Passport.NonceBytes} bytes and zeros expected"), QuoteAge.Any)
                : (null, QuoteAge.ForTheAsker);
    }

    private sealed record Challenge(PassportChallenges Challenges, bool IsDemanded) : QuoteFreshness
    {
        internal override (PolicyReason? Refusal, QuoteAge Age) Judge(ReadOnlySpan<byte> rest, DateTimeOffset now)
            => Challenges.FindProblem(rest, now, out var made) is not { } problem ? (null, new QuoteAge(made, IsKnown: true))
                : IsDemanded ? (new PolicyReason(problem.ToString(), Describe(problem, rest, made, now)), QuoteAge.Any)
                : (null, QuoteAge.Any);

        private string Describe(PassportRefusal problem, ReadOnlySpan<byte> rest, DateTimeOffset made, DateTimeOffset now) => problem switch
        {
            PassportRefusal.ChallengeExpired => $"a challenge of {made:u} found, one of {now - Challenges.Lifetime:u} or later expected",
            PassportRefusal.ChallengeAhead => $"a challenge of {made:u} found, one of {now + PassportChallenges.MostAhead:u} or earlier expected",
            _ => $"{Hex.Format(rest)} found in the last {PassportChallenges.ChallengeBytes} bytes of the nonce, a challenge of this verifier expected",
        };
    }
}

/// <summary>How old a quote can be.</summary>
/// <param name="NotBefore">It was made then or later; null where no challenge says so.</param>
/// <param name="IsKnown">False: of any age, and its keys may be long lost.</param>
public readonly record struct QuoteAge(DateTimeOffset? NotBefore, bool IsKnown)
{
    /// <summary>Nothing is known of it.</summary>
    public static QuoteAge Any => default;

    /// <summary>Fresh for whoever made its nonce, if that was fresh, and for nobody else.</summary>
    public static QuoteAge ForTheAsker => new(null, IsKnown: true);
}
