namespace Pythia.Enclave.Attestation.Attesters;

/// <summary>
/// Writes DCAP quotes of version 3, byte-true, under the root of a <see cref="SimulatedPlatform"/>. No hardware stands behind them: only a trust that
/// names that root accepts them.
/// </summary>
public sealed class SimulatedAttester(SimulatedPlatform platform, SimulatedEnclave enclave) : IAttester
{
    /// <inheritdoc/>
    public string Kind => "simulated";

    /// <inheritdoc/>
    public ValueTask<byte[]> QuoteAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(platform.Quote(enclave, reportData.Span));
    }
}
