using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;

namespace Pythia.Gateway.Acts;

/// <summary>Finds the grain that an act is about. The grain checks that it is the right one, so a mistake here refuses and never harms.</summary>
internal static class ActSubjects
{
    public static async Task<ISubjectGrain> FindAsync(SignedAct act, ulong chainId, IGrainFactory grains)
    {
        string Key(object id) => GrainKeys.Of(chainId, id.ToString()!);

        return act switch
        {
            RegisterBatchAct => grains.GetGrain<IManufacturerGrain>(Key(act.Signer)),
            ClaimAct or TransferAct or FreezeAct or UnfreezeAct or RetireAct or EndConsentsAct or RotateKeyAct => grains.GetGrain<IDeviceGrain>(Key(DeviceOf(act))),
            GrantAct or AcceptAct or RevokeAct => grains.GetGrain<IConsentGrain>(Key(await FindConsentAsync(act, chainId, grains))),
            PublishAct or DeprecateAct => grains.GetGrain<IPolicyGrain>(Key(PolicyOf(act))),
            StartRecoveryAct recovery => grains.GetGrain<IOwnerGrain>(Key(recovery.Owner)),
            _ => grains.GetGrain<IOwnerGrain>(Key(act.Signer)),
        };
    }

    private static Hash32 DeviceOf(SignedAct act) => act switch
    {
        ClaimAct claim => claim.DeviceId,
        TransferAct transfer => transfer.DeviceId,
        FreezeAct freeze => freeze.DeviceId,
        UnfreezeAct unfreeze => unfreeze.DeviceId,
        RetireAct retire => retire.DeviceId,
        EndConsentsAct end => end.DeviceId,
        RotateKeyAct rotate => rotate.DeviceId,
        _ => throw new ArgumentOutOfRangeException(nameof(act), act.PrimaryType, "an act on a device expected"),
    };

    private static Hash32 PolicyOf(SignedAct act) => act is PublishAct publish ? publish.PolicyId : ((DeprecateAct)act).PolicyId;

    // A revocation names no epoch: it is the device's present one.
    private static async Task<Hash32> FindConsentAsync(SignedAct act, ulong chainId, IGrainFactory grains)
    {
        if (act is GrantAct grant) return grant.ConsentId;
        if (act is AcceptAct accept) return accept.ConsentId;

        var revoke = (RevokeAct)act;
        var device = await grains.GetGrain<IDeviceGrain>(GrainKeys.Of(chainId, revoke.DeviceId.ToString())).GetAsync();
        return RegistryIds.ConsentId(revoke.DeviceId, device.Epoch, revoke.Grantee, revoke.Scope);
    }
}
