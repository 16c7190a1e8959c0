using Orleans.Concurrency;
using Pythia.Grains.Ledgers;

namespace Pythia.Grains.Owners;

/// <summary>What one owner took back from one grantee. The key is {chain id}/{owner}/{grantee}.</summary>
[Alias("pythia.IGranteeGrain")]
public interface IGranteeGrain : IMirroredGrain
{
    /// <summary>Consents of the owner for the grantee that were granted at a lower grant epoch are dead; 0 if none was ever ended so.</summary>
    [Alias("Floor"), AlwaysInterleave]
    Task<ulong> GetFloorAsync();
}
