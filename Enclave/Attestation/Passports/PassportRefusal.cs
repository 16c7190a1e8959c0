namespace Pythia.Enclave.Attestation.Passports;

/// <summary>What stands against evidence beyond what quote and policy say (<see cref="Quotes.QuoteFaultKind"/>, <see cref="Policies.PolicyRefusal"/>). The names are printed and stay.</summary>
public enum PassportRefusal
{
    /// <summary>No evidence of the stated form.</summary>
    EvidenceMalformed,

    /// <summary>Not an SGX enclave: a passport has no place for another measurement.</summary>
    TeeUnsupported,

    /// <summary>REPORTDATA is not made of the keys, hashes and nonce that stand beside the quote.</summary>
    ReportDataMismatch,

    /// <summary>A key is no point of P-256.</summary>
    KeyInvalid,

    /// <summary>The configuration that the enclave answers for is none that the policy names.</summary>
    ConfigurationNotAllowed,

    /// <summary>Nobody appraised where the enclave's trust in heads begins.</summary>
    AnchorNotAllowed,

    /// <summary>The policy does not say who operates this platform.</summary>
    OperatorUnknown,

    /// <summary>The nonce is neither 8 bytes and zeros nor zeros, where no challenge is demanded: a passport could not carry it.</summary>
    NonceForm,

    /// <summary>Collateral or key end so soon that a passport would be of no use.</summary>
    EndsTooSoon,

    /// <summary>The quote holds no challenge: it may be of any age, and its keys long lost.</summary>
    ChallengeMissing,

    /// <summary>The quote holds a challenge that this verifier did not make.</summary>
    ChallengeForeign,

    /// <summary>The challenge is too old: fresh evidence is to be had with a new one.</summary>
    ChallengeExpired,

    /// <summary>The challenge is of the future: a clock of this verifier was wrong when it was made, or is now.</summary>
    ChallengeAhead,

    /// <summary>A challenge of this verifier, but not the one that was demanded.</summary>
    ChallengeOther,
}
