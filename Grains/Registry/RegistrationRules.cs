using System.Collections.Immutable;
using System.Security.Cryptography;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;

namespace Pythia.Grains.Registry;

/// <summary>What the desk looks at: pure functions of what it was handed, the registry's mirrored lists and the time.</summary>
internal static class RegistrationRules
{
    private const ulong LongestKeySeconds = 90 * 86_400; // PythiaRegistry.sol, MAX_KEY_LIFETIME

    /// <summary>What is wrong with the evidence; null for nothing. Whether it proves anything is for endorsers to judge.</summary>
    public static string? FindBadEvidence(RegistrationProposal proposal, RegisterKeyAct act)
    {
        var bytes = proposal.EvidenceBytes.IsDefault ? [] : proposal.EvidenceBytes;
        if (bytes.Length is 0 or > IRegistrationDeskGrain.LongestEvidence) return $"evidence of {bytes.Length} bytes found, 1 to {IRegistrationDeskGrain.LongestEvidence} expected";

        var hash = Hash32.FromSpan(SHA256.HashData(bytes.AsSpan()));
        return hash == act.Registration.Evidence ? null : $"evidence with SHA-256 {hash} found, {act.Registration.Evidence} expected";
    }

    /// <summary>What is wrong with its times; null for nothing.</summary>
    public static string? FindBadTime(RegisterKeyAct act, ulong now)
        => act.DeadlineUnixSeconds <= now || act.DeadlineUnixSeconds > now + IRegistrationDeskGrain.LongestOpenSeconds
            ? $"deadline {act.DeadlineUnixSeconds} found, {now + 1} to {now + IRegistrationDeskGrain.LongestOpenSeconds} expected"
            : act.Registration.NotAfter <= now || act.Registration.NotAfter > now + LongestKeySeconds
                ? $"notAfter {act.Registration.NotAfter} found, {now + 1} to {now + LongestKeySeconds} expected"
                : null;

    /// <summary>What does not stand in the registry's lists; null for nothing.</summary>
    public static string? FindNotEndorsed(RegisterKeyAct act, PythiaRegistryView registry)
        => !Stands(registry.Measurements, act.Measurement) ? $"measurement {act.Measurement} found, one that stands expected"
            : !Stands(registry.Configurations, act.Configuration) ? $"configuration {act.Configuration} found, one that stands expected"
            : null;

    /// <summary>Which present endorser signed it; null for none.</summary>
    public static string? FindEndorser(Hash32 digest, ImmutableArray<byte> signature, PythiaRegistryView registry)
        => !signature.IsDefault && EcdsaSignature.Recover(digest, signature.AsSpan(), out var signer) == SignatureFault.None && registry.Endorsers.Contains(signer.ToString())
            ? signer.ToString()
            : null;

    /// <summary>Without what is over by its deadline or has no present endorser behind it, and without signatures of former endorsers.</summary>
    public static ImmutableArray<RegistrationView> StillOpen(ImmutableArray<RegistrationView> proposals, PythiaRegistryView registry, ulong now)
        => [.. proposals
            .Where(proposal => proposal.Terms.DeadlineUnixSeconds > now && proposal.Terms.NotAfterUnixSeconds > now && registry.Endorsers.Contains(proposal.Proposer))
            .Select(proposal => proposal with { Signatures = proposal.Signatures.RemoveAll(signature => !registry.Endorsers.Contains(signature.Endorser)) })];

    /// <summary>With one more, that is not known. Its proposer's former one about the key goes, and its oldest where it would have too many.</summary>
    public static ImmutableArray<RegistrationView> With(ImmutableArray<RegistrationView> proposals, RegistrationView next)
    {
        var kept = proposals.RemoveAll(other => other.Proposer == next.Proposer && other.KeyId == next.KeyId);
        var own = kept.Where(other => other.Proposer == next.Proposer).ToArray();
        if (own.Length >= IRegistrationDeskGrain.MostOfOneEndorser) kept = kept.Remove(own[0]);
        return kept.Add(next);
    }

    private static bool Stands(ImmutableArray<EndorsedValue> list, Hash32 value) => list.Any(each => each.Withdrawn is null && each.Value == value.ToString());
}
