using Pythia.Enclave.Attestation.Certificates;
using Pythia.Enclave.Attestation.Evidence;

namespace Pythia.Enclave.Attestation.Quotes;

/// <summary>Where the PCK chain is: in the quote (certification type 5), its leaf in the quote (4), or beside it (1 to 3).</summary>
/// <param name="Type">Certification type; null when the quote's signature section could not be read.</param>
/// <param name="Certificates">Chain or leaf; null when there is none.</param>
/// <param name="Issuers">What completes a leaf; null otherwise.</param>
internal readonly record struct PckSource(int? Type, ReadOnlyMemory<byte>? Certificates, ReadOnlyMemory<byte>? Issuers)
{
    private const int PlainPpid = 1;
    private const int Rsa3072Ppid = 3;
    private const int PckLeaf = 4;

    public static PckSource Of(QuoteSignature? signature, QuoteCollateral collateral) => signature?.CertificationType switch
    {
        null => new(null, null, null),
        QuoteReader.PckChainData => new(QuoteReader.PckChainData, signature.CertificationData, null),
        PckLeaf => new(PckLeaf, signature.CertificationData, collateral.PckCrlIssuerChain),
        >= PlainPpid and <= Rsa3072Ppid => new(signature.CertificationType, collateral.PckChain, null),
        var other => new(other, null, null),
    };

    /// <summary>The one certificate that speaks of a platform, wherever it stands among however many; null when there is not exactly one.</summary>
    public Certificate? FindLeaf()
    {
        if (Certificates is not { } bytes) return null;

        var found = CertificateBytes.Read(bytes, out _).Select(der => Certificate.TryRead(der, out _)).Where(certificate => certificate?.SgxExtension is not null).ToArray();
        return found.Length == 1 ? found[0] : null;
    }

    public CertificateChain? Read(QuoteTrust trust, KeyRing keys, FaultList faults)
    {
        if (Certificates is { } bytes) return CertificateChain.ReadPck(bytes, Issuers, trust, keys, faults);

        if (Type is { } type)
        {
            var isKnown = type is >= PlainPpid and <= QuoteReader.PckChainData;
            faults.Add(
                isKnown ? QuoteFaultKind.PckChainMissing : QuoteFaultKind.CertificationDataUnsupported,
                isKnown ? $"PCK chain: the quote has certification data of type {type} and none came beside it" : $"certification data: type {type} found, 1 to 5 expected");
        }

        return null;
    }
}
