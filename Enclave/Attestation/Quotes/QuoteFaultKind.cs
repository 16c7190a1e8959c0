namespace Pythia.Enclave.Attestation.Quotes;

/// <summary>Why evidence does not hold. The names are printed and stay; the order is that of the check.</summary>
public enum QuoteFaultKind
{
    // The quote's own bytes.
    QuoteTooLarge,
    QuoteMalformed,
    QuoteVersionUnsupported,
    TeeTypeUnsupported,
    AttestationKeyTypeUnsupported,
    QeVendorUnknown,
    TrailingBytes,

    // PCK chain.
    CertificationDataUnsupported,
    PckChainMissing,
    PckChainMalformed,
    PckChainInvalid,
    PckChainSignatureInvalid,
    RootUntrusted,
    PckChainNotYetValid,
    PckChainExpired,
    PckExtensionInvalid,

    // CRLs.
    RootCrlMissing,
    RootCrlMalformed,
    RootCrlIssuerMismatch,
    RootCrlSignatureInvalid,
    RootCrlNotYetValid,
    RootCrlExpired,
    PckCrlMissing,
    PckCrlMalformed,
    PckCrlIssuerMismatch,
    PckCrlSignatureInvalid,
    PckCrlNotYetValid,
    PckCrlExpired,
    PckCertificateRevoked,
    IntermediateRevoked,
    TcbSignerRevoked,

    // TCB info.
    TcbInfoMissing,
    TcbInfoMalformed,
    TcbInfoVersionUnsupported,
    TcbInfoChainMissing,
    TcbInfoChainMalformed,
    TcbInfoChainInvalid,
    TcbInfoChainSignatureInvalid,
    TcbInfoChainNotYetValid,
    TcbInfoChainExpired,
    TcbInfoSignatureInvalid,
    TcbInfoNotYetValid,
    TcbInfoExpired,
    TcbInfoTeeMismatch,
    FmspcMismatch,
    PceIdMismatch,

    // QE identity.
    QeIdentityMissing,
    QeIdentityMalformed,
    QeIdentityVersionUnsupported,
    QeIdentityChainMissing,
    QeIdentityChainMalformed,
    QeIdentityChainInvalid,
    QeIdentityChainSignatureInvalid,
    QeIdentityChainNotYetValid,
    QeIdentityChainExpired,
    QeIdentitySignatureInvalid,
    QeIdentityNotYetValid,
    QeIdentityExpired,
    QeIdentityTeeMismatch,

    // Quoting enclave and quote.
    QeReportSignatureInvalid,
    AttestationKeyUnbound,
    AttestationKeyInvalid,
    QuoteSignatureInvalid,
    QeMiscSelectMismatch,
    QeAttributesMismatch,
    QeSignerMismatch,
    QeProductMismatch,
    QeLevelUnsupported,

    // TCB.
    TcbLevelUnsupported,
    TdxModuleMismatch,
    TdxModuleUnknown,
    TdxModuleLevelUnsupported,
}
