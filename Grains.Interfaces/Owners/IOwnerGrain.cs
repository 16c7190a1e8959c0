using Orleans.Concurrency;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Owners;

/// <summary>One owner's counters and the acts that reach over all of an owner's devices. The key is {chain id}/{address}.</summary>
/// <remarks>Takes the end of all consents of a grantee or of everyone, and recovery.</remarks>
[Alias("pythia.IOwnerGrain")]
public interface IOwnerGrain : ISubjectGrain
{
    /// <summary>The owner's counters, as far as the follower has come.</summary>
    [Alias("Get"), AlwaysInterleave]
    Task<OwnerView> GetAsync();

    /// <summary>Consents of <paramref name="grantee"/> that were granted at a lower grant epoch are dead; 0 if none was ever ended so.</summary>
    [Alias("GranteeFloor"), AlwaysInterleave]
    Task<ulong> GetGranteeFloorAsync(string grantee);
}

/// <summary>An owner's counters.</summary>
/// <param name="GrantEpoch">What the owner's next grant must carry; every revocation raises it.</param>
/// <param name="Devices">How many devices the owner has.</param>
/// <param name="OwnerEpoch">What the owner's next grant, transfer or unfreezing must carry: DeviceRegistry's own counter, raised by each
/// freeze, end of consents and change of recovery (<c>OwnerEpochBumped</c>).</param>
[GenerateSerializer, Immutable, Alias("pythia.OwnerView")]
public sealed record OwnerView(
    [property: Id(0)] string Address,
    [property: Id(1)] ulong GrantEpoch,
    [property: Id(2)] long Devices,
    [property: Id(3)] int Pending,
    [property: Id(4)] ulong OwnerEpoch);
