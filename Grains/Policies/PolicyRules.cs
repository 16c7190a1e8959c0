using Pythia.Grains.Subjects;

namespace Pythia.Grains.Policies;

/// <summary>What PolicyRegistry.sol will take, judged by the mirrored state.</summary>
public static class PolicyRules
{
    public static Refusal? CheckPublish(PolicyRecord policy)
        => policy.Status is PolicyStatus.Unknown ? null : Refusal.WrongState($"policy is {policy.Status}, by {policy.Publisher}");

    public static Refusal? CheckDeprecate(PolicyRecord policy, string signer) => policy.Status switch
    {
        PolicyStatus.Unknown => Refusal.WrongState("policy is not published, as far as the follower has come"),
        PolicyStatus.Deprecated => Refusal.WrongState("policy is deprecated already"),
        _ => Refusal.UnlessSigner("publisher", signer, policy.Publisher),
    };
}
