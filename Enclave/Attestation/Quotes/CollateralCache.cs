namespace Pythia.Enclave.Attestation.Quotes;

/// <summary>
/// Remembers by hash of their bytes which collateral and PCK chains were read, and whether their signatures hold. Nothing that depends on the time is kept.
/// Safe for concurrent calls.
/// </summary>
/// <param name="capacity">How many sets of collateral, and how many chains, are kept at most; the one used longest ago goes first.</param>
public sealed class CollateralCache(int capacity = CollateralCache.DefaultCapacity)
{
    public const int DefaultCapacity = 64;

    public int Capacity { get; } = capacity;
}
