using Pythia.Grains.Devices;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Consents;

/// <summary>What a grant says.</summary>
public sealed record GrantTerms(
    string Grantee,
    ConsentKind Kind,
    ulong NotBeforeUnixSeconds,
    ulong NotAfterUnixSeconds,
    string Policy,
    ulong GrantEpoch,
    ulong DeviceEpoch,
    ulong OwnerEpoch);

/// <summary>What ConsentRegistry.sol will take, judged by the mirrored state. The contract has the last word; these rules only look.</summary>
public static class ConsentRules
{
    private const string ZeroAddress = "0x0000000000000000000000000000000000000000";
    private const string NoPolicy = "0x0000000000000000000000000000000000000000000000000000000000000000";

    /// <param name="consent">As the ledger has it, ended where something ended it.</param>
    /// <param name="policy">Of the policy that the terms name; null where they name none.</param>
    public static Refusal? CheckGrant(
        ConsentView consent, GrantTerms terms, string signer, DeviceView device, OwnerView owner, PolicyView? policy, string registry, ulong nowUnixSeconds)
        => CheckDevice(device, signer)
            ?? Refusal.UnlessEpoch("grant epoch", terms.GrantEpoch, owner.GrantEpoch)
            ?? Refusal.UnlessEpoch("device epoch", terms.DeviceEpoch, device.Epoch)
            ?? Refusal.UnlessEpoch("owner epoch", terms.OwnerEpoch, owner.OwnerEpoch)
            ?? CheckTerms(terms, registry, nowUnixSeconds)
            ?? CheckPolicy(terms, policy)
            ?? CheckRoom(consent, nowUnixSeconds);

    /// <param name="termsHash">Of what the grantee signed; <paramref name="expectedHash"/> is that of what is on record.</param>
    public static Refusal? CheckAccept(
        ConsentView consent, string signer, string termsHash, string expectedHash, DeviceView device, ulong nowUnixSeconds)
    {
        if (consent.Status is not ConsentStatus.Offered || consent.EndedBy.Length > 0)
        {
            return Refusal.WrongState($"consent is {consent.Status}{(consent.EndedBy.Length > 0 ? $", ended by {consent.EndedBy}" : "")}, Offered expected");
        }

        return Refusal.UnlessSigner("grantee", signer, consent.Grantee)
            ?? (device.Status is DeviceStatus.Active ? null : Refusal.WrongState($"device is {device.Status}, Active expected"))
            ?? (consent.NotAfterUnixSeconds >= nowUnixSeconds ? null : Refusal.WrongState($"offer ended at {consent.NotAfterUnixSeconds}, it is {nowUnixSeconds}"))
            ?? (termsHash == expectedHash ? null : Refusal.WrongState($"terms {termsHash} found, {expectedHash} expected"));
    }

    /// <summary>Taking back is refused to strangers only: also a consent that nobody remembers, or whose grant is on its way, can be revoked.</summary>
    public static Refusal? CheckRevoke(string signer, DeviceView device)
        => device.Owner is null ? Refusal.WrongState("device is not claimed, as far as the follower has come") : Refusal.UnlessSigner("owner", signer, device.Owner);

    private static Refusal? CheckDevice(DeviceView device, string signer)
        => device.Owner is null ? Refusal.WrongState("device is not claimed, as far as the follower has come")
            : Refusal.UnlessSigner("owner", signer, device.Owner)
            ?? (device.Status is DeviceStatus.Active ? null : Refusal.WrongState($"device is {device.Status}, Active expected"));

    private static Refusal? CheckTerms(GrantTerms terms, string registry, ulong nowUnixSeconds)
    {
        if (terms.Kind is not (ConsentKind.Data or ConsentKind.Command))
        {
            return Refusal.Malformed($"kind {(int)terms.Kind} found, 1 (data) or 2 (command) expected");
        }

        if (terms.Grantee is ZeroAddress || terms.Grantee == registry)
        {
            return Refusal.Malformed($"grantee {terms.Grantee} can't hold a consent");
        }

        return terms.NotAfterUnixSeconds < terms.NotBeforeUnixSeconds || terms.NotAfterUnixSeconds < nowUnixSeconds
            ? Refusal.WrongState($"window {terms.NotBeforeUnixSeconds} to {terms.NotAfterUnixSeconds} is empty or over, it is {nowUnixSeconds}")
            : null;
    }

    private static Refusal? CheckPolicy(GrantTerms terms, PolicyView? policy)
        => terms.Kind is ConsentKind.Command && terms.Policy is NoPolicy ? null
            : policy?.Status is PolicyStatus.Published ? null
            : Refusal.WrongState($"policy {terms.Policy} is {policy?.Status ?? PolicyStatus.Unknown}, Published expected");

    // One that lives is in the way; one that was revoked, overtaken or is over is not, unless its bond is locked, which the contract knows.
    private static Refusal? CheckRoom(ConsentView consent, ulong nowUnixSeconds)
    {
        var lives = consent.Status is ConsentStatus.Offered or ConsentStatus.Active
            && consent.EndedBy.Length == 0
            && nowUnixSeconds <= consent.NotAfterUnixSeconds;
        return lives ? Refusal.WrongState($"consent {consent.ConsentId} is {consent.Status} until {consent.NotAfterUnixSeconds}; revoke it first") : null;
    }
}
