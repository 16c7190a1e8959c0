using Pythia.Enclave.Attestation.Evidence;

namespace Pythia.Enclave.Attestation.Collateral;

/// <summary>How the collateral of one platform stands.</summary>
/// <param name="Key">Which.</param>
/// <param name="EvaluationNumber">Of what is kept; null: nothing is.</param>
/// <param name="NotBefore">When what is kept began to hold; null: nothing is kept.</param>
/// <param name="NotAfter">When what is kept ends; null: nothing is kept.</param>
/// <param name="Trouble">What is wrong with the newest attempt or with what is kept; null when nothing is.</param>
/// <param name="WentBackFrom">The higher evaluation number in whose place what is kept came, by the operator's word; null where it did not.</param>
public sealed record CollateralStanding(
    CollateralKey Key, int? EvaluationNumber, DateTimeOffset? NotBefore, DateTimeOffset? NotAfter, CollateralTrouble? Trouble, int? WentBackFrom = null);

/// <summary>What is wrong, and since when.</summary>
/// <param name="Kind">Its name.</param>
/// <param name="Detail">What was found and what was expected.</param>
/// <param name="Since">When it was first found; it stays while attempts go on failing, for whatever reason.</param>
public sealed record CollateralTrouble(CollateralTroubleKind Kind, string Detail, DateTimeOffset Since);

/// <summary>What is there for one platform now.</summary>
/// <param name="Collateral">Holds at this moment by its own dates; null when there is none that does.</param>
/// <param name="Standing">Why there is none, or how long there is some.</param>
public sealed record CollateralLookup(QuoteCollateral? Collateral, CollateralStanding Standing);
