using System.Collections.Immutable;

namespace Pythia.Enclave.Attestation.Quotes;

/// <summary>What a check of a quote found. It is no verdict: that is for <see cref="Policies.QuotePolicy.Judge"/>.</summary>
/// <param name="Facts">What quote and collateral state, as far as they could be read; null where not even the quote could. Proven only where <paramref name="Faults"/> is empty.</param>
/// <param name="Faults">What does not hold, in the order of the check; empty for a quote that is genuine at that time.</param>
public sealed record QuoteAppraisal(QuoteFacts? Facts, ImmutableArray<QuoteFault> Faults)
{
    /// <summary>No fault, missing CRLs included.</summary>
    public bool IsGenuine => Facts is not null && Faults.IsEmpty;
}

/// <summary>One thing that does not hold.</summary>
/// <param name="Kind">Its name; stable.</param>
/// <param name="Detail">Names the thing, what was found and what was expected.</param>
public sealed record QuoteFault(QuoteFaultKind Kind, string Detail);
