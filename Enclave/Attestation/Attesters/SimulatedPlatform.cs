using Pythia.Enclave.Attestation.Evidence;

namespace Pythia.Enclave.Attestation.Attesters;

/// <summary>
/// A platform that no hardware stands behind, with the whole vendor of its own: root, PCK Platform or Processor CA, PCK certificate with the SGX extension, TCB
/// signer, TCB info, QE identity, root and PCK CRL, quoting enclave. All keys are made at construction. Safe for concurrent calls.
/// </summary>
/// <remarks>Two trip wires keep it out of production: its root key is none that a production trust pins, and its FMSPC, <c>51AD00000000</c>, is none of Intel's.</remarks>
public sealed class SimulatedPlatform : IDisposable
{
    /// <summary>Makes all keys and certificates.</summary>
    public static SimulatedPlatform Create(TimeProvider time, SimulatedProcessor? processor = null) => throw new NotSupportedException();

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">Files of the folder do not belong together; the message names the one.</exception>
    public static SimulatedPlatform Load(string folder, TimeProvider time) => throw new NotSupportedException();

    /// <summary>Loads the platform of a folder, or makes one and saves it there: processes that share the folder share the root, also when they start at once.</summary>
    public static SimulatedPlatform LoadOrCreate(string folder, TimeProvider time) => throw new NotSupportedException();

    /// <summary>The key that its trust names: P-256 x ‖ y, 64 bytes.</summary>
    public ReadOnlyMemory<byte> RootKey => throw new NotSupportedException();

    /// <summary>What its PCK certificate says of it.</summary>
    public SimulatedProcessor Processor => throw new NotSupportedException();

    /// <summary>Certificates and keys: <c>pck_chain.pem</c>, <c>trusted_root.pem</c>, <c>simulated_private_keys.json</c>.</summary>
    public void Save(string folder) => throw new NotSupportedException();

    /// <summary>A quote, version 3, with the PCK chain in it (certification type 5).</summary>
    public byte[] Quote(SimulatedEnclave enclave, ReadOnlySpan<byte> reportData) => throw new NotSupportedException();

    /// <summary>Collateral issued at this moment.</summary>
    public QuoteCollateral IssueCollateral(SimulatedStanding? standing = null) => throw new NotSupportedException();

    /// <summary>Quote and collateral, a file a piece, laid out as <c>verify quote DIR</c> reads it.</summary>
    public static void WriteEvidence(string folder, ReadOnlyMemory<byte> quote, QuoteCollateral collateral) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotSupportedException();
}
