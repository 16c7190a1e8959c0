using Microsoft.Extensions.Options;
using Pythia.Gateway.Health;
using Pythia.Grains;
using Pythia.Grains.Mirror;

namespace Pythia.Silo.Health;

/// <summary>What each lane says of itself, and whether a transaction of it is under way for too long.</summary>
internal sealed class LaneHealth(IGrainFactory grains, LedgerChains chains, IOptions<MirrorOptions> options, TimeProvider time) : IHealthPart
{
    public string Name => "lanes";

    public async ValueTask<IReadOnlyList<HealthReason>> FindAsync(CancellationToken cancellationToken)
    {
        var reasons = await Task.WhenAll(
            from chain in chains.All
            from lane in chain.Lanes
            select FindAsync(chain.ChainId, lane.Account.ToString(), cancellationToken));
        return [.. reasons.OfType<HealthReason>()];
    }

    private async Task<HealthReason?> FindAsync(ulong chain, string account, CancellationToken cancellationToken)
    {
        var lane = await grains.GetGrain<IRelayGrain>(GrainKeys.Of(chain, account)).GetAsync().WaitAsync(cancellationToken);
        var held = $"{lane.Waiting} intents wait and {lane.UnderWay} are under way";
        if (lane.Trouble.Length > 0)
            return new(HealthCodes.Of(lane.TroubleCode), chain, account, $"lane {account}: {lane.Trouble}; {held}", At(lane.TroubleSinceUnixMs));

        var age = lane.OldestSentUnixMs > 0 ? time.GetUtcNow().ToUnixTimeMilliseconds() - lane.OldestSentUnixMs : 0;
        return age > options.Value.StuckAfterSeconds * 1_000L
            ? new(HealthCodes.LaneSlow, chain, account, $"lane {account}: a transaction was sent {age / 1_000} s ago and is not mined; {held}", At(lane.OldestSentUnixMs))
            : null;
    }

    private static DateTimeOffset? At(long unixMs) => unixMs > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(unixMs) : null;
}
