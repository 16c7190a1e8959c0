using System.Text;
using Pythia.Enclave.Attestation.Evidence;

namespace Pythia.Enclave.Attestation.Attesters;

/// <summary>
/// A platform that no hardware stands behind, with the whole vendor of its own: root, PCK Platform or Processor CA, PCK certificate with the SGX extension, TCB
/// signer, TCB info, QE identity, root and PCK CRL, quoting enclave. All keys are made at construction. Safe for concurrent calls.
/// </summary>
/// <remarks>What keeps it out of production is its root key, which no production trust pins. Its FMSPC, <c>51AD00000000</c>, is none of Intel's: a mark for people, which nothing checks.</remarks>
public sealed class SimulatedPlatform : IDisposable
{
    private readonly SimulatedKeys _keys;
    private readonly SimulatedCertificates _certificates;
    private readonly TimeProvider _time;
    private readonly byte[] _quotedChain;

    internal SimulatedPlatform(SimulatedKeys keys, SimulatedCertificates certificates, SimulatedProcessor processor, TimeProvider time)
    {
        (_keys, _certificates, Processor, _time) = (keys, certificates, processor, time);
        // The zero byte at the end is what Intel's library leaves there.
        _quotedChain = [.. PckChain, 0];
    }

    /// <summary>The key that its trust names: P-256 x ‖ y, 64 bytes.</summary>
    public ReadOnlyMemory<byte> RootKey => _keys.Root.PublicKey;

    /// <summary>What its PCK certificate says of it.</summary>
    public SimulatedProcessor Processor { get; }

    internal SimulatedKeys Keys => _keys;

    internal SimulatedCertificates Certificates => _certificates;

    private byte[] PckChain => Encoding.ASCII.GetBytes(SimulatedCertificates.Pem(_certificates.Pck, _certificates.PckCa, _certificates.Root));

    /// <summary>Makes all keys and certificates.</summary>
    public static SimulatedPlatform Create(TimeProvider time, SimulatedProcessor? processor = null)
    {
        processor ??= new SimulatedProcessor();
        var keys = SimulatedKeys.Create();
        return new SimulatedPlatform(keys, SimulatedCertificates.Issue(keys, processor, time.GetUtcNow()), processor, time);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="FileNotFoundException">Nothing was saved there.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or its keys and certificates do not belong together; the message names the member.</exception>
    public static SimulatedPlatform Load(string folder, TimeProvider time) => SimulatedFiles.Load(folder, time);

    /// <summary>Loads the platform of a folder, or makes one and saves it there: processes that share the folder share the root, also when they start at once.</summary>
    /// <inheritdoc cref="Load" path="/exception"/>
    public static SimulatedPlatform LoadOrCreate(string folder, TimeProvider time)
    {
        if (!SimulatedFiles.Exists(folder))
        {
            using var made = Create(time);
            made.Save(folder); // of two that save at once the first stays
        }

        return Load(folder, time);
    }

    /// <summary>
    /// Writes <c>simulated_private_keys.json</c> (all keys and certificates; readable by its owner only), <c>trusted_root.pem</c> and <c>pck_chain.pem</c>.
    /// A folder that has a platform already keeps it.
    /// </summary>
    public void Save(string folder) => SimulatedFiles.Save(this, folder);

    /// <summary>A quote, version 3, with the PCK chain in it (certification type 5).</summary>
    /// <param name="enclave">What the quote says of the enclave.</param>
    /// <param name="reportData">64 bytes.</param>
    /// <exception cref="AttestationException"><paramref name="reportData"/> has another length.</exception>
    public byte[] Quote(SimulatedEnclave enclave, ReadOnlySpan<byte> reportData)
    {
        if (reportData.Length != Verifier.Attestation.KeyBinding.ReportDataBytes)
        {
            throw new AttestationException($"report data: {reportData.Length} bytes found, {Verifier.Attestation.KeyBinding.ReportDataBytes} expected");
        }

        return SimulatedQuote.Write(_keys, Processor, _quotedChain, enclave, reportData);
    }

    /// <summary>Collateral issued at this moment, or at the one that <paramref name="standing"/> names. Null: all is well.</summary>
    public QuoteCollateral IssueCollateral(SimulatedStanding? standing = null)
    {
        standing ??= new SimulatedStanding();
        var at = standing.IssuedAt ?? _time.GetUtcNow();
        var issued = DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds());
        var signerChain = Encoding.ASCII.GetBytes(SimulatedCertificates.Pem(_certificates.TcbSigner, _certificates.Root));
        return new QuoteCollateral
        {
            TcbInfo = SimulatedDocuments.TcbInfo(_keys, Processor, standing, issued),
            TcbInfoIssuerChain = signerChain,
            QeIdentity = SimulatedDocuments.QeIdentity(_keys, Processor, standing, issued),
            QeIdentityIssuerChain = signerChain,
            RootCaCrl = SimulatedDocuments.RootCrl(_keys, _certificates, standing, issued),
            PckCrl = SimulatedDocuments.PckCrl(_keys, _certificates, standing, issued),
            PckCrlIssuerChain = Encoding.ASCII.GetBytes(SimulatedCertificates.Pem(_certificates.PckCa, _certificates.Root)),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys.Dispose();
        _certificates.Dispose();
    }
}
