using System.Security.Cryptography;

namespace Pythia.Enclave.Verifier.Attestation;

/// <summary>What a quote binds together (architecture sections 6 and 11). Each member has exactly the stated bytes.</summary>
/// <param name="SigningKey">P-256 x ‖ y, 64 bytes: signs answers.</param>
/// <param name="AgreementKey">P-256 x ‖ y, 64 bytes: for key agreement.</param>
/// <param name="ConfigurationHash">32 bytes, <see cref="Answers.EnclaveConfiguration.ComputeHash"/>.</param>
/// <param name="AnchorHash">32 bytes, <see cref="EnclaveAnchor.ComputeHash"/>.</param>
/// <param name="Nonce">32 bytes of whoever asked; zeros where nobody did.</param>
public sealed record KeyBinding(
    ReadOnlyMemory<byte> SigningKey,
    ReadOnlyMemory<byte> AgreementKey,
    ReadOnlyMemory<byte> ConfigurationHash,
    ReadOnlyMemory<byte> AnchorHash,
    ReadOnlyMemory<byte> Nonce)
{
    public const int KeyBytes = 64;
    public const int HashBytes = 32;
    public const int NonceBytes = 32;
    public const int ReportDataBytes = 64;

    /// <summary>
    /// SHA-256("pythia/1" ‖ signing key ‖ key-agreement key ‖ configuration hash ‖ anchor hash ‖ nonce) ‖ 32 zero bytes.
    /// </summary>
    /// <exception cref="ArgumentException">A member has another length; the message names it.</exception>
    public byte[] ComputeReportData()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("pythia/1"u8);
        Append(SigningKey, KeyBytes, nameof(SigningKey));
        Append(AgreementKey, KeyBytes, nameof(AgreementKey));
        Append(ConfigurationHash, HashBytes, nameof(ConfigurationHash));
        Append(AnchorHash, HashBytes, nameof(AnchorHash));
        Append(Nonce, NonceBytes, nameof(Nonce));
        var reportData = new byte[ReportDataBytes];
        hash.GetHashAndReset(reportData);
        return reportData;

        void Append(ReadOnlyMemory<byte> member, int bytes, string name)
        {
            if (member.Length != bytes) throw new ArgumentException($"{name}: {member.Length} bytes found, {bytes} expected", name);
            hash.AppendData(member.Span);
        }
    }
}
