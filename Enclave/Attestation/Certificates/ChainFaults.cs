using Pythia.Enclave.Attestation.Quotes;

namespace Pythia.Enclave.Attestation.Certificates;

/// <summary>What the faults of one chain are called.</summary>
internal sealed record ChainFaults(
    string Name,
    QuoteFaultKind Missing,
    QuoteFaultKind Malformed,
    QuoteFaultKind Invalid,
    QuoteFaultKind SignatureInvalid,
    QuoteFaultKind NotYetValid,
    QuoteFaultKind Expired)
{
    public static ChainFaults Pck { get; } = new(
        "PCK chain",
        QuoteFaultKind.PckChainMissing,
        QuoteFaultKind.PckChainMalformed,
        QuoteFaultKind.PckChainInvalid,
        QuoteFaultKind.PckChainSignatureInvalid,
        QuoteFaultKind.PckChainNotYetValid,
        QuoteFaultKind.PckChainExpired);

    public static ChainFaults TcbInfo { get; } = new(
        "TCB info's chain",
        QuoteFaultKind.TcbInfoChainMissing,
        QuoteFaultKind.TcbInfoChainMalformed,
        QuoteFaultKind.TcbInfoChainInvalid,
        QuoteFaultKind.TcbInfoChainSignatureInvalid,
        QuoteFaultKind.TcbInfoChainNotYetValid,
        QuoteFaultKind.TcbInfoChainExpired);

    public static ChainFaults QeIdentity { get; } = new(
        "QE identity's chain",
        QuoteFaultKind.QeIdentityChainMissing,
        QuoteFaultKind.QeIdentityChainMalformed,
        QuoteFaultKind.QeIdentityChainInvalid,
        QuoteFaultKind.QeIdentityChainSignatureInvalid,
        QuoteFaultKind.QeIdentityChainNotYetValid,
        QuoteFaultKind.QeIdentityChainExpired);
}
