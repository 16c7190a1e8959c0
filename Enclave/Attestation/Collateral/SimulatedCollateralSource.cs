using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Evidence;

namespace Pythia.Enclave.Attestation.Collateral;

/// <summary>Issues collateral of a simulated platform at each call.</summary>
/// <param name="platform">Which.</param>
/// <param name="standing">How its vendor stands to it at each call; null: all is well.</param>
public sealed class SimulatedCollateralSource(SimulatedPlatform platform, Func<SimulatedStanding>? standing = null) : ICollateralSource
{
    /// <inheritdoc/>
    public ValueTask<QuoteCollateral> GetAsync(CollateralKey key, CancellationToken cancellationToken = default)
    {
        var own = new CollateralKey(Convert.ToHexStringLower(platform.Processor.Fmspc.Span), platform.Processor.ByPlatformCa);
        return key == own
            ? ValueTask.FromResult(platform.IssueCollateral(standing?.Invoke()))
            : throw new CollateralException(CollateralTroubleKind.Unknown, $"collateral {key} asked for, only {own} is simulated");
    }
}
