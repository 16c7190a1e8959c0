using Pythia.Grains.Ledgers;
using Pythia.Grains.Pythia;
using Pythia.Grains.Registry;

namespace Pythia.Grains;

/// <summary>The grains of which a chain has one.</summary>
public static class ChainGrains
{
    /// <summary>The part of their keys after the chain; there is room for more.</summary>
    public const string Only = "0";

    /// <summary>The chain's follower.</summary>
    public static ILedgerGrain GetLedger(this IGrainFactory grains, ulong chainId) => grains.GetGrain<ILedgerGrain>(GrainKeys.Of(chainId, Only));

    /// <summary>What endorsers stand for on the chain.</summary>
    public static IPythiaRegistryGrain GetPythiaRegistry(this IGrainFactory grains, ulong chainId)
        => grains.GetGrain<IPythiaRegistryGrain>(GrainKeys.Of(chainId, Only));

    /// <summary>Where its endorsers meet.</summary>
    public static IRegistrationDeskGrain GetRegistrationDesk(this IGrainFactory grains, ulong chainId)
        => grains.GetGrain<IRegistrationDeskGrain>(GrainKeys.Of(chainId, Only));

    /// <summary>Knows the chain's enclaves.</summary>
    public static IPythiaDirectoryGrain GetPythiaDirectory(this IGrainFactory grains, ulong chainId)
        => grains.GetGrain<IPythiaDirectoryGrain>(GrainKeys.Of(chainId, Only));
}
