namespace Pythia.Enclave.Attestation.Quotes;

/// <summary>A quote taken apart; nothing of it is checked.</summary>
internal sealed record Quote
{
    public required int Version { get; init; }

    /// <summary>Attestation key type; all but 2 (ECDSA over P-256) have a fault.</summary>
    public required int KeyType { get; init; }

    public required TeeKind Tee { get; init; }

    public SgxReport? Sgx { get; init; }

    public TdxReport? Tdx { get; init; }

    /// <summary>Header ‖ body, in version 5 with the body's type and size between them: what the attestation key signs.</summary>
    public required ReadOnlyMemory<byte> Signed { get; init; }

    /// <summary>Null when the signature section is not as it must be.</summary>
    public QuoteSignature? Signature { get; init; }

    /// <summary>Bytes behind the quote.</summary>
    public int TrailingBytes { get; init; }

    public ReadOnlyMemory<byte> ReportData => Sgx?.ReportData ?? Tdx!.ReportData;
}

/// <summary>What stands behind the body.</summary>
internal sealed record QuoteSignature
{
    /// <summary>r ‖ s, 64 bytes (key type 3: 96), by the attestation key over <see cref="Quote.Signed"/>.</summary>
    public required ReadOnlyMemory<byte> IsvSignature { get; init; }

    /// <summary>x ‖ y, 64 bytes (key type 3: 96).</summary>
    public required ReadOnlyMemory<byte> AttestationKey { get; init; }

    public required SgxReport QeReport { get; init; }

    /// <summary>r ‖ s, 64 bytes, by the PCK key over the QE report.</summary>
    public required ReadOnlyMemory<byte> QeReportSignature { get; init; }

    public required ReadOnlyMemory<byte> QeAuthData { get; init; }

    public required int CertificationType { get; init; }

    public required ReadOnlyMemory<byte> CertificationData { get; init; }
}
