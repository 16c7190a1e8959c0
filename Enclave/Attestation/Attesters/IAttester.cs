namespace Pythia.Enclave.Attestation.Attesters;

/// <summary>Makes quotes of the process that it lives in. Safe for concurrent calls.</summary>
public interface IAttester
{
    /// <summary>How quotes are made here, for logs and health: <c>gramine</c> or <c>simulated</c>.</summary>
    string Kind { get; }

    /// <summary>A quote over exactly these bytes.</summary>
    /// <param name="reportData">64 bytes, as <see cref="Verifier.Attestation.KeyBinding.ComputeReportData"/> makes them.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>DCAP quote bytes, without anything behind them.</returns>
    /// <exception cref="AttestationException">No quote could be made; the message says what was found and what was expected.</exception>
    ValueTask<byte[]> QuoteAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken = default);
}
