namespace Pythia.Enclave;

/// <summary>A quote and what it binds: what an attestation verifier needs of an enclave itself. Collateral comes from elsewhere.</summary>
/// <param name="Quote">DCAP quote whose REPORTDATA is that of the members below (architecture section 6).</param>
/// <param name="SigningKey">P-256 x ‖ y, 64 bytes.</param>
/// <param name="AgreementKey">P-256 x ‖ y, 64 bytes.</param>
/// <param name="ConfigurationHash">32 bytes.</param>
/// <param name="AnchorHash">32 bytes.</param>
/// <param name="Nonce">32 bytes as asked; zeros where none was.</param>
public sealed record EnclaveAttestation(
    ReadOnlyMemory<byte> Quote,
    ReadOnlyMemory<byte> SigningKey,
    ReadOnlyMemory<byte> AgreementKey,
    ReadOnlyMemory<byte> ConfigurationHash,
    ReadOnlyMemory<byte> AnchorHash,
    ReadOnlyMemory<byte> Nonce);

/// <summary>A key's own word that it ends, for <c>revokeOwnKey</c> of PythiaRegistry. It is of no use for anything else, and no secret.</summary>
/// <param name="SigningKey">P-256 x ‖ y, 64 bytes: the key that has ended.</param>
/// <param name="Signature">ES256 r ‖ s, 64 bytes, over "pythia/revoke-key/1" ‖ chain id 32 ‖ contract 20 ‖ SHA-256(x ‖ y) 32.</param>
public sealed record EnclaveRevocation(ReadOnlyMemory<byte> SigningKey, ReadOnlyMemory<byte> Signature);
