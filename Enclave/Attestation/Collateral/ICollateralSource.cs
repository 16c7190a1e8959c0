using Pythia.Enclave.Attestation.Evidence;

namespace Pythia.Enclave.Attestation.Collateral;

/// <summary>Which collateral: what a quote's PCK certificate says of its platform.</summary>
/// <param name="Fmspc">12 lower-case hex digits.</param>
/// <param name="PlatformCa">True: the PCK certificate was issued by the Platform CA; false: by the Processor CA.</param>
/// <param name="Tdx">True: TDX; false: SGX.</param>
public readonly record struct CollateralKey(string Fmspc, bool PlatformCa, bool Tdx = false);

/// <summary>Where collateral comes from. Nobody believes it: what it gives is verified with each quote. Safe for concurrent calls.</summary>
public interface ICollateralSource
{
    /// <summary>The newest collateral that there is.</summary>
    /// <exception cref="CollateralException">None could be had; the message says what was found and what was expected.</exception>
    ValueTask<QuoteCollateral> GetAsync(CollateralKey key, CancellationToken cancellationToken = default);
}

/// <summary>Collateral could not be had.</summary>
public sealed class CollateralException(string message, Exception? inner = null) : Exception(message, inner);
