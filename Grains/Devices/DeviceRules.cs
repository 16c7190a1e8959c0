using Pythia.Grains.Subjects;

namespace Pythia.Grains.Devices;

/// <summary>What DeviceRegistry.sol will take, judged by the mirrored state, so that what can't succeed costs no gas. The contract has the
/// last word; these rules only look.</summary>
public static class DeviceRules
{
    private const string ZeroAddress = "0x0000000000000000000000000000000000000000";

    /// <summary>Never claimed before. The evidence is judged by <see cref="ClaimRules"/>.</summary>
    public static Refusal? CheckClaim(DeviceRecord device)
        => device.Status is DeviceStatus.Unclaimed ? null : Refusal.WrongState($"device is claimed already, by {device.Owner}");

    public static Refusal? CheckTransfer(
        DeviceRecord device, string registry, string signer, string to, ulong deviceEpoch, ulong ownerEpoch, ulong presentOwnerEpoch)
        => CheckOwner(device, signer)
            ?? CheckStatus(device, DeviceStatus.Active)
            ?? Refusal.UnlessEpoch("device epoch", deviceEpoch, device.Epoch)
            ?? Refusal.UnlessEpoch("owner epoch", ownerEpoch, presentOwnerEpoch)
            ?? (to is ZeroAddress || to == registry ? Refusal.WrongState($"receiver {to} can't own a device") : null);

    public static Refusal? CheckFreeze(DeviceRecord device, string signer)
        => CheckOwner(device, signer) ?? CheckStatus(device, DeviceStatus.Active);

    public static Refusal? CheckUnfreeze(DeviceRecord device, string signer, ulong deviceEpoch, ulong ownerEpoch, ulong presentOwnerEpoch)
        => CheckOwner(device, signer)
            ?? CheckStatus(device, DeviceStatus.Frozen)
            ?? Refusal.UnlessEpoch("device epoch", deviceEpoch, device.Epoch)
            ?? Refusal.UnlessEpoch("owner epoch", ownerEpoch, presentOwnerEpoch);

    public static Refusal? CheckRetire(DeviceRecord device, string signer, ulong deviceEpoch)
        => CheckOwner(device, signer)
            ?? (device.Status is DeviceStatus.Retired ? Refusal.WrongState("device is retired already") : null)
            ?? Refusal.UnlessEpoch("device epoch", deviceEpoch, device.Epoch);

    /// <summary>Taking back carries no epoch: nothing can overtake it.</summary>
    public static Refusal? CheckEndConsents(DeviceRecord device, string signer) => CheckOwner(device, signer);

    /// <summary>The statements are the contract's to judge: it knows which key holds.</summary>
    public static Refusal? CheckRotateKey(DeviceRecord device, string signer)
        => CheckOwner(device, signer) ?? CheckStatus(device, DeviceStatus.Active);

    private static Refusal? CheckOwner(DeviceRecord device, string signer)
        => device.Status is DeviceStatus.Unclaimed
            ? Refusal.WrongState("device is not claimed, as far as the follower has come")
            : Refusal.UnlessSigner("owner", signer, device.Owner);

    private static Refusal? CheckStatus(DeviceRecord device, DeviceStatus expected)
        => device.Status == expected ? null : Refusal.WrongState($"device is {device.Status}, {expected} expected");
}
