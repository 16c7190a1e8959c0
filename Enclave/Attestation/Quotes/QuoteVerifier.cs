using Pythia.Enclave.Attestation.Evidence;

namespace Pythia.Enclave.Attestation.Quotes;

/// <summary>
/// Checks a DCAP quote against what its maker says of the platform. Pure: no clock, no network, no file. Any bytes get an appraisal, none an exception.
/// </summary>
/// <remarks>
/// Quotes of version 3 (SGX), 4 and 5 (SGX and TDX). The check goes on after a fault as far as it can, so that an appraisal holds every fact that
/// the evidence states; a fact is proven only where there is no fault. Whether facts suffice is for <see cref="Policies.QuotePolicy"/> to say.
/// </remarks>
public static class QuoteVerifier
{
    /// <summary>Checks without remembering anything.</summary>
    /// <param name="quote">As the attester made it; zero bytes behind it are let through and counted.</param>
    /// <param name="collateral">Byte for byte as received.</param>
    /// <param name="trust">The root keys to hold the chains to; <see cref="QuoteTrust.Intel"/> for real platforms.</param>
    /// <param name="now">From a trusted clock; one instant for the whole check.</param>
    public static QuoteAppraisal Verify(ReadOnlyMemory<byte> quote, QuoteCollateral collateral, QuoteTrust trust, DateTimeOffset now)
        => Verify(quote, collateral, trust, now, cache: null);

    /// <summary>Checks, and takes from <paramref name="cache"/> what was checked before of exactly the same bytes. Times are looked at anew each time.</summary>
    public static QuoteAppraisal Verify(
        ReadOnlyMemory<byte> quote, QuoteCollateral collateral, QuoteTrust trust, DateTimeOffset now, CollateralCache? cache)
        => throw new NotSupportedException("being written");
}
