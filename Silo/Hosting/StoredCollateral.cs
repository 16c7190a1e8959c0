using Pythia.Enclave.Attestation.Collateral;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Grains.Pythia;

namespace Pythia.Silo.Hosting;

/// <summary>What the silo appraises its enclaves with, also for whoever judges their evidence elsewhere.</summary>
internal sealed class StoredCollateral(AttestationSetup setup) : ICollateralSource
{
    /// <inheritdoc/>
    public async ValueTask<QuoteCollateral> GetAsync(CollateralKey key, CancellationToken cancellationToken = default)
    {
        if (setup.Collateral is not { } store) throw new CollateralException(CollateralTroubleKind.NoSource, "Attestation:Mode: None found, another one expected");

        var found = await store.GetAsync(key, cancellationToken);
        return found.Collateral ?? throw new CollateralException(CollateralTroubleKind.NotReached, "none found that holds");
    }
}
