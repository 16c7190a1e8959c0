namespace Pythia.Enclave.Attestation.Evidence;

/// <summary>
/// What Intel, or a simulated hierarchy, says of a platform, byte for byte as it was received: nothing here is trusted before it is verified.
/// Null is a piece that is missing.
/// </summary>
public sealed record QuoteCollateral
{
    /// <summary>UTF-8 JSON <c>{"tcbInfo":{…},"signature":"…"}</c> (PCS v4 <c>/tcb</c>).</summary>
    public ReadOnlyMemory<byte>? TcbInfo { get; init; }

    /// <summary>PEM: TCB signing certificate, root.</summary>
    public ReadOnlyMemory<byte>? TcbInfoIssuerChain { get; init; }

    /// <summary>UTF-8 JSON <c>{"enclaveIdentity":{…},"signature":"…"}</c> (PCS v4 <c>/qe/identity</c>).</summary>
    public ReadOnlyMemory<byte>? QeIdentity { get; init; }

    /// <summary>PEM: TCB signing certificate, root.</summary>
    public ReadOnlyMemory<byte>? QeIdentityIssuerChain { get; init; }

    /// <summary>DER: revoked intermediates and TCB signers, by the root.</summary>
    public ReadOnlyMemory<byte>? RootCaCrl { get; init; }

    /// <summary>DER: revoked PCK certificates, by the Platform or Processor CA.</summary>
    public ReadOnlyMemory<byte>? PckCrl { get; init; }

    /// <summary>PEM: the CA that signed <see cref="PckCrl"/>, root.</summary>
    public ReadOnlyMemory<byte>? PckCrlIssuerChain { get; init; }

    /// <summary>PEM: PCK leaf, intermediate, root; only for quotes that do not carry it (certification types 1 to 3).</summary>
    public ReadOnlyMemory<byte>? PckChain { get; init; }
}
