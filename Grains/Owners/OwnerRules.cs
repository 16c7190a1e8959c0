using Pythia.Grains.Mirror;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Owners;

/// <summary>What the registries will take of acts that reach over all of an owner's devices, judged by the mirrored record.</summary>
public static class OwnerRules
{
    private const ulong LeastRecoveryDelaySeconds = 24 * 3_600;
    private const ulong MostRecoveryDelaySeconds = 365 * 24 * 3_600;
    private const string ZeroAddress = "0x0000000000000000000000000000000000000000";

    /// <summary>The owner's own act: ending consents, withdrawing, cancelling a recovery. Nothing overtakes these.</summary>
    public static Refusal? CheckOwn(string owner, string signer) => Refusal.UnlessSigner("owner", signer, owner);

    public static Refusal? CheckSetRecovery(OwnerRecord record, string owner, string signer, string recovery, ulong delaySeconds, ulong ownerEpoch)
    {
        var inBounds = recovery is ZeroAddress ? delaySeconds == 0 : delaySeconds is >= LeastRecoveryDelaySeconds and <= MostRecoveryDelaySeconds;
        return Refusal.UnlessSigner("owner", signer, owner)
            ?? Refusal.UnlessEpoch("owner epoch", ownerEpoch, record.OwnerEpoch)
            ?? (inBounds ? null : Refusal.WrongState($"recovery delay {delaySeconds} s found, {LeastRecoveryDelaySeconds} to {MostRecoveryDelaySeconds} s expected (0 to have none)"));
    }

    public static Refusal? CheckStartRecovery(OwnerRecord record, string owner, string signer, string newOwner, ulong ownerEpoch)
        => (record.Recovery is null ? new Refusal(IntentVerdict.NotAllowed, $"owner {owner} has named nobody for a recovery") : null)
            ?? Refusal.UnlessSigner("recovery address", signer, record.Recovery)
            ?? Refusal.UnlessEpoch("owner epoch", ownerEpoch, record.OwnerEpoch)
            ?? (newOwner is ZeroAddress || newOwner == owner ? Refusal.WrongState($"new owner {newOwner} can't take over") : null);
}
