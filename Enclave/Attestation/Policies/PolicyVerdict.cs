using System.Collections.Immutable;

namespace Pythia.Enclave.Attestation.Policies;

/// <summary>What a policy says of an appraisal.</summary>
/// <param name="Reasons">Why it is refused, every reason that was found; empty when it is accepted.</param>
/// <param name="Measurement">The first entry that let it through; null when it is refused, and when the policy names no measurements.</param>
public sealed record PolicyVerdict(ImmutableArray<PolicyReason> Reasons, AllowedMeasurement? Measurement)
{
    /// <summary>Every entry that lets it through; empty where <see cref="Measurement"/> is null.</summary>
    public ImmutableArray<AllowedMeasurement> Fitting { get; init; } = [];

    public bool IsAccepted => Reasons.IsEmpty;
}

/// <summary>One reason for a refusal.</summary>
/// <param name="Name">That of a <see cref="Quotes.QuoteFaultKind"/> or of a <see cref="PolicyRefusal"/>.</param>
/// <param name="Detail">Names the thing, what was found and what was expected.</param>
public sealed record PolicyReason(string Name, string Detail);

/// <summary>What a policy itself can object to in evidence that holds. The names are printed and stay.</summary>
public enum PolicyRefusal
{
    /// <summary>The chain ends in a key that the policy does not name, whatever the appraisal trusted.</summary>
    RootNotAllowed,
    DebugEnabled,
    NotInitialized,
    NotMode64,
    ServiceTdBound,
    MeasurementNotAllowed,
    StatusUnknown,
    StatusNotAllowed,
    AdvisoryNotAllowed,
    EvaluationNumberTooLow,
    PlatformNotAllowed,
}
