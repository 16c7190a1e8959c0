using System.Numerics;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>Call data of what needs no signature of an owner: anybody may send it, or only its sender is concerned.</summary>
public static class RegistryCalls
{
    /// <summary>ConsentRegistry: adds the transaction's value to the grantee's deposit, from which bonds are taken.</summary>
    public static byte[] Deposit(Address grantee) => RegistryAbi.ConsentRegistry.Function("deposit").Encode(grantee);

    /// <summary>ConsentRegistry: first call, once the consent has ended, starts the delay; second call, after it, frees the bond.</summary>
    public static byte[] ReleaseBond(Hash32 deviceId, ulong deviceEpoch, Address grantee, Hash32 scope)
        => RegistryAbi.ConsentRegistry.Function("releaseBond").Encode((object)new object?[] { deviceId, deviceEpoch, grantee, scope });

    /// <summary>DeviceRegistry: moves one device to the new owner of a recovery that is ready.</summary>
    public static byte[] FinishRecovery(Hash32 deviceId) => RegistryAbi.DeviceRegistry.Function("finishRecovery").Encode(deviceId);

    /// <summary>DeviceRegistry: carries the device's word of <see cref="ClaimStatements.Counter"/>.</summary>
    /// <param name="manufacturer">Looked at only while the key at manufacture holds.</param>
    public static byte[] RaiseSecurityCounter(Hash32 deviceId, ulong counter, Address manufacturer, Hash32 keyX, Hash32 keyY, Hash32 r, Hash32 s)
        => RegistryAbi.DeviceRegistry.Function("raiseSecurityCounter").Encode(deviceId, counter, manufacturer, keyX, keyY, r, s);

    /// <summary>Any registry: its sender gives up the act that it signed with this nonce, if that was not carried out yet.</summary>
    public static byte[] CancelIntent(BigInteger nonce) => RegistryAbi.DeviceRegistry.Function("cancelIntent").Encode(nonce);
}
