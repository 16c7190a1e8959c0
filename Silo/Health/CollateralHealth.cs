using Pythia.Enclave.Attestation.Collateral;
using Pythia.Gateway.Health;
using Pythia.Grains.Pythia;

namespace Pythia.Silo.Health;

/// <summary>Collateral that ended, or that could not be had anew.</summary>
internal sealed class CollateralHealth(AttestationSetup setup) : IHealthPart
{
    public string Name => "collateral";

    public ValueTask<IReadOnlyList<HealthReason>> FindAsync(CancellationToken cancellationToken)
        => ValueTask.FromResult<IReadOnlyList<HealthReason>>([.. (setup.Collateral?.Standings ?? []).Where(standing => standing.Trouble is not null).Select(Judge)]);

    private static HealthReason Judge(CollateralStanding standing)
    {
        var trouble = standing.Trouble!;
        var holds = standing.NotAfter is not null && trouble.Kind != CollateralTroubleKind.Expired;
        var words = holds ? $"what is kept holds until {standing.NotAfter:u}" : "none holds";
        return new HealthReason(
            holds ? HealthCodes.CollateralNotRefreshed : HealthCodes.CollateralExpired, null, standing.Key.ToString(),
            $"collateral {standing.Key}: {trouble.Kind}, {trouble.Detail}; {words}", trouble.Since);
    }
}
